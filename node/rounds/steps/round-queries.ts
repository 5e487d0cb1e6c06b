import { hexEquals } from "../../core/bytes/hex.ts";
import type { Address } from "../../core/ids.ts";
import { judgingSlots } from "../../core/record/quorum.ts";
import type { RoundView, TaskView } from "../../core/record/task-view.ts";
import type { Commitment } from "../../core/records.ts";
import { slotOf } from "../../core/words/draw.ts";

/** An account's place in one of the task's lists. */
export interface Place {
  readonly index: number;
  readonly leaving: boolean;
}

/** The round that takes commitments, if one does: the newest. */
export function openRound(view: TaskView): RoundView | undefined {
  const newest = view.rounds.at(-1);
  return newest?.phase === "open" ? newest : undefined;
}

/** The account's place among the participants, or undefined. */
export function placeOf({ enrolled }: Pick<TaskView, "enrolled">, account: Address): Place | undefined {
  return placeIn(enrolled, account);
}

/** The account's place among the aggregators, or undefined. */
function aggregatorPlaceOf({ joined }: Pick<TaskView, "joined">, account: Address): Place | undefined {
  return placeIn(joined, account);
}

/** The account's place in the task, as whatever it is there. */
export function memberPlaceOf(view: Pick<TaskView, "enrolled" | "joined">, account: Address): Place | undefined {
  return placeOf(view, account) ?? aggregatorPlaceOf(view, account);
}

/** Whether the account is drawn for the round. Places do not move while a round runs. */
export function isDrawn(view: TaskView, round: RoundView, account: Address): boolean {
  const place = placeOf(view, account);
  if (place === undefined || place.index >= round.enrolled) return false;
  return slotOf(place.index, round.enrolled, round.drawn, round.seed) < round.drawn;
}

/** The account's commitment in the round, if it has made one. */
export function commitmentOf(round: Pick<RoundView, "commitments">, account: Address): Commitment | undefined {
  return round.commitments.find(({ participant }) => hexEquals(participant, account));
}

/** Whether a bitmap names the slot. */
export function hasSlot(slots: bigint, slot: number): boolean {
  return ((slots >> BigInt(slot)) & 1n) === 1n;
}

/** The commitments that a proposal counts, in the order of the chain. */
export function includedBy(round: Pick<RoundView, "commitments">, excluded: bigint): readonly Commitment[] {
  return round.commitments.filter(({ slot }) => !hasSlot(excluded, slot));
}

/** Whether the account gave up its place in the task, and has taken none since. */
export function hasLeft({ left = [] }: Pick<TaskView, "left">, account: Address): boolean {
  return left.some((one) => hexEquals(one, account));
}

/** Whether the account was proven to have broken the task's rules: it takes no part in it any more. */
export function isExpelled({ expelled = [] }: Pick<TaskView, "expelled">, account: Address): boolean {
  return expelled.some((one) => hexEquals(one.account, account));
}

/** Whether the account's attestation in the round counts: it committed there, and was not expelled since. */
export function mayAttest(round: Pick<RoundView, "commitments" | "expelled">, account: Address): boolean {
  const made = commitmentOf(round, account);
  return made !== undefined && hasSlot(judgingSlots(round), made.slot);
}

function placeIn(
  places: readonly { readonly account: Address; readonly leaving: boolean }[],
  account: Address,
): Place | undefined {
  const index = places.findIndex((place) => hexEquals(place.account, account));
  const place = places[index];
  return place && { index, leaving: place.leaving };
}
