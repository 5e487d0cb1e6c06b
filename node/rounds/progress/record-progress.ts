import type { Address, Bytes32, RoundNumber } from "../../core/ids.ts";
import type { ProofKind, Reason } from "../../core/records.ts";

/** A step of the record. */
export type RecordStep =
  | { readonly kind: "round-opened"; readonly round: RoundNumber; readonly enrolled: number; readonly drawn: number }
  | {
      /** A round waits for the block that draws its participants. */
      readonly kind: "round-drawing";
      readonly round: RoundNumber;
      readonly enrolled: number;
      readonly drawn: number;
      readonly drawBlock: number;
    }
  | { readonly kind: "keys-recorded"; readonly round: RoundNumber; readonly keys: number; readonly drawn: number }
  | { readonly kind: "update-recorded"; readonly round: RoundNumber; readonly updates: number; readonly drawn: number }
  | {
      readonly kind: "round-closed";
      readonly round: RoundNumber;
      readonly updates: number;
      /** In a masked task: how many shared masks and did not commit. */
      readonly dropped?: number;
    }
  | { readonly kind: "assigned"; readonly round: RoundNumber; readonly attempt: number; readonly aggregator: Address }
  | { readonly kind: "proposal-recorded"; readonly round: RoundNumber; readonly excluded: bigint }
  | {
      /** A quorum attested: the model is usable, and can be proven wrong until `provableUntilS`. */
      readonly kind: "accepted";
      readonly round: RoundNumber;
      readonly modelRoot: Bytes32;
      readonly attesters: number;
      readonly provableUntilS: number;
    }
  | { readonly kind: "invalid"; readonly round: RoundNumber; readonly reason: Reason }
  | {
      /** A proposal, standing or accepted, was proven wrong: whoever signed it is expelled. */
      readonly kind: "struck";
      readonly round: RoundNumber;
      readonly aggregator: Address;
      readonly proofKind: ProofKind;
      readonly index: number;
      readonly prover: Address;
    }
  | {
      /** These rounds are void: the model is again what it was before the first of them. */
      readonly kind: "rolled-back";
      readonly firstRound: RoundNumber;
      readonly lastRound: RoundNumber;
    }
  | {
      /** A member was proven to have broken the rules: it takes no part in the task any more. */
      readonly kind: "expelled";
      readonly round: RoundNumber;
      readonly account: Address;
      readonly proofKind: ProofKind;
    }
  /** The task has its accepted rounds. They can be proven wrong before `finalFromS`. */
  | { readonly kind: "complete"; readonly rounds: number; readonly finalFromS: number }
  | { readonly kind: "final"; readonly rounds: number };

/** A step of the record as it is told. */
export type RecordProgress = RecordStep & {
  /** It was on the record when the node started. */
  readonly past?: true;
};
