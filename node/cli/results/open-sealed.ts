import { deriveNodeKeys } from "../../chain/index.ts";
import { hexEquals } from "../../core/bytes/hex.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { BlobOpener, ChainReader } from "../../ports/index.ts";
import { createBlobOpener } from "../../privacy/sealed/blob-opener.ts";
import { type Grant, grantWord, openGrant, parseGrant } from "../../privacy/sealed/grant.ts";
import type { ReaderKeys } from "../../privacy/sealed/keyring.ts";
import { readFileText } from "../../system/index.ts";
import type { Settings } from "../options/options.ts";
import { accountSettings, readPrivateKey } from "../running/session.ts";

/** Settings that say with what sealed blobs are opened. */
export const openingSettings = ["grant", ...accountSettings] as const;

/**
 * What opens a task's sealed blobs: a grant, by the keys of the account that it was given to, or the keys of a member;
 * undefined where the settings name neither. Rejects with GRANT_INVALID, NO_ACCOUNT, WRONG_PASSWORD, FILE_NOT_FOUND.
 */
export async function openerOf(
  values: Settings<(typeof openingSettings)[number]>,
  chain: Pick<ChainReader, "chainId" | "federation" | "recoverSigner">,
  taskId: number,
): Promise<BlobOpener | undefined> {
  const task = { chainId: chain.chainId, federation: chain.federation, taskId };
  if (values.grant !== undefined) {
    const grant = await readGrant(values.grant, chain, taskId);
    const granted = await openGrant(grant, await readKeys(values));
    if (granted === undefined) throw invalid(values.grant, "it was not made for this account's key");
    return createBlobOpener({ task, granted });
  }
  if (values.keystore === undefined && values.devAccount === undefined) return undefined;
  return createBlobOpener({ task, reader: await readKeys(values) });
}

/** The X25519 keys of the settings' account. */
export async function readKeys(values: Settings<(typeof accountSettings)[number]>): Promise<ReaderKeys> {
  return deriveNodeKeys(await readPrivateKey(values)).encryption;
}

/** A grant for this task whose signature is its member's. */
async function readGrant(
  path: string,
  { chainId, federation, recoverSigner }: Pick<ChainReader, "chainId" | "federation" | "recoverSigner">,
  taskId: number,
): Promise<Grant> {
  const grant = parsed(path, await readFileText(path));
  if (grant.chainId !== chainId || !hexEquals(grant.federation, federation) || grant.taskId !== taskId) {
    throw invalid(path, `it is for task ${grant.taskId} of ${grant.federation} on chain ${grant.chainId}`);
  }
  const signer = recoverSigner({ type: "grant", ...grantWord(grant), signature: grant.signature });
  if (signer === undefined || !hexEquals(signer, grant.grantedBy)) {
    throw invalid(path, `${grant.grantedBy}, who is to have made it, did not sign it`);
  }
  return grant;
}

function parsed(path: string, text: string): Grant {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new FedledgerError("GRANT_INVALID", { path, reason: "it is not JSON" }, error);
  }
  const grant = parseGrant(value);
  if (grant === undefined) throw invalid(path, "it is not of the format fedledger/grant/1");
  return grant;
}

function invalid(path: string, reason: string): FedledgerError {
  return new FedledgerError("GRANT_INVALID", { path, reason });
}
