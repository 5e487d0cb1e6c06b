import { toHex } from "../bytes/hex.ts";
import { keccak256 } from "../bytes/keccak.ts";
import type { Address, Bytes32, Hex, RoundNumber, TaskId } from "../ids.ts";
import type { Access, ProofKind, Reason, TaskRules } from "../records.ts";
import { proofKindCodes, reasonCodes } from "../task/enum-codes.ts";
import { accessHash, type Deployment, hashWords, rulesHash } from "../words/commitment.ts";

/** One entry of a task's history, by which its head grows. Numbers and fields: contracts/interfaces/ITasks.sol. */
export type HistoryEntry =
  | {
      readonly kind: "enrolled";
      readonly account: Address;
      readonly statement: Bytes32;
      readonly attributesHash: Bytes32;
    }
  | { readonly kind: "joined"; readonly account: Address; readonly attributesHash: Bytes32 }
  | { readonly kind: "leaving"; readonly account: Address }
  | { readonly kind: "freed"; readonly places: number }
  | { readonly kind: "resumed"; readonly account: Address }
  | { readonly kind: "recorded"; readonly account: Address; readonly entryKind: number; readonly hash: Bytes32 }
  | {
      readonly kind: "accepted";
      readonly round: RoundNumber;
      /** Of the word's preimage. */
      readonly wordHash: Bytes32;
    }
  | {
      readonly kind: "invalid";
      readonly round: RoundNumber;
      readonly reason: Reason;
      /** Zero while there was no draw. */
      readonly anchor: Bytes32;
      /** The anchor where nobody committed. */
      readonly accumulator: Bytes32;
      /** Hash of the proposal that stood; zero where none did. */
      readonly standing: Bytes32;
    }
  | {
      readonly kind: "reassigned";
      readonly round: RoundNumber;
      readonly attempt: number;
      readonly aggregator: Address;
      readonly reason: Reason;
      /** Hash of the proposal that stood; zero where none did. */
      readonly standing: Bytes32;
    }
  | {
      readonly kind: "struck";
      readonly round: RoundNumber;
      readonly proof: ProofKind;
      readonly index: number;
      readonly prover: Address;
      /** 0 where nothing became void. */
      readonly firstVoid: RoundNumber;
      readonly lastVoid: RoundNumber;
      /** Of the struck proposal. */
      readonly proposalHash: Bytes32;
      /** Whose update made it wrong; the zero address where nobody's did. */
      readonly offender: Address;
    }
  | {
      readonly kind: "expelled";
      readonly round: RoundNumber;
      readonly account: Address;
      readonly proof: ProofKind;
      readonly prover: Address;
    }
  | { readonly kind: "share-key"; readonly account: Address; readonly shareKeyHash: Bytes32 };

/** Head of a task's history behind its creation. Throws INVALID_ARGUMENT for an access text that fits into no word. */
export function initialHistoryHead(
  task: Deployment & {
    readonly taskId: TaskId;
    readonly rules: TaskRules;
    readonly access: Access;
    /** Root of the initial model. */
    readonly modelRoot: Bytes32;
    /** The specification's canonical JSON. */
    readonly spec: string;
  },
): Bytes32 {
  const { chainId, federation, taskId, rules, modelRoot, access } = task;
  const specHash = toHex(keccak256(new TextEncoder().encode(task.spec)));
  return hashWords(BigInt(chainId), federation, taskId, rulesHash(rules), modelRoot, specHash, accessHash(access));
}

/** Head of the history behind one more entry. */
export function extendHistory(head: Bytes32, entry: HistoryEntry): Bytes32 {
  return hashWords(head, ...fieldsOf(entry));
}

/** The number of an entry, and its fields. */
function fieldsOf(entry: HistoryEntry): readonly (number | Hex)[] {
  switch (entry.kind) {
    case "enrolled":
      return [1, entry.account, entry.statement, entry.attributesHash];
    case "joined":
      return [2, entry.account, entry.attributesHash];
    case "leaving":
      return [3, entry.account];
    case "freed":
      return [4, entry.places];
    case "resumed":
      return [5, entry.account];
    case "recorded":
      return [6, entry.account, entry.entryKind, entry.hash];
    case "accepted":
      return [7, entry.round, entry.wordHash];
    case "invalid":
      return [8, entry.round, reasonCodes.codeOf(entry.reason), entry.anchor, entry.accumulator, entry.standing];
    case "reassigned":
      return [9, entry.round, entry.attempt, entry.aggregator, reasonCodes.codeOf(entry.reason), entry.standing];
    case "struck": {
      const { round, proof, index, prover, firstVoid, lastVoid, proposalHash, offender } = entry;
      return [10, round, proofKindCodes.codeOf(proof), index, prover, firstVoid, lastVoid, proposalHash, offender];
    }
    case "expelled":
      return [11, entry.round, entry.account, proofKindCodes.codeOf(entry.proof), entry.prover];
    case "share-key":
      return [12, entry.account, entry.shareKeyHash];
  }
}
