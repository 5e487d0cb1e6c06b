import { FedledgerError } from "../errors/error.ts";
import type { TaskRules } from "../records.ts";
import { slotsOf } from "./round-keys.ts";
import type { RoundView } from "./task-view.ts";

type Committed = Pick<RoundView, "commitments" | "expelled">;

/** Number of the bits that are set. Throws INVALID_ARGUMENT for a negative number. */
export function countSlots(slots: bigint): number {
  if (slots < 0n) throw new FedledgerError("INVALID_ARGUMENT", { name: "slots", value: slots, expected: "a bitmap" });
  let count = 0;
  for (let rest = slots; rest > 0n; rest &= rest - 1n) count++;
  return count;
}

/**
 * Bitmap of the slots that committed and are not expelled since: who may attest, and by how many a quorum is measured.
 */
export function judgingSlots({ commitments, expelled = 0n }: Committed): bigint {
  return slotsOf(commitments) & ~expelled;
}

/** Fewest attestations that accept a round's proposal: the task's, and more than half of those who may attest. */
export function quorumOf(round: Committed, { attestationQuorum }: Pick<TaskRules, "attestationQuorum">): number {
  return Math.max(attestationQuorum, Math.floor(countSlots(judgingSlots(round)) / 2) + 1);
}

/**
 * Whether so many of a closed round's participants were expelled that anyone may end it: fewer than minUpdates are
 * left.
 */
export function hasTooFewLeft(round: Committed, { minUpdates }: Pick<TaskRules, "minUpdates">): boolean {
  return countSlots(judgingSlots(round)) < minUpdates;
}
