import { keyedRoundOf } from "../audit/masked-round.ts";
import { slotOf } from "../core/draw.ts";
import { hexEquals } from "../core/hex.ts";
import type { Address } from "../core/ids.ts";
import type { Advertisement, TaskRules } from "../core/records.ts";
import type { RoundView, TaskView } from "../core/task-view.ts";
import { keyedNeighbours } from "../privacy/masking/index.ts";

/** The account's advertisement in the round, if it has made one. */
export function advertisementOf({ advertisements = [] }: RoundView, account: Address): Advertisement | undefined {
  return advertisements.find(({ participant }) => hexEquals(participant, account));
}

/** The advertisements of those with whom a slot shares masks, ascending by slot. */
export function neighboursOf(
  round: RoundView,
  rules: Pick<TaskRules, "neighbours">,
  slot: number,
): readonly Advertisement[] {
  // whose task and round it is does not matter for the graph
  return keyedNeighbours(keyedRoundOf(0, rules, round), slot);
}

/** Who is drawn, by slot. Places do not move while a round runs. Takes some hashes for each place of the task. */
export function drawnBySlot(
  { enrolled: places }: Pick<TaskView, "enrolled">,
  { enrolled, drawn, seed }: Pick<RoundView, "enrolled" | "drawn" | "seed">,
): ReadonlyMap<number, Address> {
  const bySlot = new Map<number, Address>();
  for (const [index, { participant }] of places.slice(0, enrolled).entries()) {
    const slot = slotOf(index, enrolled, drawn, seed);
    if (slot < drawn) bySlot.set(slot, participant);
  }
  return bySlot;
}
