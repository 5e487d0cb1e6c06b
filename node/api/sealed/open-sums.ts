import type { RoundRecord } from "../../audit/index.ts";
import { deriveNodeKeys } from "../../chain/index.ts";
import { isFedledgerError } from "../../core/errors/error.ts";
import type { Address } from "../../core/ids.ts";
import type { BlobStore, ChainReader } from "../../ports/index.ts";
import { createBfv } from "../../privacy/encrypted/bfv.ts";
import { keyBlobBytesOf, openKeyBlob } from "../../privacy/encrypted/key-blob.ts";
import type { ReaderKeys } from "../../privacy/sealed/keyring.ts";
import type { Reader } from "./open-sealed.ts";

/** Opens the sum of an encrypted round, where it can. */
export type SumOpener = (round: RoundRecord) => Promise<((sum: Uint8Array) => Promise<Int32Array>) | undefined>;

/**
 * What opens the sums of the encrypted rounds in which an account was drawn: it has a copy of their keys in the key
 * blobs. Undefined without an account.
 */
export function sumOpenerOf(
  { account }: Reader,
  chain: Pick<ChainReader, "federation">,
  deps: {
    readonly store: Pick<BlobStore, "get">;
    readonly parameterCount: number;
    readonly signal?: AbortSignal | undefined;
  },
): SumOpener | undefined {
  if (account === undefined) return undefined;
  const keys = deriveNodeKeys(account.privateKey).encryption;
  return createSumOpener({ ...deps, federation: chain.federation, me: account.address, keys });
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
  readonly signal?: AbortSignal | undefined;
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
