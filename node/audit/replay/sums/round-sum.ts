import type { Bytes32 } from "../../../core/ids.ts";

/** The sum of a round's ciphertexts, as anybody recomputes it. */
export interface RecomputedSum {
  readonly bytes: Uint8Array;
  readonly contentId: Bytes32;
}

/** What a round's updates came to. */
export interface SummedRound {
  /**
   * The new model's lanes; absent where there is no base, where the rule wants more updates, or where nobody here can
   * open the sum.
   */
  readonly lanes?: Int32Array;
  /** Of an encrypted round. */
  readonly sum?: RecomputedSum;
  /** Lanes of the sum beyond what updates within the clip come to. */
  readonly cutLanes: number;
  /** Whether a sum with so many cut lanes can be attested to. */
  readonly isAttestable: boolean;
}

/** A chunk of 64 lanes of an update, and what it weighs. */
export interface WeightedChunk {
  readonly lanes: Int32Array;
  readonly weight: number;
}

/**
 * How the updates of one round become its model: one implementation a mode. What comes out depends on the set of
 * updates only, never on their order.
 */
export interface RoundSum {
  /**
   * Takes a valid update: `parameterCount` lanes, or a ciphertext's bytes as lanes. Throws LENGTH_MISMATCH,
   * INVALID_ARGUMENT (weight not 1 to 2^32 − 1), CIPHERTEXT_INVALID.
   */
  add(lanes: Int32Array, weight: number): void;
  /**
   * The result on a base model, which is not modified. Rejects with LENGTH_MISMATCH for a base of another length, with
   * INVALID_ARGUMENT where not every member of a masked round was added, with the signal's reason.
   */
  finish(base: Int32Array | undefined, signal?: AbortSignal): Promise<SummedRound>;
  /**
   * The right chunk `index` of the model, of 64 lanes, those behind the last parameter zero, from the same chunk of the
   * base and of every update that counts; undefined where no contract can tell.
   */
  rightChunk(index: number, base: Int32Array, updates: readonly WeightedChunk[]): Int32Array | undefined;
}
