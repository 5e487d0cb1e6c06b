import { deriveNodeKeys } from "../../chain/index.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { Address, Bytes32, RoundNumber, TaskId } from "../../core/ids.ts";
import { isSealed } from "../../core/task/blob-length.ts";
import type { Chain } from "../../ports/index.ts";
import { createBlobOpener } from "../../privacy/sealed/blob-opener.ts";
import { type Grant, grantWord, sealGrant } from "../../privacy/sealed/grant.ts";
import { type Content, openContent } from "../content/open-content.ts";
import type { Account } from "../record/account.ts";
import { requireAudit } from "../record/eligibility.ts";
import { collectSecrets } from "./collect-secrets.ts";

/** What is granted to whom. */
export interface GrantOptions {
  readonly taskId: TaskId;
  /** The member that gives it: the chain's account. */
  readonly account: Account;
  /** Who may read: its X25519 public key, and its account where that is known. */
  readonly auditor: { readonly key: Bytes32; readonly account?: Address | undefined };
  /** Default 1. */
  readonly fromRound?: RoundNumber | undefined;
  /** Default the last one. */
  readonly toRound?: RoundNumber | undefined;
  /** Where the task's blobs come from; default the members' gateways. */
  readonly content?: Content | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A grant, and what it does not cover. */
export interface CreatedGrant {
  readonly grant: Grant;
  /** Keyrings that it opens. */
  readonly keyrings: number;
  /** Blobs that could not be had. */
  readonly missing: number;
  /** Senders with keyrings that this member cannot open either. */
  readonly sealed: readonly Address[];
}

/**
 * Lets an auditor read a task whose blobs are sealed to its members, as one of them. What was granted cannot be taken
 * back. Rejects with UNKNOWN_TASK, NOTHING_SEALED, NOT_ELIGIBLE for an auditor that the task does not admit,
 * BLOB_SEALED where nothing can be granted, INVALID_CONFIG without a source of blobs.
 */
export async function createGrant(chain: Chain, options: GrantOptions): Promise<CreatedGrant> {
  const { taskId, account, auditor, signal = new AbortController().signal } = options;
  const { view } = await chain.record(taskId, { signal });
  if (!isSealed(view)) throw new FedledgerError("NOTHING_SEALED", { taskId, reason: "its blobs are public" });
  await requireAudit(chain, view, auditor.account);
  const { chainId, federation } = chain;
  const task = { chainId, federation, taskId };
  const opener = createBlobOpener({ task, reader: deriveNodeKeys(account.privateKey).encryption });
  const store = options.content ?? (await openContent({ record: { chain } }));
  const from = options.fromRound ?? 1;
  const to = options.toRound ?? Math.max(from, view.rounds.at(-1)?.round ?? 0);
  const { secrets, missing, sealed } = await collectSecrets(view, { from, to }, { store, opener, signal });
  if (secrets.size === 0) {
    const reason =
      sealed.length > 0 ? "this member is none of its readers" : "no sealed blob of these rounds could be had";
    throw new FedledgerError("BLOB_SEALED", { contentId: `of task ${taskId}`, reason });
  }
  const about = { ...task, fromRound: from, toRound: to, auditor: auditor.key, grantedBy: chain.account };
  const unsigned = await sealGrant(about, secrets);
  const signature = await chain.signRecord({ type: "grant", ...grantWord(unsigned) });
  return { grant: { ...unsigned, signature }, keyrings: secrets.size, missing, sealed };
}
