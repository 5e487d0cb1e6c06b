import type { RoundView } from "../../core/record/task-view.ts";
import type { Commitment, TaskRules } from "../../core/records.ts";
import type { ProposedRound } from "../../rounds/blobs/proposed-round.ts";
import { hadUntilS } from "../../rounds/court/exclusion-times.ts";
import { updateKey } from "../../rounds/words/update-key.ts";

/** Since which second of the chain's time updates are here, by updateKey; undefined of what does not open. */
export type GatheredUpdates = ReadonlyMap<string, number | undefined>;

/** A step towards having an update. */
export interface GatherAction {
  readonly kind: "gather";
  readonly key: string;
  readonly commitment: Commitment;
}

/** What is known of the updates of the round in flight only. */
export function onlyOf(gathered: GatheredUpdates, round: RoundView | undefined): GatheredUpdates {
  const keys = new Set(round?.commitments.map(updateKey));
  const kept = [...gathered].filter(([key]) => keys.has(key));
  return kept.length < gathered.size ? new Map(kept) : gathered;
}

/**
 * Every participant gathers every update from the closing on: it needs them to attest, an aggregator can have them from
 * it, and so it knows what was to be had in time.
 */
export function dueGathering(gathered: GatheredUpdates, round: RoundView): readonly GatherAction[] {
  if (round.phase !== "aggregating" && round.phase !== "proposed") return [];
  return round.commitments
    .filter((commitment) => !gathered.has(updateKey(commitment)))
    .map((commitment) => ({ kind: "gather", key: `gather:${updateKey(commitment)}`, commitment }));
}

/**
 * Bitmap of the slots whose update was not here in time: that they are left out is nobody's fault but their owner's,
 * who may show it only now.
 */
export function lateSlots(gathered: GatheredUpdates, round: ProposedRound, rules: TaskRules): bigint {
  const untilS = hadUntilS(round, rules);
  if (untilS === undefined) return 0n;
  return round.commitments
    .filter((commitment) => (gathered.get(updateKey(commitment)) ?? Number.POSITIVE_INFINITY) > untilS)
    .reduce((slots, { slot }) => slots | (1n << BigInt(slot)), 0n);
}
