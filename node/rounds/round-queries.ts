import { slotOf } from "../core/draw.ts";
import { hexEquals } from "../core/hex.ts";
import type { Address } from "../core/ids.ts";
import type { Commitment } from "../core/records.ts";
import type { RoundView, TaskView } from "../core/task-view.ts";

/** The round that is running; undefined between rounds. */
export function runningRound(view: TaskView): RoundView | undefined {
  const last = view.rounds.at(-1);
  return last === undefined || last.phase === "finalized" || last.phase === "invalidated" ? undefined : last;
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

/** The commitments that a proposal counts, in the order of the chain. */
export function includedBy(round: RoundView, excluded: bigint): readonly Commitment[] {
  return round.commitments.filter(({ slot }) => ((excluded >> BigInt(slot)) & 1n) === 0n);
}
