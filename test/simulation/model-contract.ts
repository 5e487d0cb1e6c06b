import { initialHistoryHead, zeroBytes32 } from "../../node/core/commitment.ts";
import type { Address } from "../../node/core/ids.ts";
import type { Access, Role } from "../../node/core/records.ts";
import type { ChainCall } from "../../node/ports/chain.ts";
import { lockBond, moveEther, reserve, settleReward } from "./model-bonds.ts";
import { challenge, report } from "./model-challenges.ts";
import { demandCall } from "./model-demands.ts";
import { challengeMasked } from "./model-masked-challenges.ts";
import * as rounds from "./model-rounds.ts";
import { emptyRound, leave, newestOf } from "./model-steps.ts";
import {
  hasRole,
  type ModelBlock,
  type ModelCall,
  type ModelEvent,
  type ModelStorage,
  type ModelTask,
  modelDeployment,
  placeOf,
  Revert,
  require,
} from "./model-storage.ts";

/** Applies a call to the storage as the contract would; gives its events, or throws {@link Revert}, leaving the storage undefined. */
export function applyCall(storage: ModelStorage, sender: Address, call: ChainCall, block: ModelBlock): ModelEvent[] {
  switch (call.kind) {
    case "register": {
      const member = storage.members.find(({ account }) => account === sender);
      require(member !== undefined && member.roles.length > 0, "NotAMember");
      const { peerId, encryptionKey, multiaddrs } = call;
      member.contact = { peerId, encryptionKey, multiaddrs };
      return [];
    }
    case "grantRole":
    case "revokeRole":
      return changeRole(storage, call.kind === "grantRole", call.role, call.account);
    case "setAttributes": {
      const member = storage.members.find(({ account }) => account === call.account);
      require(hasRole(storage, sender, "admin"), "AccessControlUnauthorizedAccount");
      if (member) member.attributes = call.attributes;
      return [];
    }
    case "createTask":
      return createTask(storage, sender, call);
    case "bond":
    case "requestUnbond":
    case "withdrawBond":
    case "withdrawCredit":
      moveEther(storage, sender, call, block.timestampS);
      return [];
    case "reserveChallenge":
      reserve(storage, call.reservation, block.timestampS);
      return [];
    case "claimReward":
    case "collectReward":
      settleReward(storage, sender, call.caseHash, block.timestampS, "salt" in call ? call.salt : undefined);
      return [];
    default: {
      const taskId = "demand" in call ? call.demand.taskId : call.taskId;
      const events: ModelEvent[] = [];
      applyTaskCall({ storage, task: taskOf(storage, taskId), sender, block, events }, call);
      return events;
    }
  }
}

function changeRole(storage: ModelStorage, grant: boolean, role: Role, account: Address): ModelEvent[] {
  let member = storage.members.find((other) => other.account === account);
  if (member === undefined) {
    member = { account, roles: [] };
    storage.members.push(member);
  }
  const had = member.roles.includes(role);
  member.roles = member.roles.filter((other) => other !== role);
  if (grant) member.roles.push(role);
  if (role === "aggregator" && grant && !had) storage.aggregators.push(account);
  if (role === "aggregator" && !grant && had) {
    // as EnumerableSet removes: the last one takes the place
    const last = storage.aggregators.pop()!;
    if (last !== account) storage.aggregators[storage.aggregators.indexOf(account)] = last;
  }
  const events: ModelEvent[] = [];
  if (!grant && had && role === "participant") {
    for (const task of storage.tasks) if (isPresent(task, account)) leave({ task, events }, account);
  }
  return events;
}

function createTask(
  storage: ModelStorage,
  sender: Address,
  call: Extract<ChainCall, { kind: "createTask" }>,
): ModelEvent[] {
  const taskId = storage.tasks.length + 1;
  const { rules, modelRoot, spec, access } = call;
  storage.tasks.push({
    taskId,
    rules,
    access,
    participants: [],
    leavers: [],
    enrolments: new Map(),
    rounds: [emptyRound(), emptyRound()],
    modelRoot,
    candidateRoot: zeroBytes32,
    historyHead: initialHistoryHead({ ...modelDeployment, taskId, rules, modelRoot, spec, access }),
  });
  const created: ModelEvent = { name: "TaskCreated", taskId, creator: sender, rules, modelRoot, spec };
  return access ? [created, { name: "AccessRestricted", taskId, access }] : [created];
}

type TaskCall = Extract<ChainCall, { taskId: number } | { demand: unknown }>;

function applyTaskCall(context: ModelCall, call: TaskCall): void {
  switch (call.kind) {
    case "enrol":
      enrol(context);
      return;
    case "leaveTask":
      require(isPresent(context.task, context.sender), "NotEnrolled");
      leave(context, context.sender);
      return;
    case "openRound":
      rounds.open(context);
      return;
    case "advertise":
      rounds.advertise(context, call);
      return;
    case "commit":
      rounds.commit(context, call);
      return;
    case "commitBatch":
      rounds.commitBatch(context, call);
      return;
    case "closeRound":
      rounds.close(context, call.round);
      return;
    case "reassign":
      rounds.reassign(context, call.round);
      return;
    case "propose":
    case "proposeOpened":
      rounds.propose(context, call);
      return;
    case "finalize":
      rounds.finalize(context, call);
      return;
    case "finalizeUnchallenged":
      rounds.finalizeUnchallenged(context, call);
      return;
    case "challengeChunk":
    case "challengeUpdate":
    case "challengeWeight":
    case "challengeExclusion":
      challenge(context, call);
      return;
    case "challengeMaskedChunk":
    case "challengeOpening":
      challengeMasked(context, call);
      return;
    case "reportUpdate":
    case "reportEquivocation":
    case "reportDoubleCommitment":
    case "reportWithheld":
      report(context, call);
      return;
    default:
      demandCall(context, call);
  }
}

function enrol(context: ModelCall): void {
  const { storage, task, sender, events } = context;
  const { taskId, rules } = task;
  require(hasRole(storage, sender, "participant"), "AccessControlUnauthorizedAccount");
  require(newestOf(task).round < rules.rounds, "TaskComplete");
  require(placeOf(task, sender) < 0, "AlreadyEnrolled");
  require(task.access === undefined || isEligible(storage, sender, task.access), "NotEligible");
  const former = task.enrolments.get(sender);
  require(!former?.expelled, "Expelled");
  const index = task.participants.length;
  task.participants.push(sender);
  const bonded = rules.participantBondGwei !== 0;
  if (bonded) lockBond(context, 0, sender, BigInt(rules.participantBondGwei) * 1_000_000_000n);
  task.enrolments.set(sender, { committed: former?.committed ?? 0, leaving: false, bonded, expelled: false });
  events.push({ name: "Enrolled", taskId, participant: sender, index });
}

/** Whether an account has what a restricted task asks for. */
function isEligible(
  { members }: ModelStorage,
  account: Address,
  { organisations, regions, clearance }: Access,
): boolean {
  const held = members.find((member) => member.account === account)?.attributes;
  const { organisation, region } = held ?? { organisation: "", region: "" };
  const isIn = (list: readonly string[], one: string) => list.length === 0 || list.includes(one);
  return isIn(organisations, organisation) && isIn(regions, region) && (held?.clearance ?? 0) >= clearance;
}

function taskOf(storage: ModelStorage, taskId: number): ModelTask {
  const task = storage.tasks[taskId - 1];
  if (task === undefined) throw new Revert("UnknownTask");
  return task;
}

/** Whether the account has a place and is not leaving. */
function isPresent(task: ModelTask, account: Address): boolean {
  return placeOf(task, account) >= 0 && !task.enrolments.get(account)!.leaving;
}
