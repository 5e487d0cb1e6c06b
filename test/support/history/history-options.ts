import type { RecoverSigner, StoredState } from "../../../node/audit/index.ts";
import type { Address, Bytes32, Hex } from "../../../node/core/ids.ts";
import type { TaskEvent } from "../../../node/core/record/task-events.ts";
import type {
  Access,
  Advertisement,
  Attributes,
  Commitment,
  ProofKind,
  Proposal,
  TaskRules,
} from "../../../node/core/records.ts";
import type { PrivacySpec } from "../../../node/core/task/privacy-spec.ts";
import type { SealedName } from "../../../node/ports/sealing.ts";
import type { BlobStore } from "../../../node/ports/storage.ts";

/** A proof that is won, whether it should be or not. */
export interface ScriptedProof {
  readonly kind: ProofKind;
  /** Chunk or slot; 0 by default. */
  readonly index?: number;
  /** A participant that is expelled besides, by its number. */
  readonly offender?: number;
}

/** What happens in a round other than everybody doing the right thing. Members are named by their number, from 0. */
export interface RoundScript {
  /** Numbers that its opening passes over; none by default. */
  readonly passes?: number;
  /** Members who ask to leave after the opening. */
  readonly leave?: readonly number[];
  /** Aggregators who do, by their number. */
  readonly aggregatorsLeave?: readonly number[];
  /** What members put on the task's record after the opening. */
  readonly record?: readonly { readonly member: number; readonly kind: number; readonly hash: Bytes32 }[];
  /** Aggregators that missed a turn and come back before the opening. */
  readonly resume?: readonly number[];
  /** In a masked or encrypted task: how many of the drawn advertise keys; all by default. */
  readonly keyed?: number;
  /** Fields of an advertisement other than those of the member's secrets. */
  readonly advertisement?: (member: number, honest: Advertisement) => Advertisement;
  /** In a masked or encrypted task: what the proposal opens, other than what it must. */
  readonly openings?: (honest: Hex) => Hex;
  /** How many of the drawn, in a masked task of those with keys, commit; all by default. */
  readonly commits?: number;
  /** An update other than the honest one; `honest` may be changed and returned. */
  readonly update?: (member: number, honest: Int32Array) => Int32Array;
  /** A weight other than member + 1. */
  readonly weight?: (member: number) => number;
  /** Commitment fields other than those that follow from the update. */
  readonly commitment?: (member: number, honest: Commitment) => Commitment;
  /** Which of the commitments, in their order, the proposal leaves out. */
  readonly exclude?: readonly number[];
  /** Aggregators that let their deadline pass before one proposes. */
  readonly silentAggregators?: number;
  /** A wrong proposal, excluding the first update, by the first aggregator, which nobody attests to. */
  readonly rejectedProposal?: boolean;
  /**
   * A proposal of all updates by the first aggregator, struck at once: of a wrong model, or with `right` of the honest
   * one.
   */
  readonly struckProposal?: "wrong" | "right";
  /** How it is struck; of a wrong chunk by default. */
  readonly proof?: ScriptedProof;
  /** An account that is expelled once there is a proposal, apart from it. */
  readonly expel?: { readonly member: number; readonly kind: "invalid-update" | "equivocation" };
  /** A model other than the honest one; `honest` may be changed and returned. */
  readonly model?: (honest: Int32Array) => Int32Array;
  /** Proposal fields other than those that follow from the model. */
  readonly proposal?: (honest: Proposal) => Proposal;
  /** Who attests, other than everybody that committed. */
  readonly attesters?: (all: readonly Address[]) => readonly Address[];
  /** How far the round gets; "accepted" by default. */
  readonly end?:
    | "accepted"
    | "not-attested"
    | "proposed"
    | "aggregating"
    | "open"
    | "drawing"
    | "no-proposal"
    | "no-draw";
  /**
   * Behind all that, an accepted round is struck, within its window; the rounds from it on become void where they are
   * not.
   */
  readonly strike?: ScriptedProof & { readonly round: number };
}

/** A task to write the history of. */
export interface HistoryOptions {
  readonly members?: number;
  readonly aggregators?: number;
  /** How many are opened. */
  readonly rounds?: number;
  /** Inputs of the linear model; it has one parameter more. */
  readonly inputs?: number;
  readonly rules?: Partial<TaskRules>;
  /** Who may take part; everybody by default. */
  readonly access?: Access;
  /** What is said of an account when it takes its place; nothing by default. */
  readonly attributes?: (account: Address) => Attributes | undefined;
  /** The specification's privacy; none by default. */
  readonly privacy?: PrivacySpec;
  /** Seals the blobs to the members: how the lanes' blob of this name is stored. Public by default. */
  readonly seal?: (store: History["store"], lanes: Int32Array, name: SealedName) => Promise<Bytes32>;
  /** Whether events carry sender, gas and time; true by default. */
  readonly detail?: boolean;
  readonly scripts?: Readonly<Record<number, RoundScript>>;
}

/** A task's history as the contracts would have written it, and every blob. */
export interface History {
  readonly chainId: number;
  readonly federation: Address;
  readonly events: readonly TaskEvent[];
  readonly storedState: StoredState;
  readonly recoverSigner: RecoverSigner;
  readonly store: Pick<BlobStore, "get"> & { readonly blobs: Map<Bytes32, Uint8Array> };
  readonly members: readonly Address[];
  readonly aggregators: readonly Address[];
  /** Seconds since 1970 at its end. */
  readonly nowS: number;
}
