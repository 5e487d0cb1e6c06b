import type { Address, Bytes32, Hex } from "../core/ids.ts";
import type { RoundView } from "../core/record/task-view.ts";
import type { Advertisement, Commitment, Proposal } from "../core/records.ts";
import type { CommonAction } from "../rounds/machine/due-in-common.ts";
import { firstRoundState, type RoleMachineOptions, type RoundState, type Seen } from "../rounds/state/round-state.ts";
import type { Unmasking } from "../rounds/words/mask-messages.ts";

/** What is known of an update's bytes: they are in the store, or are not what was committed. */
export type UpdateFact = "here" | "unusable";

/** What an aggregator decides by, beside its options. */
export interface AggregatorState extends RoundState {
  /** By updateKey; of the round in flight only. */
  readonly updates: ReadonlyMap<string, UpdateFact>;
  /** Content ids of share bundles that are in the store, in lower case; of the round in flight only. */
  readonly bundles: ReadonlySet<string>;
  /** What putting together what opens a masked round came to last. */
  readonly opening?: Opening;
  /** The computed result, and what it was computed from. */
  readonly result?: Result;
}

/** A computed proposal. */
export interface Result {
  readonly subject: string;
  readonly proposal: Proposal;
  /** In an encrypted task: the content id of the sum. */
  readonly openings?: Hex;
}

/** What opens a masked round, as far as it was told. */
export interface Opening {
  /** Names the commitments that it opens. */
  readonly about: string;
  /** What was known when it was put together. */
  readonly knowledge: string;
  /** As they are proposed; absent while something is missing. */
  readonly openings?: Hex;
}

/** What happens to an aggregator beside what happens to all roles. */
export type AggregatorEvent =
  | { readonly kind: "update"; readonly commitment: Commitment; readonly fact: UpdateFact | "gone" }
  /** A share bundle is in the store. */
  | { readonly kind: "bundle"; readonly sharesId: Bytes32 }
  | { readonly kind: "opening"; readonly opening: Opening }
  | { readonly kind: "aggregated"; readonly result: Result };

/** What an aggregator does. */
export type AggregatorAction =
  | CommonAction
  | { readonly kind: "gather"; readonly key: string; readonly commitment: Commitment }
  | { readonly kind: "gather-shares"; readonly key: string; readonly of: Advertisement; readonly round: RoundView }
  /** Puts together what opens a masked round, from what was told. */
  | {
      readonly kind: "open";
      readonly key: string;
      readonly round: RoundView;
      readonly told: readonly Unmasking[];
      readonly subject: Pick<Opening, "about" | "knowledge">;
    }
  | {
      readonly kind: "aggregate";
      readonly key: string;
      readonly subject: string;
      readonly round: RoundView;
      readonly attempt: number;
      /** Bitmap of the slots to leave out. */
      readonly excluded: bigint;
      /** In a masked task: what opens the sum. */
      readonly openings?: Hex;
    };

/** The state after the first look, after any restart. */
export function firstAggregatorState(me: Address, options: RoleMachineOptions, seen: Seen): AggregatorState {
  return { ...firstRoundState(me, "aggregator", options, seen), updates: new Map(), bundles: new Set() };
}
