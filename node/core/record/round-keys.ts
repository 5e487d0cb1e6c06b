import { FedledgerError } from "../errors/error.ts";
import type { Commitment, TaskRules } from "../records.ts";
import type { RoundView } from "./task-view.ts";

/** Bytes of a seed, of a secret key and of a content id in a proposal's openings. */
export const openingBytes = 32;

/** Of each advertisement its slot alone counts. */
type Advertised = { readonly advertisements?: readonly Pick<Commitment, "slot">[] };
type Committed = Advertised & Pick<RoundView, "commitments">;

/** The last second at which a participant may advertise its keys: commitments follow until the round's deadline. */
export function keyDeadlineS(
  { commitDeadlineS }: Pick<RoundView, "commitDeadlineS">,
  { commitWindowS }: Pick<TaskRules, "commitWindowS">,
): number {
  return commitDeadlineS - commitWindowS;
}

/** Bitmap of the slots that have advertised. */
export function keyedSlots({ advertisements = [] }: Advertised): bigint {
  return slotsOf(advertisements);
}

/** Bitmap of the slots that have committed: of a closed masked round, those whose self seeds open it. */
export function survivingSlots({ commitments }: Pick<RoundView, "commitments">): bigint {
  return slotsOf(commitments);
}

/**
 * Bitmap of the slots that have advertised and not committed: of a closed masked round, those whose secret keys open
 * it.
 */
export function droppedSlots(round: Committed): bigint {
  return keyedSlots(round) & ~survivingSlots(round);
}

/**
 * Whether commitments may come: everybody drawn has advertised, or the time to do so is over. Always in a task without
 * a key window.
 */
export function isKeyTimeOver(
  round: Advertised & Pick<RoundView, "commitDeadlineS" | "drawn">,
  rules: Pick<TaskRules, "commitWindowS" | "keyWindowS">,
  nowS: number,
): boolean {
  const { advertisements = [], drawn } = round;
  return rules.keyWindowS === 0 || advertisements.length >= drawn || nowS > keyDeadlineS(round, rules);
}

/**
 * Fewest commitments with which a round goes on: the task's, and in masked tasks one more than the {@link
 * shareThreshold}, for with fewer nobody would open anything. Infinite in an encrypted task where nobody has dealt a
 * key.
 */
export function leastUpdates(
  { advertisements = [], drawn }: Advertised & Pick<RoundView, "drawn">,
  { mode, minUpdates, thresholdPercent }: Pick<TaskRules, "mode" | "minUpdates" | "thresholdPercent">,
): number {
  if (mode === "encrypted" && advertisements.length === 0) return Number.POSITIVE_INFINITY;
  return mode === "masked" ? Math.max(minUpdates, shareThreshold(drawn, thresholdPercent) + 1) : minUpdates;
}

/**
 * How many of its fellows must give their shares for a member's secret of a masked round to be known, and must have
 * signed its closing before it opens anything: the task's threshold of them, rounded up, and at least 2. Throws
 * INVALID_ARGUMENT for fewer than three members (such a round has no masks) or a percentage outside 51 to 100.
 *
 * @param drawn members of the round: all that were drawn, whoever of them advertises, for that number alone is bound by
 * the start value
 */
export function shareThreshold(drawn: number, thresholdPercent: number): number {
  if (!Number.isInteger(drawn) || drawn < 3 || drawn > 64) throw outside("drawn", drawn, "3 to 64");
  if (!Number.isInteger(thresholdPercent) || thresholdPercent < 51 || thresholdPercent > 100) {
    throw outside("thresholdPercent", thresholdPercent, "51 to 100");
  }
  return Math.max(2, Math.ceil(((drawn - 1) * thresholdPercent) / 100));
}

/**
 * How many of a masked round's members may be missing from it: with more nobody opens it. Throws as {@link
 * shareThreshold}.
 */
export function mayBeMissing(drawn: number, thresholdPercent: number): number {
  return drawn - 1 - shareThreshold(drawn, thresholdPercent);
}

/**
 * Whether a round ended before its updates were frozen: what was committed in it was opened by nobody, and costs no
 * budget in masked tasks.
 */
export function endedOpen({ phase, assignment }: Pick<RoundView, "phase" | "assignment">): boolean {
  return phase === "invalid" && assignment === undefined;
}

/** Bytes of what a proposal must open: one word for each slot that advertised, in encrypted tasks one in all. */
export function openingsLength({ advertisements = [] }: Advertised, { mode }: Pick<TaskRules, "mode">): number {
  if (mode === "transparent") return 0;
  return openingBytes * (mode === "masked" ? advertisements.length : 1);
}

/** Bitmap of the slots of these entries. */
export function slotsOf(entries: readonly Pick<Commitment, "slot">[]): bigint {
  return entries.reduce((bits, { slot }) => bits | (1n << BigInt(slot)), 0n);
}

function outside(name: string, value: number, expected: string): FedledgerError {
  return new FedledgerError("INVALID_ARGUMENT", { name, value, expected });
}
