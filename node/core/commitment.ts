import {
  challengeKindCodes,
  demandKindCodes,
  misconductKindCodes,
  modeCodes,
  phaseCodes,
  reasonCodes,
  ruleCodes,
  taskRuleFields,
} from "./enum-codes.ts";
import { abiWords, concatBytes, fromHex, toHex } from "./hex.ts";
import type { Address, Bytes32, Hex, RoundNumber, TaskId } from "./ids.ts";
import { keccak256 } from "./keccak.ts";
import type {
  ChallengeKind,
  Commitment,
  Demand,
  InvalidReason,
  MisconductKind,
  Proposal,
  TaskRules,
} from "./records.ts";

/** 32 zero bytes: what stands where there is no hash. */
export const zeroBytes32: Bytes32 = toHex(new Uint8Array(32));

/** The federation and chain that a hash belongs to: a record of one is worth nothing in another. */
export interface Deployment {
  readonly chainId: number | bigint;
  readonly federation: Address;
}

const hashWords = (...values: readonly (bigint | number | Hex)[]): Bytes32 => toHex(keccak256(abiWords(...values)));

/**
 * What a participant commits to for an update with this chunk tree root: `keccak256(0x03 ‖ account ‖ root)`, so that a copy of
 * another's commitment verifies nowhere (docs/protocol.md section 5).
 */
export function updateRootOf(participant: Address, root: Bytes32): Bytes32 {
  return toHex(keccak256(concatBytes(Uint8Array.of(3), fromHex(participant), fromHex(root))));
}

/** Start of a round's commitment accumulator (docs/protocol.md section 5). */
export function startAccumulator(
  opening: Deployment & {
    readonly taskId: TaskId;
    readonly round: RoundNumber;
    readonly baseModelRoot: Bytes32;
    readonly seed: bigint;
    readonly enrolled: number;
    readonly drawn: number;
  },
): Bytes32 {
  const { chainId, federation, taskId, round, baseModelRoot, seed, enrolled, drawn } = opening;
  return hashWords(BigInt(chainId), federation, taskId, round, baseModelRoot, seed, enrolled, drawn);
}

/** The accumulator after one more commitment (section 5). */
export function extendAccumulator(
  accumulator: Bytes32,
  commitment: Pick<Commitment, "participant" | "slot" | "weight" | "updateRoot" | "contentId">,
): Bytes32 {
  const { participant, slot, weight, updateRoot, contentId } = commitment;
  return hashWords(accumulator, participant, slot, weight, updateRoot, contentId);
}

/** Hash of a proposal, what attesters sign (section 5). */
export function proposalHash(taskId: TaskId, round: RoundNumber, proposal: Proposal): Bytes32 {
  const { attempt, aggregator, modelRoot, contentId, totalWeight, excluded } = proposal;
  return hashWords(taskId, round, attempt, aggregator, modelRoot, contentId, totalWeight, excluded);
}

/** Hash of a task's rules: the fields of TaskTypes.TaskRules in order, a word each (section 5). */
export function rulesHash(rules: TaskRules): Bytes32 {
  const coded = { ...rules, mode: modeCodes.codeOf(rules.mode), rule: ruleCodes.codeOf(rules.rule) };
  return hashWords(...taskRuleFields.map((field) => Number(coded[field])));
}

/**
 * Head of a task's history before its first round (section 5).
 *
 * @param task.modelRoot root of the initial model
 * @param task.spec the specification's canonical JSON
 */
export function initialHistoryHead(
  task: Deployment & {
    readonly taskId: TaskId;
    readonly rules: TaskRules;
    readonly modelRoot: Bytes32;
    readonly spec: string;
  },
): Bytes32 {
  const { chainId, federation, taskId, rules, modelRoot } = task;
  const specHash = toHex(keccak256(new TextEncoder().encode(task.spec)));
  return hashWords(BigInt(chainId), federation, taskId, rulesHash(rules), modelRoot, specHash);
}

/** What a demand is known by on the chain: the hash of its fields, a word each (section 10). */
export function demandId(demand: Demand): Bytes32 {
  const { taskId, round, kind, place, index, root } = demand;
  return hashWords(taskId, round, demand.proposalHash, demandKindCodes.codeOf(kind), place, index, root);
}

/** What a won challenge or report proves, by which its reward is known (section 11). */
export function caseHash(
  proven: { readonly taskId: TaskId; readonly round: RoundNumber } & (
    | {
        /** Of the struck proposal. */
        readonly proposalHash: Bytes32;
        readonly challenge: ChallengeKind;
        /** Chunk index; of a left-out update its slot; of a withheld one the demand's index; 0 for a wrong weight. */
        readonly index: number;
      }
    | { readonly participant: Address; readonly misconduct: MisconductKind }
  ),
): Bytes32 {
  const { taskId, round } = proven;
  return "challenge" in proven
    ? hashWords(taskId, round, proven.proposalHash, challengeKindCodes.codeOf(proven.challenge), proven.index)
    : hashWords(taskId, round, proven.participant, 128 + misconductKindCodes.codeOf(proven.misconduct), 0);
}

/** What an account sends ahead of a challenge, so that nobody who copies it is paid; `salt` is to be random, and secret until the challenge. */
export function challengeReservation(account: Address, salt: Bytes32, of: Bytes32): Bytes32 {
  return hashWords(account, salt, of);
}

/** How a round ended, as the history chain holds it. */
export interface RoundEnd {
  readonly round: RoundNumber;
  readonly phase: "finalized" | "invalidated";
  /** Root of the model the round started from. */
  readonly baseModelRoot: Bytes32;
  /** The accumulator after the last commitment. */
  readonly accumulator: Bytes32;
  /** Hash of the final proposal; zero in an invalidated round whatever was proposed. */
  readonly proposalHash: Bytes32;
  readonly reason: InvalidReason;
}

/** Head of the history after one more round (section 5). */
export function extendHistory(head: Bytes32, end: RoundEnd): Bytes32 {
  return hashWords(
    head,
    end.round,
    phaseCodes.codeOf(end.phase),
    end.baseModelRoot,
    end.accumulator,
    end.proposalHash,
    reasonCodes.codeOf(end.reason),
  );
}
