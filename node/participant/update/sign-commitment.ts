import { hexEquals } from "../../core/bytes/hex.ts";
import type { Bytes32, Hex, TaskId } from "../../core/ids.ts";
import type { RoundView } from "../../core/record/task-view.ts";
import type { SignedCommitment } from "../../core/records.ts";
import type { Chain } from "../../ports/chain.ts";
import type { Journal } from "../../ports/system.ts";
import type { TrainedUpdate } from "../state/trained-update.ts";

type Anchored = Pick<RoundView, "round" | "anchor">;

/**
 * This participant's signed commitment to an update over the round's anchor: the one in the journal if there is one
 * over this anchor, whatever the update given, for two are misconduct; else newly signed, and written to the journal
 * before it is given.
 */
export async function signCommitment(
  { chain, journal, taskId }: { readonly chain: Chain; readonly journal: Journal; readonly taskId: TaskId },
  { round, anchor }: Anchored,
  { updateRoot, contentId, weight }: Pick<TrainedUpdate, "updateRoot" | "contentId" | "weight">,
): Promise<SignedCommitment> {
  const written = await readCommitment({ chain, journal, taskId }, { round, anchor });
  if (written !== undefined) return written;
  const record = { taskId, round, anchor, participant: chain.account, updateRoot, contentId, weight };
  const signature = await chain.signRecord({ type: "commitment", ...record });
  const text = JSON.stringify({ updateRoot, contentId, weight, signature });
  await journal.put(keyOf(taskId, anchor), new TextEncoder().encode(text));
  return { ...record, signature };
}

/**
 * The commitment over this anchor that this account signed before; undefined where there is none. A record that is not
 * its own counts as none.
 */
export async function readCommitment(
  {
    chain,
    journal,
    taskId,
  }: {
    readonly chain: Pick<Chain, "account" | "recoverSigner">;
    readonly journal: Journal;
    readonly taskId: TaskId;
  },
  { round, anchor }: Anchored,
): Promise<SignedCommitment | undefined> {
  const bytes = await journal.get(keyOf(taskId, anchor));
  if (bytes === undefined) return undefined;
  try {
    const { updateRoot, contentId, weight, signature } = JSON.parse(new TextDecoder().decode(bytes)) as {
      updateRoot: Bytes32;
      contentId: Bytes32;
      weight: number;
      signature: Hex;
    };
    const participant = chain.account;
    const signed = { taskId, round, anchor, participant, updateRoot, contentId, weight, signature };
    const signer = chain.recoverSigner({ type: "commitment", ...signed });
    return signer !== undefined && hexEquals(signer, participant) ? signed : undefined;
  } catch {
    return undefined;
  }
}

function keyOf(taskId: TaskId, anchor: Bytes32): string {
  return `commitment/${taskId}/${anchor.toLowerCase()}`;
}
