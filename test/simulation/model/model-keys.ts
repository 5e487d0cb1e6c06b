import type { ChainCall } from "../../../node/ports/chain.ts";
import { isMaskKey } from "../../../node/privacy/masking/index.ts";
import { extendAnchor, zeroWord } from "./model-hashes.ts";
import { isSpent } from "./model-places.ts";
import * as steps from "./model-steps.ts";
import { count, hasSlot, type ModelCall, type ModelTask, type ModelWorld, placedOf, require } from "./model-storage.ts";

// What masked and encrypted rounds have beside transparent ones: keys, when commitments may come, and how few are too
// few.

type AdvertiseCall = Extract<ChainCall, { kind: "advertise" }>;

/** Takes the keys of those whose advertisement counts. */
export function advertise({ task, world, events }: ModelCall, { round, signed }: AdvertiseCall): void {
  const { taskId, rules } = task;
  const record = steps.newestIn(task, round, "open");
  require(rules.mode !== "transparent", "WrongMode");
  require(world.timestampS <= keyDeadlineS(task), "TooLate");
  const { keyed } = record;
  for (const { maskKey, seedHash, sharesId, shareKey, signature } of signed) {
    const keys = { maskKey, seedHash, sharesId, shareKey };
    if (!areKeys(rules.mode, keys)) continue;
    // whom and what the call says beside the signed fields is not looked at: the contract is not told
    const said = { type: "advertisement", taskId, round, start: record.start, ...keys, signature } as const;
    const participant = world.signerOf({ ...said, participant: "0x" });
    const enrolment = participant && placedOf(task, participant);
    if (!participant || !enrolment || enrolment.leaving || isSpent(task, enrolment)) continue;
    const slot = steps.slotIn(task, participant);
    if (slot === undefined || hasSlot(record.keyed, slot)) continue;
    record.keyed |= 1n << BigInt(slot);
    record.anchor = extendAnchor(record.anchor, { participant, slot, ...keys });
    events.push({ name: "Advertised", taskId, round, participant, slot, ...keys, signature });
  }
  require(record.keyed !== keyed, "NothingAdded");
}

type Keys = Pick<AdvertiseCall["signed"][number], "maskKey" | "seedHash" | "sharesId" | "shareKey">;

function areKeys(mode: ModelTask["rules"]["mode"], { maskKey, seedHash, sharesId, shareKey }: Keys): boolean {
  if ([maskKey, seedHash, sharesId].includes(zeroWord)) return false;
  return mode === "masked" ? isMaskKey(maskKey) && shareKey !== zeroWord : shareKey === zeroWord;
}

/** Last second of the time for keys. */
function keyDeadlineS({ rules, round: { deadlineS } }: ModelTask): number {
  return deadlineS - rules.commitWindowS;
}

/** Whether commitments may come, as far as keys go. */
export function isKeyTimeOver(task: ModelTask, { timestampS }: ModelWorld): boolean {
  const { keyed, drawn } = task.round;
  const isFull = keyed === (1n << BigInt(drawn)) - 1n;
  return task.rules.keyWindowS === 0 || isFull || timestampS > keyDeadlineS(task);
}

/** Whether nobody can commit any more before the deadline. */
export function isCommittingOver(task: ModelTask, world: ModelWorld): boolean {
  const { keyed, committed, drawn } = task.round;
  const { mode } = task.rules;
  if (mode !== "masked" && committed === (1n << BigInt(drawn)) - 1n) return true;
  if (mode === "transparent" || !isKeyTimeOver(task, world)) return false;
  if (mode === "encrypted") return keyed === 0n;
  return committed === keyed || count(keyed) < leastUpdates(task);
}

/** Fewest commitments with which the round goes on: in a masked one more than must open it. */
export function leastUpdates({ rules, round: { keyed, drawn } }: ModelTask): number {
  const { mode, minUpdates, thresholdPercent } = rules;
  if (mode === "encrypted" && keyed === 0n) return Number.POSITIVE_INFINITY;
  return mode === "masked" ? Math.max(minUpdates, Math.ceil(((drawn - 1) * thresholdPercent) / 100) + 1) : minUpdates;
}

/** Bytes that a proposal opens. */
export function openedBytes({ rules, round: { keyed } }: ModelTask): number {
  if (rules.mode === "transparent") return 0;
  return 32 * (rules.mode === "masked" ? count(keyed) : 1);
}
