import { itemAt } from "../../core/bytes/items.ts";
import { isFedledgerError } from "../../core/errors/error.ts";
import type { RoundNumber } from "../../core/ids.ts";
import type { TaskView } from "../../core/record/task-view.ts";
import type { KeyringRef } from "../../ports/sealing.ts";
import type { BlobName } from "./read-blob.ts";

/** The keyrings of one sender, and its blobs that could not be had to find out. */
export interface SenderKeyrings {
  readonly sender: BlobName["sender"];
  readonly keyrings: readonly KeyringRef[];
  readonly missing: readonly BlobName[];
}

/**
 * The sealed blobs of a range of rounds: every committed update, and the model of the latest proposal; by sender, in
 * the order of the rounds.
 */
export function sealedBlobs(
  { rounds }: Pick<TaskView, "rounds">,
  range: { readonly from: RoundNumber; readonly to: RoundNumber },
): ReadonlyMap<string, readonly BlobName[]> {
  const bySender = new Map<string, BlobName[]>();
  const add = (name: BlobName) => {
    const key = name.sender.toLowerCase();
    bySender.set(key, [...(bySender.get(key) ?? []), name]);
  };
  for (const { round, commitments, proposal } of rounds) {
    if (round < range.from || round > range.to) continue;
    for (const { participant: sender, updateRoot: root, contentId } of commitments) {
      add({ round, sender, purpose: "update", root, contentId });
    }
    if (proposal === undefined) continue;
    const { aggregator: sender, modelRoot: root, contentId } = proposal;
    add({ round, sender, purpose: "model", root, contentId });
  }
  return bySender;
}

/**
 * The keyrings of a sender's blobs. A sender goes on from one keyring to the next and never back, so where the first
 * and the last blob of a stretch have the same one, those between are not fetched.
 *
 * @param refOf the keyring that a sealed blob names; rejects with BLOB_NOT_FOUND, BLOB_CORRUPT or BLOB_TOO_LARGE where
 * it cannot be had
 */
export async function keyringsOf(
  blobs: readonly BlobName[],
  refOf: (name: BlobName) => Promise<KeyringRef>,
): Promise<SenderKeyrings> {
  const refs = new Map<number, KeyringRef | undefined>();
  const at = async (index: number): Promise<KeyringRef | undefined> => {
    if (!refs.has(index)) refs.set(index, await refOf(itemAt(blobs, index)).catch(undefinedIfMissing));
    return refs.get(index);
  };
  const walk = async (first: number, last: number): Promise<void> => {
    if (first > last) return;
    const [one, other] = [await at(first), await at(last)];
    if (one === undefined || other === undefined) return await walk(first + (one ? 0 : 1), last - (other ? 0 : 1));
    if (last - first < 2 || one.contentId === other.contentId) return;
    const middle = (first + last) >> 1;
    await walk(first, middle);
    await walk(middle, last);
  };
  await walk(0, blobs.length - 1);
  const found = new Map([...refs.values()].flatMap((ref) => (ref ? [[ref.contentId, ref] as const] : [])));
  const missing = blobs.filter((_, index) => refs.has(index) && refs.get(index) === undefined);
  return { sender: itemAt(blobs, 0).sender, keyrings: [...found.values()], missing };
}

function undefinedIfMissing(error: unknown): undefined {
  const codes = ["BLOB_NOT_FOUND", "BLOB_CORRUPT", "BLOB_TOO_LARGE"] as const;
  if (!codes.some((code) => isFedledgerError(error, code))) throw error;
}
