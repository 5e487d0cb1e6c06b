import { initialHistoryHead, zeroBytes32 } from "../../node/core/commitment.ts";
import type { Address } from "../../node/core/ids.ts";
import type { Role } from "../../node/core/records.ts";
import type { ChainCall } from "../../node/ports/chain.ts";

import { challenge } from "./model-challenges.ts";
import * as rounds from "./model-rounds.ts";
import {
  hasRole,
  type ModelBlock,
  type ModelEvent,
  type ModelStorage,
  type ModelTask,
  modelDeployment,
  Revert,
} from "./model-storage.ts";

/** Applies a call to the storage as the contract would; gives its events, or throws {@link Revert}, leaving the storage undefined. */
export function applyCall(storage: ModelStorage, sender: Address, call: ChainCall, block: ModelBlock): ModelEvent[] {
  switch (call.kind) {
    case "register": {
      const member = storage.members.find(({ account }) => account === sender);
      if (member === undefined || member.roles.length === 0) throw new Revert("NotAMember");
      const { peerId, encryptionKey, multiaddrs } = call;
      member.contact = { peerId, encryptionKey, multiaddrs };
      return [];
    }
    case "grantRole":
    case "revokeRole":
      return changeRole(storage, call.kind === "grantRole", call.role, call.account);
    case "createTask":
      return createTask(storage, sender, call);
    case "bond":
    case "requestUnbond":
    case "withdrawBond":
    case "withdrawCredit":
      // No ether here: bonds do not decide who is assigned.
      return [];
    default:
      return applyTaskCall(storage, taskOf(storage, call.taskId), sender, call, block);
  }
}

function changeRole(storage: ModelStorage, grant: boolean, role: Role, account: Address): ModelEvent[] {
  let member = storage.members.find((other) => other.account === account);
  if (member === undefined) {
    member = { account, roles: [] };
    storage.members.push(member);
  }
  member.roles = member.roles.filter((other) => other !== role);
  if (grant) member.roles.push(role);
  if (grant || role !== "participant") return [];
  return storage.tasks.flatMap((task) => leave(task, account));
}

function createTask(
  storage: ModelStorage,
  sender: Address,
  call: Extract<ChainCall, { kind: "createTask" }>,
): ModelEvent[] {
  const taskId = storage.tasks.length + 1;
  const { rules, modelRoot, spec } = call;
  storage.tasks.push({
    taskId,
    rules,
    participants: [],
    leavers: [],
    round: 0,
    phase: "none",
    seed: 0n,
    enrolled: 0,
    drawn: 0,
    committed: 0n,
    totalWeight: 0n,
    attempt: 0,
    deadlineS: 0,
    assigned: `0x${"00".repeat(20)}` as Address,
    excluding: false,
    pending: zeroBytes32,
    accumulator: zeroBytes32,
    modelRoot,
    barred: [],
    historyHead: initialHistoryHead({ ...modelDeployment, taskId, rules, modelRoot, spec }),
  });
  return [{ name: "TaskCreated", taskId, creator: sender, rules, modelRoot, spec }];
}

type TaskCall = Extract<ChainCall, { taskId: number }>;

function applyTaskCall(
  storage: ModelStorage,
  task: ModelTask,
  sender: Address,
  call: TaskCall,
  block: ModelBlock,
): ModelEvent[] {
  const { taskId } = task;
  switch (call.kind) {
    case "enrol": {
      if (!hasRole(storage, sender, "participant")) throw new Revert("AccessControlUnauthorizedAccount");
      if (task.round >= task.rules.rounds) throw new Revert("TaskComplete");
      if (task.participants.some(({ account }) => account === sender)) throw new Revert("AlreadyEnrolled");
      task.participants.push({ account: sender, leaving: false, committed: 0 });
      return [{ name: "Enrolled", taskId, participant: sender, index: task.participants.length - 1 }];
    }
    case "leaveTask": {
      const events = leave(task, sender);
      if (events.length === 0) throw new Revert("NotEnrolled");
      return events;
    }
    case "openRound":
      return rounds.open(task, block);
    case "commit":
      return rounds.commit(task, sender, call, block);
    case "closeRound":
      return rounds.close(storage, task, call.round, block);
    case "reassign":
      return rounds.reassign(storage, task, call.round, block);
    case "propose":
      return rounds.propose(storage, task, sender, call, block);
    case "challengeChunk":
    case "challengeUpdate":
    case "challengeWeight":
      return challenge(storage, task, sender, call, block);
    case "finalize":
      return rounds.finalize(task, call.round, call.proposal, call.attestations);
    case "finalizeUnchallenged": {
      const hash = rounds.onRecord(task, call.round, call.proposal);
      if (task.excluding) throw new Revert("InvalidExclusion");
      if (block.timestampS <= task.deadlineS) throw new Revert("TooEarly");
      return rounds.finished(task, call.proposal, hash, [], []);
    }
  }
}

function taskOf(storage: ModelStorage, taskId: number): ModelTask {
  const task = storage.tasks[taskId - 1];
  if (task === undefined) throw new Revert("UnknownTask");
  return task;
}

function leave(task: ModelTask, account: Address): ModelEvent[] {
  const place = task.participants.find((other) => other.account === account && !other.leaving);
  if (place === undefined) return [];
  place.leaving = true;
  task.leavers.push(account);
  return [{ name: "Leaving", taskId: task.taskId, participant: account }];
}
