import { abiWords, fromHex, toHex } from "../../../node/core/bytes/hex.ts";
import { keccak256 } from "../../../node/core/bytes/keccak.ts";
import { textWord } from "../../../node/core/bytes/word-text.ts";
import type { Address, Bytes32, Hex } from "../../../node/core/ids.ts";
import type {
  Access,
  Advertisement,
  Attributes,
  Commitment,
  ProofKind,
  Proposal,
  Reason,
  RoundInputs,
  TaskRules,
} from "../../../node/core/records.ts";
import {
  modeCodes,
  proofKindCodes,
  reasonCodes,
  ruleCodes,
  taskRuleFields,
} from "../../../node/core/task/enum-codes.ts";
import type { ModelRound, ModelTask, ModelWorld } from "./model-storage.ts";

// What the contract hashes, written a second time: from contracts/interfaces, not from node/core.

export const zeroWord: Bytes32 = toHex(new Uint8Array(32));

const hashBytes = (bytes: Uint8Array): Bytes32 => toHex(keccak256(bytes));

const hashWords = (...values: readonly (bigint | number | Hex)[]): Bytes32 => hashBytes(abiWords(...values));

/** A round's start value (IRounds). */
export function startOf(
  { deployment: { chainId, federation } }: ModelWorld,
  { taskId, modelRoot }: ModelTask,
  { round, openingHead, seed, enrolled, drawn }: ModelRound,
): Bytes32 {
  return hashWords(chainId, federation, taskId, round, openingHead, modelRoot, seed, enrolled, drawn);
}

type Keys = Omit<Advertisement, "taskId" | "round">;

/** The anchor after one more advertisement. */
export function extendAnchor(anchor: Bytes32, keys: Keys): Bytes32 {
  const { participant, slot, maskKey, seedHash, sharesId, shareKey } = keys;
  return hashWords(anchor, 1, participant, slot, maskKey, seedHash, sharesId, shareKey);
}

/** The accumulator after one more commitment. */
export function extend(accumulator: Bytes32, commitment: Omit<Commitment, "taskId" | "round">): Bytes32 {
  const { participant, slot, weight, updateRoot, contentId } = commitment;
  return hashWords(accumulator, participant, slot, weight, updateRoot, contentId);
}

/** Hash of a proposal over its inputs. */
export function proposalHashOf(
  about: Pick<RoundInputs, "taskId" | "round" | "accumulator" | "openingsHash">,
  { attempt, aggregator, modelRoot, contentId, totalWeight, excluded }: Proposal,
): Bytes32 {
  const { taskId, round, accumulator, openingsHash } = about;
  const words = [attempt, aggregator, modelRoot, contentId, totalWeight, excluded] as const;
  return hashWords(taskId, round, accumulator, openingsHash, ...words);
}

/** Hash of what the word of an accepted round binds. */
export function wordHash(inputs: RoundInputs, proposalHash: Bytes32, attesters: readonly Address[]): Bytes32 {
  const { taskId, round, drawn, committed, keyed, totalWeight, acceptedBefore } = inputs;
  const { baseModelRoot, anchor, accumulator, openingsHash } = inputs;
  const numbers = [taskId, round, drawn, committed, keyed, totalWeight, acceptedBefore] as const;
  const roots = [baseModelRoot, anchor, accumulator, openingsHash] as const;
  return hashWords(...numbers, ...roots, proposalHash, hashWords(...attesters));
}

/** keccak256(abi.encode(attributes)) of what is said of an account. */
export function attributesHash(attributes: Attributes | undefined): Bytes32 {
  const { organisation, region, clearance } = attributes ?? { organisation: "", region: "", clearance: 0 };
  return hashWords(textWord(organisation), textWord(region), clearance);
}

/** The history head of a task at its creation (ITasks). */
export function creationHead(
  { deployment: { chainId, federation } }: ModelWorld,
  task: Pick<ModelTask, "taskId" | "modelRoot"> & { rules: TaskRules; access: Access; spec: string },
): Bytes32 {
  const { taskId, rules, access, modelRoot } = task;
  const coded = { ...rules, mode: modeCodes.codeOf(rules.mode), rule: ruleCodes.codeOf(rules.rule) };
  const rulesHash = hashWords(...taskRuleFields.map((field) => Number(coded[field])));
  const spec = hashBytes(new TextEncoder().encode(task.spec));
  return hashWords(chainId, federation, taskId, rulesHash, modelRoot, spec, accessHash(access));
}

function accessHash({ organisations, regions, clearance }: Access): Bytes32 {
  const list = (texts: readonly string[]) => [texts.length, ...texts.map(textWord)];
  const regionsAt = 32 * (3 + 1 + organisations.length);
  return hashWords(32, 96, regionsAt, clearance, ...list(organisations), ...list(regions));
}

/** One entry of a task's history. */
export type ModelEntry =
  | readonly [number: 1, account: Address, statement: Bytes32, attributesHash: Bytes32]
  | readonly [number: 2, account: Address, attributesHash: Bytes32]
  | readonly [number: 3, account: Address]
  | readonly [number: 4, places: number]
  | readonly [number: 5, account: Address]
  | readonly [number: 6, account: Address, kind: number, hash: Bytes32]
  | readonly [number: 7, round: number, wordHash: Bytes32]
  | readonly [number: 8, round: number, reason: Reason, anchor: Bytes32, accumulator: Bytes32, standing: Bytes32]
  | readonly [number: 9, round: number, attempt: number, aggregator: Address, reason: Reason, standing: Bytes32]
  | readonly [
      number: 10,
      round: number,
      kind: ProofKind,
      index: number,
      prover: Address,
      firstVoid: number,
      lastVoid: number,
      proposalHash: Bytes32,
      offender: Address,
    ]
  | readonly [number: 11, round: number, account: Address, kind: ProofKind, prover: Address]
  | readonly [number: 12, account: Address, shareKeyHash: Bytes32];

const isReason = (field: string): field is Reason => (reasonCodes.names as readonly string[]).includes(field);
const isKind = (field: string): field is ProofKind => (proofKindCodes.names as readonly string[]).includes(field);

/** Extends the task's history head by an entry. */
export function enter(task: ModelTask, entry: ModelEntry): void {
  const words = entry.map((field) => {
    if (typeof field !== "string") return field;
    if (isReason(field)) return reasonCodes.codeOf(field);
    return isKind(field) ? proofKindCodes.codeOf(field) : field;
  });
  task.historyHead = hashWords(task.historyHead, ...words);
}

/** keccak256 of bytes in hexadecimal. */
export function hashHex(hex: Hex): Bytes32 {
  return hashBytes(fromHex(hex));
}
