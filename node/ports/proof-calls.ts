import type { Bytes32, Hex, RoundNumber, TaskId } from "../core/ids.ts";
import type {
  Advertisement,
  Commitment,
  Evidence,
  InvalidUpdate,
  SignedCommitment,
  WrongChunk,
} from "../core/records.ts";

/**
 * A proof, for the contract of proofs; commitments and advertisements are all of the round, in the order of the chain.
 */
export type ProofCall =
  | {
      readonly kind: "proveChunk";
      readonly evidence: Evidence;
      readonly commitments: readonly Commitment[];
      readonly wrong: WrongChunk;
    }
  | {
      /** Instead of proveChunk, in a masked task. */
      readonly kind: "proveMaskedChunk";
      readonly evidence: Evidence;
      /** The round's start value. */
      readonly start: Bytes32;
      readonly advertisements: readonly Advertisement[];
      readonly commitments: readonly Commitment[];
      /** Those of the proposal. */
      readonly openings: Hex;
      readonly wrong: WrongChunk;
    }
  | {
      /** What the proposal opens of a slot is not what it advertised. */
      readonly kind: "proveOpening";
      readonly evidence: Evidence;
      readonly start: Bytes32;
      readonly advertisements: readonly Advertisement[];
      readonly openings: Hex;
      readonly slot: number;
    }
  | { readonly kind: "proveWeight"; readonly evidence: Evidence; readonly commitments: readonly Commitment[] }
  | {
      readonly kind: "proveUpdate";
      /** Without a proposal where none counts the update. */
      readonly evidence: Evidence;
      readonly commitments: readonly Commitment[];
      readonly invalid: InvalidUpdate;
    }
  | {
      readonly kind: "proveEquivocation";
      readonly taskId: TaskId;
      readonly round: RoundNumber;
      readonly anchor: Bytes32;
      readonly one: SignedCommitment;
      readonly other: SignedCommitment;
    }
  | {
      readonly kind: "proveDoubleCommitment";
      readonly evidence: Evidence;
      readonly commitments: readonly Commitment[];
      /** Which of the commitments, from 0. */
      readonly position: number;
      readonly signed: SignedCommitment;
    };
