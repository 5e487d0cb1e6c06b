import type { Address, Bytes32, Hex, RoundNumber, TaskId } from "../core/ids.ts";
import type {
  Advertisement,
  Commitment,
  Custody,
  Demand,
  InvalidUpdate,
  Proposal,
  ProvenChunk,
  SignedCommitment,
  WrongChunk,
} from "../core/records.ts";

/** A call that proves the proposal on record wrong. */
export type ChallengeCall = {
  readonly taskId: TaskId;
  readonly round: RoundNumber;
  readonly proposal: Proposal;
  /** All of the round, in the order of the chain, excluded ones included. */
  readonly commitments: readonly Commitment[];
  /** Opens a reservation made in an earlier block; absent where there is none. */
  readonly salt?: Bytes32;
} & (
  | { readonly kind: "challengeChunk"; readonly wrong: WrongChunk }
  | { readonly kind: "challengeUpdate"; readonly invalid: InvalidUpdate }
  | { readonly kind: "challengeWeight" }
  | {
      /** Instead of challengeChunk, in a masked task. */
      readonly kind: "challengeMaskedChunk";
      /** All of the round, in the order of the chain. */
      readonly advertisements: readonly Advertisement[];
      /** Those of the proposal. */
      readonly openings: Hex;
      readonly wrong: WrongChunk;
    }
  | {
      /** What the proposal opens of a slot is not what it advertised. */
      readonly kind: "challengeOpening";
      readonly advertisements: readonly Advertisement[];
      readonly openings: Hex;
      readonly slot: number;
    }
  | {
      readonly kind: "challengeExclusion";
      /** Which of the commitments, from 0. */
      readonly position: number;
      /** The proposer's, for that commitment. */
      readonly custody: Custody;
    }
);

/** A call that proves misconduct of a participant. */
export type ReportCall = {
  readonly taskId: TaskId;
  readonly round: RoundNumber;
  /** Opens a reservation made in an earlier block; absent where there is none. */
  readonly salt?: Bytes32;
} & (
  | {
      readonly kind: "reportUpdate";
      /** All of the round, in the order of the chain. */
      readonly commitments: readonly Commitment[];
      readonly invalid: InvalidUpdate;
    }
  | { readonly kind: "reportEquivocation"; readonly one: SignedCommitment; readonly other: SignedCommitment }
  | {
      readonly kind: "reportDoubleCommitment";
      readonly commitments: readonly Commitment[];
      readonly position: number;
      readonly signed: SignedCommitment;
    }
  | {
      readonly kind: "reportWithheld";
      readonly proposal: Proposal;
      readonly commitments: readonly Commitment[];
      readonly position: number;
    }
);

/** A call about data that a proposer must show. */
export type DemandCall = { readonly demand: Demand } & (
  | {
      readonly kind: "demandChunk";
      readonly proposal: Proposal;
      readonly commitments: readonly Commitment[];
      readonly position: number;
      /** The bond of this kind of demand. */
      readonly amountWei: bigint;
    }
  | {
      readonly kind: "demandNodes";
      readonly proposal: Proposal;
      /** Siblings from the node upward to the top. */
      readonly path: readonly Bytes32[];
      readonly amountWei: bigint;
    }
  | { readonly kind: "answerChunk"; readonly participant: Address; readonly shown: ProvenChunk }
  | { readonly kind: "answerNodes"; readonly nodes: readonly Bytes32[] }
  | { readonly kind: "strikeUnanswered"; readonly proposal: Proposal }
  | { readonly kind: "returnDemand" }
);
