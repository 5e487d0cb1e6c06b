import type { RoundRecord } from "../../audit/index.ts";
import { accountOf } from "../../chain/index.ts";
import { isFedledgerError } from "../../core/errors/error.ts";
import type { Address } from "../../core/ids.ts";
import type { BlobStore, ChainReader } from "../../ports/index.ts";
import { createBfv } from "../../privacy/encrypted/bfv.ts";
import { keyBlobBytesOf, openKeyBlob } from "../../privacy/encrypted/key-blob.ts";
import type { ReaderKeys } from "../../privacy/sealed/keyring.ts";
import type { Settings } from "../options/options.ts";
import { type accountSettings, readPrivateKey } from "../running/session.ts";
import { readKeys } from "./open-sealed.ts";

/** Opens the sum of an encrypted round, where it can. */
export type SumOpener = (round: RoundRecord) => Promise<((sum: Uint8Array) => Promise<Int32Array>) | undefined>;

/**
 * What opens the sums of the encrypted rounds in which the settings' account was drawn: it has a copy of their keys in
 * the key blobs. Undefined where the settings name no account. Rejects with NO_ACCOUNT, WRONG_PASSWORD, FILE_NOT_FOUND.
 */
export async function sumOpenerOf(
  values: Settings<(typeof accountSettings)[number]>,
  chain: Pick<ChainReader, "federation">,
  deps: { readonly store: Pick<BlobStore, "get">; readonly parameterCount: number; readonly signal: AbortSignal },
): Promise<SumOpener | undefined> {
  if (values.keystore === undefined && values.devAccount === undefined) return undefined;
  const me = accountOf(await readPrivateKey(values));
  return createSumOpener({ ...deps, federation: chain.federation, me, keys: await readKeys(values) });
}

/** The opener of one account. */
export function createSumOpener({
  store,
  parameterCount,
  federation,
  me,
  keys: { privateKey },
  signal,
}: {
  readonly store: Pick<BlobStore, "get">;
  readonly parameterCount: number;
  readonly federation: Address;
  readonly me: Address;
  readonly keys: ReaderKeys;
  readonly signal?: AbortSignal;
}): SumOpener {
  const bfv = createBfv();
  return async ({ round, opened, start, advertisements }) => {
    const [hashes] = advertisements;
    if (hashes === undefined) return undefined;
    const { drawn, taskId } = opened;
    const context = { federation, taskId, round, start, dealer: hashes.participant };
    try {
      const blob = await store.get(hashes.sharesId, { lengthBytes: keyBlobBytesOf(drawn), ...(signal && { signal }) });
      // places may have moved since: the copy that opens is this account's
      for (let slot = 0; slot < drawn; slot++) {
        const key = await openKeyBlob({ bfv, blob, context, hashes, drawn, slot, me, privateKey }).catch(
          (error: unknown) => {
            if (isFedledgerError(error, "GROUP_KEY_INVALID")) return undefined;
            throw error;
          },
        );
        if (key !== undefined) return (sum) => bfv.decrypt(key.secretKey, sum, parameterCount, signal);
      }
      return undefined;
    } catch (error) {
      if (isFedledgerError(error, "BLOB_NOT_FOUND") || isFedledgerError(error, "BLOB_CORRUPT")) return undefined;
      throw error;
    }
  };
}
