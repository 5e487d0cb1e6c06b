import type { Address } from "../../../node/core/ids.ts";
import type { Role } from "../../../node/core/records.ts";
import type { ChainCall } from "../../../node/ports/chain.ts";
import { release, withdraw } from "./model-bonds.ts";
import { creationHead, zeroWord } from "./model-hashes.ts";
import { advertise } from "./model-keys.ts";
import * as places from "./model-places.ts";
import { prove } from "./model-proofs.ts";
import * as rounds from "./model-rounds.ts";
import { emptyRound, leave, presentIn } from "./model-steps.ts";
import {
  hasRole,
  type ModelCall,
  type ModelEvent,
  type ModelStorage,
  type ModelWorld,
  placedOf,
  Revert,
  require,
} from "./model-storage.ts";

/**
 * Applies a call to the storage as the contract would; gives its events, or throws {@link Revert}, leaving the storage
 * undefined.
 */
export function applyCall(storage: ModelStorage, sender: Address, call: ChainCall, world: ModelWorld): ModelEvent[] {
  switch (call.kind) {
    case "register": {
      const member = storage.members.find(({ account }) => account === sender);
      require(member !== undefined && member.roles.length > 0, "NotAMember");
      const { peerId, encryptionKey, multiaddrs, grant } = call;
      member.contact = { peerId, encryptionKey, multiaddrs, ...(grant && { grant }) };
      return [];
    }
    case "grantRole":
    case "revokeRole":
      return changeRole(storage, call.kind === "grantRole", call.role, call.account);
    case "setAttributes": {
      require(hasRole(storage, sender, "admin"), "AccessControlUnauthorizedAccount");
      memberOf(storage, call.account).attributes = call.attributes;
      return [];
    }
    case "createTask":
      return createTask(storage, sender, call, world);
    case "withdraw":
      withdraw(storage, sender);
      return [];
    default: {
      const task = storage.tasks[taskIdOf(call) - 1];
      if (task === undefined) throw new Revert("UnknownTask");
      const events: ModelEvent[] = [];
      applyTaskCall({ storage, task, sender, world, events }, call);
      return events;
    }
  }
}

function memberOf(storage: ModelStorage, account: Address) {
  let member = storage.members.find((other) => other.account === account);
  if (member === undefined) {
    member = { account, roles: [] };
    storage.members.push(member);
  }
  return member;
}

function changeRole(storage: ModelStorage, grant: boolean, role: Role, account: Address): ModelEvent[] {
  const member = memberOf(storage, account);
  const had = member.roles.includes(role);
  member.roles = member.roles.filter((other) => other !== role);
  if (grant) member.roles.push(role);
  const events: ModelEvent[] = [];
  if (grant || !had) return events;
  for (const task of storage.tasks) {
    const enrolment = placedOf(task, account);
    if (enrolment?.role === role && !enrolment.leaving) leave({ task, events }, account);
  }
  return events;
}

function createTask(
  storage: ModelStorage,
  creator: Address,
  call: Extract<ChainCall, { kind: "createTask" }>,
  world: ModelWorld,
): ModelEvent[] {
  require(hasRole(storage, creator, "task-creator"), "AccessControlUnauthorizedAccount");
  const taskId = storage.tasks.length + 1;
  const { rules, modelRoot, spec, access } = call;
  require(modelRoot !== zeroWord, "InvalidRoot");
  const historyHead = creationHead(world, { taskId, rules, modelRoot, spec, access });
  storage.tasks.push({
    ...{ taskId, first: historyHead, creator, rules, access, modelRoot, historyHead },
    ...{ participants: [], aggregators: [], idle: [], leavers: [], enrolments: new Map() },
    ...{ round: emptyRound(), accepted: 0, ring: new Map(), voids: [], endedOpen: new Set() },
  });
  return [{ name: "TaskCreated", taskId, creator, rules, access, modelRoot, spec, historyHead }];
}

type TaskCall = Exclude<
  ChainCall,
  { kind: "register" | "grantRole" | "revokeRole" | "setAttributes" | "createTask" | "withdraw" }
>;

function taskIdOf(call: TaskCall): number {
  return "evidence" in call ? call.evidence.inputs.taskId : call.taskId;
}

function applyTaskCall(context: ModelCall, call: TaskCall): void {
  switch (call.kind) {
    case "enrol":
      places.enrol(context, call);
      return;
    case "join":
      places.join(context, call);
      return;
    case "leave":
      require(call.first === context.task.first, "WrongTask");
      presentIn(context.task, context.sender);
      leave(context, context.sender);
      return;
    case "freePlaces":
      places.freeAll(context);
      return;
    case "resume":
      places.resume(context);
      return;
    case "setShareKey":
      places.setShareKey(context, call);
      return;
    case "record":
      places.record(context, call);
      return;
    case "openRound":
      rounds.open(context, call);
      return;
    case "drawRound":
      rounds.draw(context, call);
      return;
    case "advertise":
      advertise(context, call);
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
      rounds.propose(context, call);
      return;
    case "accept":
      rounds.accept(context, call);
      return;
    case "releaseBond":
      release(context, call.account);
      return;
    default:
      prove(context, call);
  }
}
