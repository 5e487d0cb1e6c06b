import type { Address, Bytes32, Hex, RoundNumber, TaskId } from "../ids.ts";
import type { Access, Advertisement, Commitment, ProofKind, Proposal, Reason, TaskRules } from "../records.ts";

/** Where an event stands in the chain. */
export interface EventPosition {
  readonly blockNumber: number;
  readonly blockHash: Bytes32;
  readonly logIndex: number;
  readonly transactionHash: Bytes32;
  /** Sender of the transaction; absent where the reader did not ask for it. */
  readonly sender?: Address;
  /** Gas of the whole transaction; absent where the reader did not ask for it. */
  readonly gasUsed?: number;
  /** Seconds since 1970 of the block; absent where the reader did not ask for it. */
  readonly timestampS?: number;
}

/** What happened to a task, one variant per contract event, in chain order. Meaning of each: contracts/interfaces. */
export type TaskEvent = EventPosition & { readonly taskId: TaskId } & (
    | {
        readonly name: "TaskCreated";
        readonly creator: Address;
        readonly rules: TaskRules;
        readonly access: Access;
        readonly modelRoot: Bytes32;
        readonly spec: string;
        readonly historyHead: Bytes32;
      }
    | {
        readonly name: "Enrolled";
        readonly participant: Address;
        readonly index: number;
        /** Hash of its data statement; zero for none. */
        readonly statement: Bytes32;
        /** Of what was said of it then. */
        readonly attributesHash: Bytes32;
      }
    | {
        readonly name: "Joined";
        readonly aggregator: Address;
        readonly index: number;
        readonly attributesHash: Bytes32;
      }
    | { readonly name: "Leaving"; readonly account: Address }
    | { readonly name: "Left"; readonly account: Address }
    | { readonly name: "Resumed"; readonly aggregator: Address }
    | {
        readonly name: "ShareKeySet";
        readonly participant: Address;
        /** 32 bytes of X25519 key, 64 of EIP-712 signature, as its owner gave them: not checked by the contract. */
        readonly shareKey: Hex;
      }
    | { readonly name: "Recorded"; readonly author: Address; readonly kind: number; readonly hash: Bytes32 }
    | {
        readonly name: "RoundOpened";
        readonly round: RoundNumber;
        readonly baseModelRoot: Bytes32;
        readonly enrolled: number;
        readonly drawn: number;
        /** Places that the rotation of aggregators runs over. */
        readonly aggregators: number;
        /** 0 where everybody is drawn, and the round is open. */
        readonly drawBlock: number;
        /** 0 until there is a draw. */
        readonly commitDeadlineS: number;
        /** Start value; zero until there is a draw. */
        readonly start: Bytes32;
      }
    | {
        readonly name: "RoundDrawn";
        readonly round: RoundNumber;
        readonly seed: bigint;
        readonly commitDeadlineS: number;
        readonly start: Bytes32;
      }
    | ({
        readonly name: "Advertised";
        /** The owner's, EIP-712, 65 bytes. */
        readonly signature: Hex;
      } & Advertisement)
    | ({ readonly name: "Committed" } & Commitment)
    | {
        readonly name: "RoundClosed";
        readonly round: RoundNumber;
        readonly committed: bigint;
        readonly totalWeight: bigint;
        readonly accumulator: Bytes32;
      }
    | {
        readonly name: "AggregatorAssigned";
        readonly round: RoundNumber;
        readonly attempt: number;
        readonly aggregator: Address;
        /** From 0, of `count`. */
        readonly place: number;
        readonly count: number;
        readonly deadlineS: number;
      }
    | {
        readonly name: "Proposed";
        readonly round: RoundNumber;
        readonly accumulator: Bytes32;
        readonly proposal: Proposal;
        /**
         * Masked: the self seeds of the slots that committed, then the secret keys of those that only advertised,
         * ascending, 32 bytes each. Encrypted: the content id of the sum's ciphertext. Transparent: no bytes.
         */
        readonly openings: Hex;
        readonly attestDeadlineS: number;
      }
    | {
        readonly name: "RoundAccepted";
        readonly round: RoundNumber;
        readonly modelRoot: Bytes32;
        readonly attesters: readonly Address[];
        readonly provableUntilS: number;
        readonly historyHead: Bytes32;
      }
    | {
        readonly name: "RoundInvalid";
        readonly round: RoundNumber;
        readonly reason: Reason;
        readonly historyHead: Bytes32;
      }
    | {
        readonly name: "Struck";
        readonly round: RoundNumber;
        readonly prover: Address;
        /** Whose proposal was struck. */
        readonly aggregator: Address;
        /** Whose update made it wrong; the zero address where nobody's did. */
        readonly offender: Address;
        readonly kind: ProofKind;
        /** Chunk or slot; 0 where the kind has none. */
        readonly index: number;
      }
    | {
        readonly name: "RolledBack";
        readonly firstRound: RoundNumber;
        readonly lastRound: RoundNumber;
        readonly modelRoot: Bytes32;
      }
    | {
        readonly name: "MemberExpelled";
        readonly round: RoundNumber;
        readonly account: Address;
        readonly kind: ProofKind;
        /** The bond that was taken. */
        readonly amountWei: bigint;
      }
    | {
        readonly name: "Rewarded";
        readonly prover: Address;
        readonly rewardWei: bigint;
        readonly burntWei: bigint;
      }
    | { readonly name: "BondReleased"; readonly account: Address; readonly amountWei: bigint }
  );
