import type { Address, Bytes32, Hex } from "../core/ids.ts";
import type { Advertisement, Commitment, Proposal } from "../core/records.ts";
import type { RoundView } from "../core/task-view.ts";
import type { ChainCall } from "../ports/chain.ts";
import type { AnswerAction } from "../rounds/answer-turn.ts";
import type { OwnContact } from "../rounds/contact.ts";
import type { Unmasking } from "../rounds/mask-messages.ts";
import type { PushCall, PushOptions } from "../rounds/push.ts";
import { initialRoundState, type RoundState } from "../rounds/round-state.ts";

/** What is known of an update's bytes: they are in the store, or are not what was committed. */
export type UpdateFact = "here" | "unusable";

/** What an aggregator decides by, beside its options. */
export interface AggregatorState extends RoundState {
  readonly options: AggregatorMachineOptions;
  /** By {@link updateKey}; of the rounds in flight only. */
  readonly updates: ReadonlyMap<string, UpdateFact>;
  /** Whether custody was signed, by {@link updateKey}, where it is known; of the rounds in flight only. */
  readonly custody: ReadonlyMap<string, boolean>;
  /** Whether the account was seen to have the task's bond, or it was added. */
  readonly bonded: boolean;
  /** Content ids of share bundles that are in the store, in lower case; of the rounds in flight only. */
  readonly bundles: ReadonlySet<string>;
  /** What putting together what opens a masked round came to last. */
  readonly opening?: Opening;
  /** The computed result, and what it was computed from. */
  readonly result?: {
    readonly subject: string;
    readonly proposal: Proposal;
    /** In an encrypted task: the content id of the sum. */
    readonly openings?: Hex;
  };
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

/** Local wishes of an aggregator's machine. */
export interface AggregatorMachineOptions {
  readonly contact: OwnContact;
  readonly patienceS: number;
  readonly settleBlocks: number;
}

/** What happens to an aggregator beside what happens to all roles. */
export type AggregatorEvent =
  | { readonly kind: "update"; readonly commitment: Commitment; readonly fact: UpdateFact | "gone" }
  /** Custody was signed, or the journal said whether it was. */
  | { readonly kind: "custody"; readonly update: UpdateName; readonly isSigned: boolean }
  | { readonly kind: "bonded" }
  /** A share bundle is in the store. */
  | { readonly kind: "bundle"; readonly sharesId: Bytes32 }
  | { readonly kind: "opening"; readonly opening: Opening }
  | {
      readonly kind: "aggregated";
      readonly subject: string;
      readonly proposal: Proposal;
      /** In an encrypted task: the content id of the sum. */
      readonly openings?: Hex;
    };

/** What an aggregator does. */
export type AggregatorAction =
  | { readonly kind: "bond"; readonly key: string; readonly bondWei: bigint }
  | { readonly kind: "send"; readonly key: string; readonly call: ChainCall }
  | { readonly kind: "push"; readonly key: string; readonly call: PushCall }
  | AnswerAction
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
  /** Asks the journal for which of these custody was signed. */
  | { readonly kind: "recall"; readonly key: string; readonly commitments: readonly Commitment[] }
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

/** The state an aggregator starts with, after any restart. */
export function initialAggregatorState(
  me: Address,
  options: AggregatorMachineOptions,
  pushOptions: PushOptions,
): AggregatorState {
  return {
    ...initialRoundState(me, "aggregator", pushOptions),
    options,
    updates: new Map(),
    custody: new Map(),
    bundles: new Set(),
    bonded: false,
  };
}

/** What an update is named by, committed or not yet. */
export type UpdateName = Pick<Commitment, "round" | "participant" | "updateRoot" | "contentId">;

/** Names an update by everything that is checked of it; whose it is, too, for another may have committed to the same root and bytes. */
export function updateKey({ round, participant, updateRoot, contentId }: UpdateName): string {
  return `${round}:${participant}:${updateRoot}:${contentId}`.toLowerCase();
}
