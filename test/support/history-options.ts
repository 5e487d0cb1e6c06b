import type { RecoverSigner, StoredState } from "../../node/audit/index.ts";
import type { Address, Bytes32, Hex } from "../../node/core/ids.ts";
import type { PrivacySpec } from "../../node/core/privacy-spec.ts";
import type {
  Access,
  Advertisement,
  Commitment,
  GivenWord,
  MisconductKind,
  Proposal,
  TaskRules,
} from "../../node/core/records.ts";
import type { TaskEvent } from "../../node/core/task-events.ts";
import type { SealedName } from "../../node/ports/sealing.ts";
import type { BlobStore } from "../../node/ports/storage.ts";

/** What happens in a round other than everybody doing the right thing. Members are named by their number, from 0. */
export interface RoundScript {
  /** Members who ask to leave after the opening. */
  readonly leave?: readonly number[];
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
  /** A wrong proposal of all updates by the first aggregator, struck by a challenge at once; with `right`, the honest one is struck. */
  readonly refutedProposal?: "wrong" | "right";
  /** A model other than the honest one; `honest` may be changed and returned. */
  readonly model?: (honest: Int32Array) => Int32Array;
  /** In a task with holders: the words that come with the proposal, other than those of everybody on all that is not left out. */
  readonly words?: (honest: readonly GivenWord[]) => readonly GivenWord[];
  /** The top of the model's tree is demanded and shown; or a chunk of the first update, in vain, and the next proposal leaves it out. */
  readonly demand?: "answered" | "unanswered";
  /** A report that is won once there is a proposal. */
  readonly report?: { readonly member: number; readonly kind: MisconductKind };
  /** In a pipelined task: the next round opens on the proposal, and it is attested, or struck, once that one has a proposal too. */
  readonly overlap?: "attested" | "struck";
  /** Proposal fields other than those that follow from the model. */
  readonly proposal?: (honest: Proposal) => Proposal;
  /** How far the round gets; "attested" by default. */
  readonly end?: "attested" | "unchallenged" | "challenge-won" | "proposed" | "aggregating" | "open" | "no-proposal";
}

/** A task to write the history of. */
export interface HistoryOptions {
  readonly members?: number;
  readonly rounds?: number;
  /** Inputs of the linear model; it has one parameter more. */
  readonly inputs?: number;
  readonly rules?: Partial<TaskRules>;
  /** Who may enrol, in a restricted task. */
  readonly access?: Access;
  /** The specification's privacy; none by default. */
  readonly privacy?: PrivacySpec;
  /** Seals the blobs to the members: how the lanes' blob of this name is stored. Public by default. */
  readonly seal?: (store: History["store"], lanes: Int32Array, name: SealedName) => Promise<Bytes32>;
  /** Whether events carry sender, gas, time and words; true by default. */
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
}
