import { updateFault } from "../audit/challenge-proof.ts";
import { checkUpdate } from "../audit/check-update.ts";
import { isUnavailable } from "../audit/is-unavailable.ts";
import { isSealed } from "../core/blob-length.ts";
import { FedledgerError } from "../core/error.ts";
import { bytesToLanes } from "../core/lanes.ts";
import type { Commitment } from "../core/records.ts";
import type { ModelSource, TaskLook } from "../rounds/model-source.ts";
import type { RoundEvent } from "../rounds/round-state.ts";
import type { ParticipantAction, ParticipantEvent } from "./participant-state.ts";

/**
 * Gets the updates of a closed round that are not here yet, a few at a time, checks each against its commitment, and tells of each as it comes.
 * Rejects with BLOB_NOT_FOUND where some cannot be had: to be tried again.
 */
export async function gatherUpdates(
  source: ModelSource,
  { round, slots }: Extract<ParticipantAction, { kind: "gather" }>,
  look: TaskLook,
  onEvent: (event: ParticipantEvent | RoundEvent) => void,
): Promise<void> {
  const wanted = round.commitments.filter(({ slot }) => ((slots >> BigInt(slot)) & 1n) === 1n);
  let missing: Commitment | undefined;
  const get = async (commitment: Commitment): Promise<void> => {
    try {
      const bytes = await source.update(commitment, look);
      const { lanes, findings } = await checkUpdate({
        bytes,
        commitment,
        rules: look.view.rules,
        opened: isSealed(look.view),
      });
      if (lanes !== undefined) onEvent({ kind: "holding", round, slot: commitment.slot });
      else if (findings.some(({ severity }) => severity === "violation")) {
        const invalid = updateFault(bytesToLanes(bytes), commitment, round.commitments, look.view.rules);
        onEvent({ kind: "holding", round, slot: commitment.slot, isFaulty: true });
        if (invalid !== undefined) onEvent({ kind: "fault", fault: { commitment, invalid } });
      } else missing = commitment;
    } catch (error) {
      look.signal.throwIfAborted();
      if (!isUnavailable(error)) throw error;
      missing = commitment;
    }
  };
  const queue = [...wanted];
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) await get(next);
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  if (missing === undefined) return;
  throw new FedledgerError("BLOB_NOT_FOUND", { contentId: missing.contentId, providers: "its" });
}

/** Updates fetched at a time; each needs 4 bytes a parameter of memory, 8 while it is unsealed. */
const concurrency = 4;
