import { deriveNodeKeys } from "../../chain/index.ts";
import { hexEquals } from "../../core/bytes/hex.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { BlobOpener, ChainReader } from "../../ports/index.ts";
import { createBlobOpener } from "../../privacy/sealed/blob-opener.ts";
import { type Grant, grantWord, openGrant, parseGrant } from "../../privacy/sealed/grant.ts";
import { readFileText } from "../../system/index.ts";
import type { Account } from "../record/account.ts";
import type { TaskReader } from "../record/open-record.ts";

/** Who reads what is sealed: a member by its own keys, or an auditor by the grant that a member gave it. */
export interface Reader {
  readonly account?: Account | undefined;
  /** Made for `account`. */
  readonly grant?: Grant | undefined;
}

/** A reader, or what asks for one (for a password, say): it is called only where something is sealed. */
export type ReaderSource = Reader | (() => Promise<Reader>);

/** The reader of a source; one that reads nothing where there is no source. */
export async function readerOf(source: ReaderSource | undefined): Promise<Reader> {
  return (typeof source === "function" ? await source() : source) ?? {};
}

/** The grant in a file. Rejects with GRANT_INVALID, FILE_NOT_FOUND, FILE_UNREADABLE. */
export async function readGrant(path: string): Promise<Grant> {
  const text = await readFileText(path);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new FedledgerError("GRANT_INVALID", { path, reason: "it is not JSON" }, error);
  }
  const grant = parseGrant(value);
  if (grant !== undefined) return grant;
  throw new FedledgerError("GRANT_INVALID", { path, reason: "it is not of the format fedledger/grant/1" });
}

/**
 * What opens a task's sealed blobs: a grant, by the keys of the account that it was given to, or the keys of a member;
 * undefined where the reader is neither. Rejects with GRANT_INVALID, NO_ACCOUNT for a grant without its account.
 */
export async function openerOf(
  { account, grant }: Reader,
  { chain, taskId }: TaskReader,
): Promise<BlobOpener | undefined> {
  const task = { chainId: chain.chainId, federation: chain.federation, taskId };
  if (grant !== undefined) requireGrant(grant, chain, taskId);
  if (account === undefined) {
    if (grant !== undefined) throw new FedledgerError("NO_ACCOUNT");
    return undefined;
  }
  const reader = deriveNodeKeys(account.privateKey).encryption;
  if (grant === undefined) return createBlobOpener({ task, reader });
  const granted = await openGrant(grant, reader);
  if (granted === undefined) throw invalid(grant, "it was not made for this account's key");
  return createBlobOpener({ task, granted });
}

/** Throws GRANT_INVALID unless the grant is for this task and signed by its member. */
function requireGrant(grant: Grant, { chainId, federation, recoverSigner }: ChainReader, taskId: number): void {
  if (grant.chainId !== chainId || !hexEquals(grant.federation, federation) || grant.taskId !== taskId) {
    throw invalid(grant, `it is for task ${grant.taskId} of ${grant.federation} on chain ${grant.chainId}`);
  }
  const signer = recoverSigner({ type: "grant", ...grantWord(grant), signature: grant.signature });
  if (signer !== undefined && hexEquals(signer, grant.grantedBy)) return;
  throw invalid(grant, `${grant.grantedBy}, who is to have made it, did not sign it`);
}

function invalid({ grantedBy }: Grant, reason: string): FedledgerError {
  return new FedledgerError("GRANT_INVALID", { path: `The grant of ${grantedBy}`, reason });
}
