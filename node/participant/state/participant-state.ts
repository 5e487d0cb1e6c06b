import type { Address, RoundNumber } from "../../core/ids.ts";
import type { RoundView } from "../../core/record/task-view.ts";
import type { Attestation, Commitment, SignedCommitment } from "../../core/records.ts";
import type { ProposedRound } from "../../rounds/blobs/proposed-round.ts";
import type { CommonAction } from "../../rounds/machine/due-in-common.ts";
import {
  firstRoundState,
  type RoleMachineOptions,
  type RoundState,
  type Seen,
} from "../../rounds/state/round-state.ts";
import { type EncryptedAction, type EncryptedEvent, type EncryptedState, noEncryptedState } from "./encrypted-state.ts";
import type { GatherAction, GatheredUpdates } from "./gathered-updates.ts";
import { type MaskedAction, type MaskedEvent, type MaskedState, noMaskedState } from "./masked-state.ts";
import type { TrainedUpdate } from "./trained-update.ts";

/** Local wishes of a participant's machine. */
export interface ParticipantMachineOptions extends RoleMachineOptions {
  /** Enrol when not enrolled. */
  readonly autoEnrol: boolean;
  /** Whether it commits by its own transactions, or signs for others to commit many at once (default own). */
  readonly commit?: "own" | "batched";
  /** Train above an accepted round that it could not recompute, once that round's window has passed (default false). */
  readonly trainOnUnchecked?: boolean;
}

/** What a participant decides by. Local facts name what they are about, so a reorganisation only makes them idle. */
export interface ParticipantState extends RoundState, MaskedState, EncryptedState {
  readonly options: ParticipantMachineOptions;
  readonly update?: TrainedUpdate;
  /** The latest attestations, by subjectOf. */
  readonly signed: ReadonlyMap<string, Attestation>;
  /** Of the round in flight. */
  readonly gathered: GatheredUpdates;
  /** The first round that it is to have recomputed before it trains above, in this run or an earlier one. */
  readonly firstRound: RoundNumber;
  /** Accepted rounds from that on, void ones apart, that it has not recomputed yet, ascending. */
  readonly unchecked: readonly ProposedRound[];
  /** Proposals that an earlier run found right, by subjectOf; absent until the journal was asked. */
  readonly checked?: ReadonlySet<string>;
}

/** What happens to a participant beside what happens to all roles. */
export type ParticipantEvent =
  | { readonly kind: "trained"; readonly update: TrainedUpdate }
  /** An update is here, or does not open. */
  | { readonly kind: "gathered"; readonly commitment: Commitment; readonly fact: "here" | "unusable" }
  | { readonly kind: "signed"; readonly subject: string; readonly attestation: Attestation }
  /** The journal was asked which proposals were found right before, and from which round on an earlier run was to. */
  | { readonly kind: "recalled"; readonly checked: readonly string[]; readonly firstRound?: RoundNumber }
  | MaskedEvent
  | EncryptedEvent;

/** What a participant does. */
export type ParticipantAction =
  | CommonAction
  | GatherAction
  | { readonly kind: "train"; readonly key: string; readonly round: RoundView }
  /** Says that nothing is trained for a round, as an accepted one below could not be recomputed here. */
  | { readonly kind: "hold-back"; readonly key: string; readonly round: RoundView; readonly unchecked: RoundNumber }
  | {
      readonly kind: "sign-commitment";
      readonly key: string;
      readonly round: RoundView;
      readonly update: TrainedUpdate;
    }
  | { readonly kind: "announce-commitment"; readonly key: string; readonly signed: SignedCommitment }
  /** Asks the journal which proposals were found right before, and from which round on they are to be. */
  | { readonly kind: "recall"; readonly key: string }
  | { readonly kind: "sign"; readonly key: string; readonly subject: string; readonly round: ProposedRound }
  | { readonly kind: "publish"; readonly key: string; readonly attestation: Attestation }
  | MaskedAction
  | EncryptedAction;

/** The state after the first look, after any restart; what is to be recomputed is not reckoned yet. */
export function firstParticipantState(me: Address, options: ParticipantMachineOptions, seen: Seen): ParticipantState {
  return {
    ...firstRoundState(me, "participant", options, seen),
    ...noMaskedState,
    ...noEncryptedState,
    options,
    signed: new Map(),
    gathered: new Map(),
    firstRound: Number.POSITIVE_INFINITY,
    unchecked: [],
  };
}
