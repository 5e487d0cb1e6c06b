import { hexEquals } from "../core/hex.ts";
import type { Bytes32, Hex, TaskId } from "../core/ids.ts";
import type { SignedCommitment } from "../core/records.ts";
import type { Chain } from "../ports/chain.ts";
import type { Journal } from "../ports/system.ts";
import type { TrainedUpdate } from "./participant-machine.ts";

type Subject = Pick<TrainedUpdate, "round" | "baseModelRoot">;

/**
 * This participant's signed commitment to an update: the one in the journal if this round and base model have one, whatever the
 * update given, for two are misconduct; else newly signed, and written to the journal before it is given.
 */
export async function signCommitment(
  { chain, journal, taskId }: { readonly chain: Chain; readonly journal: Journal; readonly taskId: TaskId },
  update: TrainedUpdate,
): Promise<SignedCommitment> {
  const written = await readCommitment({ chain, journal, taskId }, update);
  if (written !== undefined) return written;
  const { round, baseModelRoot, updateRoot, contentId, weight } = update;
  const record = { taskId, round, baseModelRoot, participant: chain.account, updateRoot, contentId, weight };
  const signature = await chain.signRecord({ type: "commitment", ...record });
  const text = JSON.stringify({ updateRoot, contentId, weight, signature });
  await journal.put(keyOf(taskId, update), new TextEncoder().encode(text));
  return { ...record, signature };
}

/** The commitment of this round and base model that this account signed before; undefined where there is none. A record that is not its own counts as none. */
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
  { round, baseModelRoot }: Subject,
): Promise<SignedCommitment | undefined> {
  const bytes = await journal.get(keyOf(taskId, { round, baseModelRoot }));
  if (bytes === undefined) return undefined;
  try {
    const { updateRoot, contentId, weight, signature } = JSON.parse(new TextDecoder().decode(bytes)) as {
      updateRoot: Bytes32;
      contentId: Bytes32;
      weight: number;
      signature: Hex;
    };
    const participant = chain.account;
    const signed = { taskId, round, baseModelRoot, participant, updateRoot, contentId, weight, signature };
    const signer = chain.recoverSigner({ type: "commitment", ...signed });
    return signer !== undefined && hexEquals(signer, participant) ? signed : undefined;
  } catch {
    return undefined;
  }
}

function keyOf(taskId: TaskId, { round, baseModelRoot }: Subject): string {
  return `commitment/${taskId}/${round}/${baseModelRoot.toLowerCase()}`;
}
