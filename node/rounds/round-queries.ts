import { slotOf } from "../core/draw.ts";
import { hexEquals } from "../core/hex.ts";
import type { Address } from "../core/ids.ts";
import type { Commitment, TaskRules } from "../core/records.ts";
import { isKeyTimeOver } from "../core/round-keys.ts";
import { type RoundView, roundsInFlight, type TaskView } from "../core/task-view.ts";

/** The round that takes commitments, if one does: the newest. */
export function openRound(view: TaskView): RoundView | undefined {
  const newest = view.rounds.at(-1);
  return newest?.phase === "open" ? newest : undefined;
}

/** The round in flight whose proposal this round starts from; undefined where it starts from a final model. */
export function parentOf(view: TaskView, round: Pick<RoundView, "round">): RoundView | undefined {
  return roundsInFlight(view).find((other) => other.round === round.round - 1);
}

/** Whether only a quorum makes the round's proposal final: it leaves updates out for no reason that the contract checked, or is of an encrypted round, whose sum only key holders open. */
export function needsQuorum({ rules }: Pick<TaskView, "rules">, { proposal, withheld = 0n }: RoundView): boolean {
  if (rules.mode === "encrypted") return true;
  return rules.holders === 0 && ((proposal?.excluded ?? 0n) & ~withheld) !== 0n;
}

/** The account's place in the task's list, or undefined. */
export function placeOf(view: TaskView, account: Address): { index: number; leaving: boolean } | undefined {
  const index = view.enrolled.findIndex(({ participant }) => hexEquals(participant, account));
  return index < 0 ? undefined : { index, leaving: view.enrolled[index]!.leaving };
}

/** Whether the account is drawn for the round. Places do not move while a round runs. */
export function isDrawn(view: TaskView, round: RoundView, account: Address): boolean {
  const place = placeOf(view, account);
  if (place === undefined || place.index >= round.enrolled) return false;
  return slotOf(place.index, round.enrolled, round.drawn, round.seed) < round.drawn;
}

/** The account's commitment in the round, if it has made one. */
export function commitmentOf(round: RoundView, account: Address): Commitment | undefined {
  return round.commitments.find(({ participant }) => hexEquals(participant, account));
}

/** How many of the drawn may commit, as far as it is known: in a masked task, once the time for keys is over, those that have advertised. */
export function expectedUpdates(round: RoundView, rules: TaskRules, nowS: number): number {
  if (rules.mode !== "masked" || !isKeyTimeOver(round, rules, nowS)) return round.drawn;
  return round.advertisements?.length ?? 0;
}

/** The commitments that a proposal counts, in the order of the chain. */
export function includedBy(round: RoundView, excluded: bigint): readonly Commitment[] {
  return round.commitments.filter(({ slot }) => ((excluded >> BigInt(slot)) & 1n) === 0n);
}

/** Whether the account may commit in one more round of the task. */
export function hasBudget(view: TaskView, account: Address): boolean {
  const { roundsPerParticipant } = view.rules;
  if (roundsPerParticipant === 0) return true;
  return view.rounds.filter((round) => commitmentOf(round, account) !== undefined).length < roundsPerParticipant;
}

/** Whether the account was proven to have broken the task's rules: it takes no part in it any more. */
export function isExpelled({ misconduct = [] }: Pick<TaskView, "misconduct">, account: Address): boolean {
  return misconduct.some(({ participant }) => hexEquals(participant, account));
}
