import { abiWords, concatBytes, fromHex, toHex } from "../bytes/hex.ts";
import { keccak256 } from "../bytes/keccak.ts";
import { textWord } from "../bytes/word-text.ts";
import type { Address, Bytes32, Hex, RoundNumber, TaskId } from "../ids.ts";
import type { Access, Advertisement, Attributes, Commitment, Proposal, RoundInputs, TaskRules } from "../records.ts";
import { modeCodes, ruleCodes, taskRuleFields } from "../task/enum-codes.ts";

/** 32 zero bytes: what stands where there is no hash. */
export const zeroBytes32: Bytes32 = toHex(new Uint8Array(32));

/** The federation and chain that a hash belongs to: a record of one is worth nothing in another. */
export interface Deployment {
  readonly chainId: number | bigint;
  readonly federation: Address;
}

/** keccak256 of Solidity's `abi.encode` of static values ({@link abiWords}). */
export function hashWords(...values: readonly (bigint | number | Hex)[]): Bytes32 {
  return toHex(keccak256(abiWords(...values)));
}

/** keccak256 of the bytes that a hexadecimal string stands for. */
export function hashBytes(bytes: Hex): Bytes32 {
  return toHex(keccak256(fromHex(bytes)));
}

/**
 * What a participant commits to for an update with this chunk tree root: `keccak256(0x03 ‖ account ‖ root)`, so that a
 * copy of another's commitment verifies nowhere.
 */
export function updateRootOf(participant: Address, root: Bytes32): Bytes32 {
  return toHex(keccak256(concatBytes(Uint8Array.of(3), fromHex(participant), fromHex(root))));
}

/** What a round's start value binds. */
export interface RoundStart extends Deployment {
  readonly taskId: TaskId;
  readonly round: RoundNumber;
  /** Head of the task's history at the opening. */
  readonly historyHead: Bytes32;
  readonly baseModelRoot: Bytes32;
  /** 0 where everybody is drawn. */
  readonly seed: bigint;
  readonly enrolled: number;
  readonly drawn: number;
}

/** A round's start value, from which its anchor grows. */
export function startValue(opening: RoundStart): Bytes32 {
  const { chainId, federation, taskId, round, historyHead, baseModelRoot, seed, enrolled, drawn } = opening;
  return hashWords(BigInt(chainId), federation, taskId, round, historyHead, baseModelRoot, seed, enrolled, drawn);
}

/** The anchor after one more advertisement. */
export function extendAnchor(anchor: Bytes32, advertisement: Omit<Advertisement, "taskId" | "round">): Bytes32 {
  const { participant, slot, maskKey, seedHash, sharesId, shareKey } = advertisement;
  return hashWords(anchor, 1, participant, slot, maskKey, seedHash, sharesId, shareKey);
}

/** The accumulator, which begins with the anchor, after one more commitment. */
export function extendAccumulator(accumulator: Bytes32, commitment: Omit<Commitment, "taskId" | "round">): Bytes32 {
  const { participant, slot, weight, updateRoot, contentId } = commitment;
  return hashWords(accumulator, participant, slot, weight, updateRoot, contentId);
}

/** The anchor of a start value and all advertisements of a round, in the order of the chain. */
export function anchorOf(start: Bytes32, advertisements: readonly Advertisement[]): Bytes32 {
  return advertisements.reduce(extendAnchor, start);
}

/** The accumulator of an anchor and all commitments of a round, in the order of the chain. */
export function accumulatorOf(anchor: Bytes32, commitments: readonly Commitment[]): Bytes32 {
  return commitments.reduce(extendAccumulator, anchor);
}

/**
 * Hash of a proposal, what attesters sign: it binds all that a proof can be won by.
 *
 * @param accumulator the round's, behind the last commitment
 * @param openings of no bytes ("0x") in transparent tasks
 */
export function proposalHash(
  taskId: TaskId,
  round: RoundNumber,
  accumulator: Bytes32,
  openings: Hex,
  proposal: Proposal,
): Bytes32 {
  return proposalHashOver({ taskId, round, accumulator, openingsHash: hashBytes(openings) }, proposal);
}

/** {@link proposalHash}, of openings whose hash is known. */
export function proposalHashOver(
  inputs: Pick<RoundInputs, "taskId" | "round" | "accumulator" | "openingsHash">,
  proposal: Proposal,
): Bytes32 {
  const { attempt, aggregator, modelRoot, contentId, totalWeight, excluded } = proposal;
  const { taskId, round, accumulator, openingsHash } = inputs;
  const fields = [attempt, aggregator, modelRoot, contentId, totalWeight, excluded] as const;
  return hashWords(taskId, round, accumulator, openingsHash, ...fields);
}

/** Hash of the preimage of an accepted round's word: of its inputs, its proposal and who attested, in their order. */
export function wordHash(inputs: RoundInputs, hash: Bytes32, attesters: readonly Address[]): Bytes32 {
  const { taskId, round, drawn, committed, keyed, totalWeight, acceptedBefore } = inputs;
  const { baseModelRoot, anchor, accumulator, openingsHash } = inputs;
  const numbers = [taskId, round, drawn, committed, keyed, totalWeight, acceptedBefore];
  return hashWords(...numbers, baseModelRoot, anchor, accumulator, openingsHash, hash, hashWords(...attesters));
}

const timeBits = 40n;

/** The word of an accepted round: the high 216 bits of its hash, the second of its acceptance below them. */
export function roundWord(hash: Bytes32, acceptedAtS: number): Bytes32 {
  const high = (BigInt(hash) >> timeBits) << timeBits;
  return toHex(abiWords(high | BigInt(acceptedAtS)));
}

/** Hash of a task's rules: the fields of TaskTypes.TaskRules in order, a word each. */
export function rulesHash(rules: TaskRules): Bytes32 {
  const coded = { ...rules, mode: modeCodes.codeOf(rules.mode), rule: ruleCodes.codeOf(rules.rule) };
  return hashWords(...taskRuleFields.map((field) => Number(coded[field])));
}

/**
 * Hash of who may take part in a task: `keccak256(abi.encode(access))`. Throws INVALID_ARGUMENT for a text that fits
 * into no word.
 */
export function accessHash({ organisations, regions, clearance }: Access): Bytes32 {
  const list = (texts: readonly string[]) => [texts.length, ...texts.map(textWord)];
  // the struct's place, then in it the places of the two lists, each its length and its words
  const regionsAt = 32 * (3 + 1 + organisations.length);
  return hashWords(32, 96, regionsAt, clearance, ...list(organisations), ...list(regions));
}

/**
 * Hash of what is said of a member: `keccak256(abi.encode(attributes))`. Throws INVALID_ARGUMENT for a text that fits
 * into no word.
 */
export function attributesHash({ organisation, region, clearance }: Attributes): Bytes32 {
  return hashWords(textWord(organisation), textWord(region), clearance);
}
