import type { Address, Hex } from "../../../node/core/ids.ts";
import type { Access } from "../../../node/core/records.ts";
import type { ChainCall } from "../../../node/ports/chain.ts";
import { attributesHash, enter, hashHex, zeroWord } from "./model-hashes.ts";
import * as steps from "./model-steps.ts";
import {
  hasRole,
  isInFlight,
  type ModelCall,
  type ModelEnrolment,
  type ModelStorage,
  type ModelTask,
  pay,
  placedOf,
  placesOf,
  require,
  weiPerGwei,
} from "./model-storage.ts";

// Who takes part in a task: ITasks, but for its creation.

type CallOf<Kind extends ChainCall["kind"]> = Extract<ChainCall, { kind: Kind }>;

const mostTasks = 16;
const mostAggregators = 32;
const mostParticipants = 2 ** 18 - 1;
/** 32 bytes of key and 64 of signature. */
const shareKeyDigits = 2 * 96;

/** Takes a place as a participant. */
export function enrol(
  call: ModelCall,
  { first, statement = zeroWord, shareKey = "0x", amountWei }: CallOf<"enrol">,
): void {
  const { storage, task, sender, events } = call;
  const { taskId, rules } = task;
  require(hasRole(storage, sender, "participant"), "AccessControlUnauthorizedAccount");
  const most = rules.drawDelayBlocks === 0 ? rules.maxUpdates : mostParticipants;
  takePlace(call, "participant", most, { first, amountWei });
  require(!rules.statementRequired || statement !== zeroWord, "NoStatement");
  const isKey = shareKey.length === 2 + shareKeyDigits && rules.mode === "masked";
  require(shareKey === "0x" || isKey, "InvalidShareKey");
  const said = attributesHash(attributesOf(storage, sender));
  enter(task, [1, sender, statement, said]);
  const index = task.participants.length - 1;
  events.push({ name: "Enrolled", taskId, participant: sender, index, statement, attributesHash: said });
  if (shareKey !== "0x") announce(call, shareKey);
}

/** Takes a place as an aggregator. */
export function join(call: ModelCall, given: CallOf<"join">): void {
  const { storage, task, sender, events } = call;
  require(hasRole(storage, sender, "aggregator"), "AccessControlUnauthorizedAccount");
  takePlace(call, "aggregator", mostAggregators, given);
  task.idle.push(false);
  const said = attributesHash(attributesOf(storage, sender));
  enter(task, [2, sender, said]);
  const index = task.aggregators.length - 1;
  events.push({ name: "Joined", taskId: task.taskId, aggregator: sender, index, attributesHash: said });
}

function takePlace(
  { storage, task, sender }: ModelCall,
  role: ModelEnrolment["role"],
  most: number,
  { first, amountWei }: Pick<CallOf<"join">, "first" | "amountWei">,
): void {
  const { rules } = task;
  require(first === task.first, "WrongTask");
  require(task.accepted < rules.rounds, "TaskComplete");
  const former = task.enrolments.get(sender);
  require(placedOf(task, sender) === undefined, "AlreadyEnrolled");
  require(!former?.expelled, "Expelled");
  require(placesOf(task, { role }).length < most, "TaskFull");
  require(storage.tasks.filter((other) => isListed(other, sender)).length < mostTasks, "TooManyTasks");
  require(isEligible(storage, sender, task.access), "NotEligible");
  require(!former?.bonded || former.role === role, "StillBonded");
  const bondWei = bondOf(task, role);
  require(amountWei === (former?.bonded ? 0n : bondWei), "WrongBond");
  pay(storage, sender, amountWei);
  placesOf(task, { role }).push(sender);
  const { roundsCommitted = 0, pendingRound = 0 } = former ?? {};
  const fresh = { role, roundsCommitted, pendingRound, bonded: bondWei > 0n };
  task.enrolments.set(sender, { ...fresh, leaving: false, expelled: false, freeFromS: 0 });
}

/**
 * Whether the task counts among those that an account is in at once: who leaves is no longer in it, who was expelled
 * still is.
 */
function isListed(task: ModelTask, account: Address): boolean {
  const enrolment = placedOf(task, account);
  return enrolment !== undefined && (!enrolment.leaving || enrolment.expelled);
}

/** What a place of this role costs in the task. */
export function bondOf({ rules }: ModelTask, role: ModelEnrolment["role"]): bigint {
  const { participantBondGwei, aggregatorBondGwei } = rules;
  return BigInt(role === "participant" ? participantBondGwei : aggregatorBondGwei) * weiPerGwei;
}

/** Rounds that count against the member's budget: a masked round that ended while it was open does not. */
export function spent(task: ModelTask, { roundsCommitted, pendingRound }: ModelEnrolment): number {
  return roundsCommitted + (pendingRound !== 0 && !task.endedOpen.has(pendingRound) ? 1 : 0);
}

/** Whether the member has used up its rounds. */
export function isSpent(task: ModelTask, enrolment: ModelEnrolment): boolean {
  const { roundsPerParticipant } = task.rules;
  return roundsPerParticipant !== 0 && spent(task, enrolment) >= roundsPerParticipant;
}

/** Frees the places of those who left. */
export function freeAll(call: ModelCall): void {
  require(!isInFlight(call.task.round), "WrongPhase");
  steps.freePlaces(call);
}

/** Brings an aggregator back that missed a turn. */
export function resume({ task, sender, events }: ModelCall): void {
  const { role } = steps.presentIn(task, sender);
  const place = task.aggregators.indexOf(sender);
  require(role === "aggregator" && task.idle[place]!, "NotIdle");
  task.idle[place] = false;
  enter(task, [5, sender]);
  events.push({ name: "Resumed", taskId: task.taskId, aggregator: sender });
}

/** Gives a participant's share key anew. */
export function setShareKey(call: ModelCall, { first, shareKey }: CallOf<"setShareKey">): void {
  const { task, sender } = call;
  require(first === task.first, "WrongTask");
  const { role } = steps.presentIn(task, sender);
  require(role === "participant", "NotEnrolled");
  require(task.rules.mode === "masked" && shareKey.length === 2 + shareKeyDigits, "InvalidShareKey");
  announce(call, shareKey);
}

function announce({ task, sender, events }: ModelCall, shareKey: Hex): void {
  enter(task, [12, sender, hashHex(shareKey)]);
  events.push({ name: "ShareKeySet", taskId: task.taskId, participant: sender, shareKey });
}

/** Puts a hash on the task's record. */
export function record(call: ModelCall, { first, entryKind, hash }: CallOf<"record">): void {
  const { storage, task, sender, events } = call;
  require(first === task.first, "WrongTask");
  const isOffice = hasRole(storage, sender, "task-creator") || hasRole(storage, sender, "admin");
  if (!isOffice) steps.presentIn(task, sender);
  enter(task, [6, sender, entryKind, hash]);
  events.push({ name: "Recorded", taskId: task.taskId, author: sender, kind: entryKind, hash });
}

function attributesOf({ members }: ModelStorage, account: Address) {
  return members.find((member) => member.account === account)?.attributes;
}

function isEligible(storage: ModelStorage, account: Address, { organisations, regions, clearance }: Access): boolean {
  const held = attributesOf(storage, account);
  const { organisation, region } = held ?? { organisation: "", region: "" };
  const isIn = (list: readonly string[], one: string) => list.length === 0 || list.includes(one);
  return isIn(organisations, organisation) && isIn(regions, region) && (held?.clearance ?? 0) >= clearance;
}
