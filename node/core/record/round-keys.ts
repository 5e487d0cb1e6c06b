import type { KeyedCount } from "../modes/mode.ts";
import { modeOf } from "../modes/mode-of.ts";
import type { Commitment, TaskRules } from "../records.ts";
import type { RoundView } from "./task-view.ts";

/** Bytes of a seed, of a secret key and of a content id in a proposal's openings. */
export const openingBytes = 32;

/** Of each advertisement its slot alone counts. */
type Advertised = { readonly advertisements?: readonly Pick<Commitment, "slot">[] };
type KeyRules = Pick<TaskRules, "mode" | "minUpdates" | "thresholdPercent">;
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

/** Fewest commitments with which a round goes on, by its mode. Throws as shareThreshold. */
export function leastUpdates(round: Advertised & Pick<RoundView, "drawn">, rules: KeyRules): number {
  return modeOf(rules).leastUpdates(countOf(round), rules);
}

/**
 * Whether the time for keys is over, and so few have advertised that nothing can come of the round: anybody may close
 * it. Throws as shareThreshold.
 */
export function lacksKeys(
  round: Advertised & Pick<RoundView, "commitDeadlineS" | "drawn">,
  rules: KeyRules & Pick<TaskRules, "commitWindowS" | "keyWindowS">,
  nowS: number,
): boolean {
  const count = countOf(round);
  return isKeyTimeOver(round, rules, nowS) && count.keyed < modeOf(rules).leastKeys(count, rules);
}

/** How many members of a round may commit: all drawn, where each needs keys those that advertised in time. */
export function mayCommit(
  round: Advertised & Pick<RoundView, "commitDeadlineS" | "drawn">,
  rules: Pick<TaskRules, "mode" | "commitWindowS" | "keyWindowS">,
  nowS: number,
): number {
  return isKeyTimeOver(round, rules, nowS) ? modeOf(rules).mayCommit(countOf(round)) : round.drawn;
}

/**
 * Whether a round ended before its updates were frozen: what was committed in it was opened by nobody, and costs no
 * budget in masked tasks.
 */
export function endedOpen({ phase, assignment }: Pick<RoundView, "phase" | "assignment">): boolean {
  return phase === "invalid" && assignment === undefined;
}

/** Bytes of what a proposal must open: a word for each slot that advertised, in encrypted tasks one in all. */
export function openingsLength({ advertisements = [] }: Advertised, rules: Pick<TaskRules, "mode">): number {
  return openingBytes * modeOf(rules).openedWords(advertisements.length);
}

/** Bitmap of the slots of these entries. */
export function slotsOf(entries: readonly Pick<Commitment, "slot">[]): bigint {
  return entries.reduce((bits, { slot }) => bits | (1n << BigInt(slot)), 0n);
}

function countOf({ advertisements = [], drawn }: Advertised & Pick<RoundView, "drawn">): KeyedCount {
  return { keyed: advertisements.length, drawn };
}
