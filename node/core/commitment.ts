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
  Access,
  Advertisement,
  ChallengeKind,
  Commitment,
  Demand,
  InvalidReason,
  MisconductKind,
  Proposal,
  TaskRules,
} from "./records.ts";
import { textWord } from "./word-text.ts";

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

/** What a round's accumulator binds: an advertisement or a commitment. */
export type AccumulatorEntry =
  | Pick<Advertisement, "participant" | "slot" | "maskKey" | "seedHash" | "sharesId">
  | Pick<Commitment, "participant" | "slot" | "weight" | "updateRoot" | "contentId">;

/** The accumulator after one more advertisement, of seven words, or commitment, of six, so that neither is taken for the other (section 5). */
export function extendAccumulator(accumulator: Bytes32, entry: AccumulatorEntry): Bytes32 {
  const { participant, slot } = entry;
  if ("maskKey" in entry) {
    return hashWords(accumulator, 1, participant, slot, entry.maskKey, entry.seedHash, entry.sharesId);
  }
  return hashWords(accumulator, participant, slot, entry.weight, entry.updateRoot, entry.contentId);
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

/** Hash of who may enrol in a restricted task: `keccak256(abi.encode(access))` (section 5). Throws INVALID_ARGUMENT for a text that fits into no word. */
export function accessHash({ organisations, regions, clearance }: Access): Bytes32 {
  const list = (texts: readonly string[]) => [texts.length, ...texts.map(textWord)];
  // the struct's place, then in it the places of the two lists, each its length and its words
  const regionsAt = 32 * (3 + 1 + organisations.length);
  return hashWords(32, 96, regionsAt, clearance, ...list(organisations), ...list(regions));
}

/**
 * Head of a task's history before its first round (section 5).
 *
 * @param task.modelRoot root of the initial model
 * @param task.spec the specification's canonical JSON
 * @param task.access who may enrol, in a restricted task
 */
export function initialHistoryHead(
  task: Deployment & {
    readonly taskId: TaskId;
    readonly rules: TaskRules;
    readonly modelRoot: Bytes32;
    readonly spec: string;
    readonly access?: Access | undefined;
  },
): Bytes32 {
  const { chainId, federation, taskId, rules, modelRoot, access } = task;
  const specHash = toHex(keccak256(new TextEncoder().encode(task.spec)));
  const head = hashWords(BigInt(chainId), federation, taskId, rulesHash(rules), modelRoot, specHash);
  return access === undefined ? head : hashWords(head, accessHash(access));
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
        /** Chunk index; of a left-out update or a false opening its slot; of a withheld one the demand's index; 0 for a wrong weight. */
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
