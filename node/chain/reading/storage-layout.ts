import { toHex, word } from "../../core/bytes/hex.ts";
import type { Address, Bytes32, RoundNumber, TaskId } from "../../core/ids.ts";
import type { StoredTask } from "../../core/record/bound-task.ts";
import type { TaskRules } from "../../core/records.ts";
import { phaseCodes } from "../../core/task/enum-codes.ts";
import { hashWords } from "../../core/words/commitment.ts";
import type { StoredPlace } from "../../ports/index.ts";

// Solidity's layout of contracts/types/TaskStorage.sol; a test holds it against the compiler's.

/** Slots of the federation's own fields. */
const contractSlots = { taskCount: 0n, tasks: 1n, credits: 3n } as const;
/** Slots of a task, from its first. */
const taskSlots = {
  modelRoot: 2n,
  historyHead: 3n,
  state: 4n,
  anchor: 5n,
  accumulator: 6n,
  pending: 7n,
  enrolments: 14n,
  ring: 15n,
} as const;
/** Fields of a word, each from its lowest bit, and so many bits of it. */
const taskCountBits = [160, 32] as const;
const stateBits = {
  phase: [0, 3],
  deadline: [15, 33],
  accepted: [110, 16],
  round: [126, 32],
  committed: [158, 64],
} as const;
const enrolmentBits = {
  place: [0, 32],
  roundsCommitted: [80, 16],
  pendingRound: [96, 32],
  freeFrom: [128, 40],
  aggregator: [168, 8],
  leaving: [176, 8],
  bonded: [184, 8],
  expelled: [192, 8],
} as const;

const at = (slot: bigint): Bytes32 => toHex(word(slot));
const keyed = (key: number | Address, slot: bigint): bigint => BigInt(hashWords(key, at(slot)));
const firstSlot = (taskId: TaskId): bigint => keyed(taskId, contractSlots.tasks);

/** Bits of a word. */
function bitsOf(value: Bytes32, [from, count]: readonly [number, number]): bigint {
  return (BigInt(value) >> BigInt(from)) & ((1n << BigInt(count)) - 1n);
}

/** The slots that {@link readTask} is given the words of, in its order. */
export function slotsOfTask(taskId: TaskId): readonly Bytes32[] {
  const { modelRoot, historyHead, state, anchor, accumulator, pending } = taskSlots;
  return [modelRoot, historyHead, state, anchor, accumulator, pending].map((slot) => at(firstSlot(taskId) + slot));
}

/** What a task's words say. The head is zero where there is no such task. */
export function readTask(words: readonly Bytes32[]): StoredTask {
  const [modelRoot, historyHead, state, anchor, accumulator, pending] = words as [
    ...[Bytes32, Bytes32, Bytes32],
    ...[Bytes32, Bytes32, Bytes32],
  ];
  return {
    modelRoot,
    historyHead,
    phase: phaseCodes.nameOf(bitsOf(state, stateBits.phase)),
    round: Number(bitsOf(state, stateBits.round)),
    accepted: Number(bitsOf(state, stateBits.accepted)),
    accumulator: bitsOf(state, stateBits.committed) === 0n ? anchor : accumulator,
    pending,
    deadlineS: Number(bitsOf(state, stateBits.deadline)),
  };
}

/** The slot of an account in a task. */
export function slotOfPlace(taskId: TaskId, account: Address): Bytes32 {
  return at(keyed(account, firstSlot(taskId) + taskSlots.enrolments));
}

/** The slot of the word at a place of a task's ring. */
export function slotOfRing(taskId: TaskId, place: number): Bytes32 {
  return at(keyed(place, firstSlot(taskId) + taskSlots.ring));
}

/**
 * What an account's word says.
 *
 * @param rules the task's, for the bond of a place
 */
export function readPlace(
  value: Bytes32,
  rules: Pick<TaskRules, "aggregatorBondGwei" | "participantBondGwei">,
): StoredPlace & {
  /** Masked tasks: a round that counts, too, unless it ended while Open; 0 for none. */
  readonly pendingRound: RoundNumber;
} {
  const number = (field: keyof typeof enrolmentBits) => Number(bitsOf(value, enrolmentBits[field]));
  const isSet = (field: keyof typeof enrolmentBits) => number(field) !== 0;
  const aggregates = isSet("aggregator");
  const bondGwei = aggregates ? rules.aggregatorBondGwei : rules.participantBondGwei;
  return {
    ...(isSet("place") ? { role: aggregates ? "aggregator" : "participant" } : {}),
    leaving: isSet("leaving"),
    expelled: isSet("expelled"),
    bondWei: isSet("bonded") ? BigInt(bondGwei) * 10n ** 9n : 0n,
    freeFromS: number("freeFrom"),
    roundsCommitted: number("roundsCommitted"),
    pendingRound: number("pendingRound"),
  };
}

/** The slot of an account's credit, whose word is its amount in wei. */
export function slotOfCredit(account: Address): Bytes32 {
  return at(keyed(account, contractSlots.credits));
}

/** The slot that the number of tasks is in. */
export const slotOfTaskCount: Bytes32 = at(contractSlots.taskCount);

/** The number of tasks in its slot's word. */
export function readTaskCount(value: Bytes32): number {
  return Number(bitsOf(value, taskCountBits));
}

/** The slot of a round in a bitmap of masked rounds that ended while Open, and its bit there. */
export function placeOfEndedOpen(taskId: TaskId, round: RoundNumber): { readonly slot: Bytes32; readonly bit: bigint } {
  const endedOpen = 17n;
  return { slot: at(keyed(round >> 8, firstSlot(taskId) + endedOpen)), bit: 1n << BigInt(round & 255) };
}
