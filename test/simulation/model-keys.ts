import { extendAccumulator, zeroBytes32 } from "../../node/core/commitment.ts";
import type { ChainCall } from "../../node/ports/chain.ts";
import { isMaskKey } from "../../node/privacy/masking/index.ts";
import * as steps from "./model-steps.ts";
import { type ModelBlock, type ModelCall, type ModelRound, type ModelTask, require } from "./model-storage.ts";

// What masked and encrypted rounds have beside transparent ones: keys, when commitments may come, and how few are too few.

type CallOf<Kind extends ChainCall["kind"]> = Extract<ChainCall, { kind: Kind }>;

/** Refuses keys that are none, or come at another time or for another opening. */
export function checkKeys({ task, block }: ModelCall, given: CallOf<"advertise">, record: ModelRound): void {
  require(task.rules.mode !== "transparent", "WrongMode");
  require(block.timestampS <= keyDeadlineS(task, record), "TooLate");
  require(given.seed === record.seed, "WrongSeed");
  require(![given.maskKey, given.seedHash, given.sharesId].includes(zeroBytes32), "InvalidRoot");
  require(task.rules.mode !== "masked" || isMaskKey(given.maskKey), "InvalidMaskKey");
}

/** Takes the sender's keys for a round. `slot`: its place in the draw. */
export function advertise(call: ModelCall, { round, ...given }: CallOf<"advertise">, record: ModelRound, slot: number) {
  const { task, sender, events } = call;
  const { seedHash, sharesId, maskKey } = given;
  require(((record.keyed >> BigInt(slot)) & 1n) === 0n, "AlreadyAdvertised");
  record.keyed |= 1n << BigInt(slot);
  const advertisement = { participant: sender, slot, maskKey, seedHash, sharesId };
  record.accumulator = extendAccumulator(record.accumulator, advertisement);
  events.push({ name: "Advertised", taskId: task.taskId, round, ...advertisement });
}

/** Last second of the time for keys. */
export function keyDeadlineS({ rules }: ModelTask, { deadlineS }: ModelRound): number {
  return deadlineS - rules.commitWindowS;
}

/** Whether commitments may come, as far as keys go. */
export function isKeyTimeOver(task: ModelTask, record: ModelRound, { timestampS }: ModelBlock): boolean {
  const isFull = record.keyed === (1n << BigInt(record.drawn)) - 1n;
  return task.rules.keyWindowS === 0 || isFull || timestampS > keyDeadlineS(task, record);
}

/** Whether nobody can commit any more before the deadline. */
export function isCommittingOver(task: ModelTask, record: ModelRound, block: ModelBlock): boolean {
  const { keyed, committed, drawn } = record;
  const { mode } = task.rules;
  if (mode !== "masked" && committed === (1n << BigInt(drawn)) - 1n) return true;
  if (mode === "transparent" || !isKeyTimeOver(task, record, block)) return false;
  if (mode === "encrypted") return keyed === 0n;
  return committed === keyed || steps.count(keyed) < leastUpdates(task, record);
}

/** Fewest commitments with which the round goes on. */
export function leastUpdates({ rules }: ModelTask, { keyed }: ModelRound): number {
  const { mode, minUpdates, thresholdPercent } = rules;
  if (mode === "encrypted" && keyed === 0n) return Number.POSITIVE_INFINITY;
  return mode === "masked"
    ? Math.max(minUpdates, Math.ceil((steps.count(keyed) * thresholdPercent) / 100))
    : minUpdates;
}

/** Words of 32 bytes that a proposal opens. */
export function openedCount({ rules }: ModelTask, { keyed }: ModelRound): number {
  return rules.mode === "masked" ? steps.count(keyed) : 1;
}
