import {
  extendAccumulator,
  extendHistory,
  initialHistoryHead,
  proposalHash,
  startAccumulator,
  zeroBytes32,
} from "../../node/core/commitment.ts";
import { drawnCount, slotOf } from "../../node/core/draw.ts";
import { abiWords, concatBytes, fromHex, toHex } from "../../node/core/hex.ts";
import type { Address, Bytes32 } from "../../node/core/ids.ts";
import { keccak256 } from "../../node/core/keccak.ts";
import type {
  Attestation,
  Evaluation,
  EventPosition,
  InvalidReason,
  Member,
  Phase,
  Proposal,
  Role,
  TaskEvent,
  TaskRules,
} from "../../node/core/records.ts";
import type { ChainCall } from "../../node/ports/chain.ts";

export const modelDeployment = { chainId: 31337, federation: `0x${"fe".repeat(20)}` as Address } as const;

/** A refusal, by the name of the contract's error. */
export class Revert extends Error {
  readonly error: string;
  constructor(error: string) {
    super(error);
    this.error = error;
  }
}

interface ModelTask {
  readonly taskId: number;
  readonly rules: TaskRules;
  participants: { account: Address; leaving: boolean; committed: number }[];
  leavers: Address[];
  round: number;
  phase: Phase;
  seed: bigint;
  enrolled: number;
  drawn: number;
  committed: bigint;
  totalWeight: bigint;
  attempt: number;
  deadlineS: number;
  assigned: Address;
  excluding: boolean;
  pending: Bytes32;
  accumulator: Bytes32;
  modelRoot: Bytes32;
  historyHead: Bytes32;
}

/** The contract's storage: plain data that structuredClone copies. */
export interface ModelStorage {
  members: { account: Address; roles: Role[]; contact?: Member["contact"] }[];
  tasks: ModelTask[];
}

/** What the contract sees of the block. */
export interface ModelBlock {
  readonly timestampS: number;
  readonly randomness: Uint8Array;
}

type Emitted = TaskEvent extends infer E ? (E extends TaskEvent ? Omit<E, keyof EventPosition> : never) : never;
/** An event without its place in the chain. */
export type ModelEvent = Emitted;

/** The digest an attester signs, in the model. */
export function modelDigest(taskId: number, round: number, hash: Bytes32, evaluation: Evaluation): Bytes32 {
  const { samples, metricQ24, lossQ24 } = evaluation;
  return toHex(keccak256(abiWords(taskId, round, hash, samples, metricQ24, lossQ24)));
}

/** The model's signature: the account, and a hash of account and digest. Whoever plays fair signs only as himself. */
export function modelSign(account: Address, digest: Bytes32): `0x${string}` {
  const proof = keccak256(concatBytes(fromHex(account), fromHex(digest)));
  return toHex(concatBytes(fromHex(account), proof, new Uint8Array(13)));
}

/** Who signed, or undefined. */
export function modelRecover(attestation: Attestation): Address | undefined {
  const account = attestation.signature.slice(0, 42) as Address;
  const { taskId, round, proposalHash: hash, evaluation } = attestation;
  return modelSign(account, modelDigest(taskId, round, hash, evaluation)) === attestation.signature
    ? account
    : undefined;
}

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
    historyHead: initialHistoryHead({ ...modelDeployment, taskId, rules, modelRoot, spec }),
  });
  return [{ name: "TaskCreated", taskId, creator: sender, rules, modelRoot, spec }];
}

type TaskCall = Exclude<ChainCall, { kind: "register" | "grantRole" | "revokeRole" | "createTask" }>;

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
    case "leave": {
      const events = leave(task, sender);
      if (events.length === 0) throw new Revert("NotEnrolled");
      return events;
    }
    case "openRound":
      return open(task, block);
    case "commit":
      return commit(task, sender, call, block);
    case "closeRound":
      return close(storage, task, call.round, block);
    case "reassign":
      return reassign(storage, task, call.round, block);
    case "propose":
      return propose(storage, task, sender, call, block);
    case "finalize":
      return finalize(task, call.round, call.proposal, call.attestations);
    case "finalizeUnchallenged": {
      const hash = onRecord(task, call.round, call.proposal);
      if (task.excluding) throw new Revert("InvalidExclusion");
      if (block.timestampS <= task.deadlineS) throw new Revert("TooEarly");
      return finished(task, call.proposal, hash, [], []);
    }
  }
}

function taskOf(storage: ModelStorage, taskId: number): ModelTask {
  const task = storage.tasks[taskId - 1];
  if (task === undefined) throw new Revert("UnknownTask");
  return task;
}

function hasRole(storage: ModelStorage, account: Address, role: Role): boolean {
  return storage.members.some((member) => member.account === account && member.roles.includes(role));
}

function leave(task: ModelTask, account: Address): ModelEvent[] {
  const place = task.participants.find((other) => other.account === account && !other.leaving);
  if (place === undefined) return [];
  place.leaving = true;
  task.leavers.push(account);
  return [{ name: "Leaving", taskId: task.taskId, participant: account }];
}

function open(task: ModelTask, block: ModelBlock): ModelEvent[] {
  const { taskId, rules } = task;
  if (["open", "aggregating", "proposed"].includes(task.phase)) throw new Revert("WrongPhase");
  if (task.round + 1 > rules.rounds) throw new Revert("TaskComplete");
  const events: ModelEvent[] = [];
  for (const leaver of task.leavers.splice(0).reverse()) {
    const index = task.participants.findIndex(({ account }) => account === leaver);
    events.push({ name: "Left", taskId, participant: leaver });
    const last = task.participants.pop()!;
    if (last.account === leaver) continue;
    task.participants[index] = last;
    events.push({ name: "Enrolled", taskId, participant: last.account, index });
  }
  const enrolled = task.participants.length;
  if (enrolled < rules.minUpdates) throw new Revert("TooFewParticipants");
  task.round++;
  task.phase = "open";
  task.enrolled = enrolled;
  task.drawn = drawnCount(rules, enrolled);
  task.seed = BigInt(toHex(keccak256(concatBytes(block.randomness, fromHex(task.historyHead))).slice(0, 9)));
  task.committed = 0n;
  task.totalWeight = 0n;
  task.attempt = 0;
  task.deadlineS = block.timestampS + rules.commitWindowS;
  const { round, seed, drawn, modelRoot: baseModelRoot, deadlineS: commitDeadlineS } = task;
  task.accumulator = startAccumulator({ ...modelDeployment, taskId, round, baseModelRoot, seed, enrolled, drawn });
  const { accumulator } = task;
  events.push({
    name: "RoundOpened",
    taskId,
    round,
    baseModelRoot,
    seed,
    enrolled,
    drawn,
    commitDeadlineS,
    accumulator,
  });
  return events;
}

function commit(
  task: ModelTask,
  sender: Address,
  call: Extract<ChainCall, { kind: "commit" }>,
  block: ModelBlock,
): ModelEvent[] {
  current(task, call.round, "open");
  if (block.timestampS > task.deadlineS) throw new Revert("TooLate");
  if (task.modelRoot !== call.baseModelRoot) throw new Revert("WrongBaseModel");
  const index = task.participants.findIndex(({ account, leaving }) => account === sender && !leaving);
  if (index < 0) throw new Revert("NotEnrolled");
  if (call.weight < 1 || call.weight > task.rules.maxWeight) throw new Revert("InvalidWeight");
  const slot = index < task.enrolled ? slotOf(index, task.enrolled, task.drawn, task.seed) : task.drawn;
  if (slot >= task.drawn) throw new Revert("NotDrawn");
  if ((task.committed >> BigInt(slot)) & 1n) throw new Revert("AlreadyCommitted");
  const { roundsPerParticipant } = task.rules;
  const place = task.participants[index]!;
  if (roundsPerParticipant !== 0 && place.committed >= roundsPerParticipant) throw new Revert("BudgetSpent");
  place.committed++;
  task.committed |= 1n << BigInt(slot);
  task.totalWeight += BigInt(call.weight);
  const { updateRoot, contentId, weight } = call;
  const commitment = { participant: sender, slot, weight, updateRoot, contentId };
  task.accumulator = extendAccumulator(task.accumulator, commitment);
  return [{ name: "Committed", taskId: task.taskId, round: task.round, ...commitment }];
}

function close(storage: ModelStorage, task: ModelTask, number: number, block: ModelBlock): ModelEvent[] {
  current(task, number, "open");
  const { taskId, round, committed, totalWeight, accumulator } = task;
  const all = committed === (1n << BigInt(task.drawn)) - 1n;
  if (!all && block.timestampS <= task.deadlineS) throw new Revert("TooEarly");
  if (count(committed) < task.rules.minUpdates) return invalidated(task, "too-few-updates");
  const closed: ModelEvent = { name: "RoundClosed", taskId, round, committed, totalWeight, accumulator };
  return [closed, ...assign(storage, task, 0, block)];
}

function assign(storage: ModelStorage, task: ModelTask, attempt: number, block: ModelBlock): ModelEvent[] {
  const aggregators = storage.members.filter(({ roles }) => roles.includes("aggregator"));
  if (aggregators.length === 0) throw new Revert("NoAggregator");
  task.phase = "aggregating";
  task.attempt = attempt;
  task.excluding = false;
  task.assigned = aggregators[(task.round + attempt) % aggregators.length]!.account;
  task.deadlineS = block.timestampS + task.rules.aggregateWindowS;
  const { taskId, round, assigned: aggregator, deadlineS } = task;
  return [{ name: "AggregatorAssigned", taskId, round, attempt, aggregator, deadlineS }];
}

function reassign(storage: ModelStorage, task: ModelTask, number: number, block: ModelBlock): ModelEvent[] {
  current(task, number);
  if (task.phase !== "aggregating" && !(task.phase === "proposed" && task.excluding)) throw new Revert("WrongPhase");
  if (block.timestampS <= task.deadlineS) throw new Revert("TooEarly");
  if (task.attempt + 1 < task.rules.attempts) return assign(storage, task, task.attempt + 1, block);
  return invalidated(task, task.phase === "proposed" ? "not-attested" : "no-proposal");
}

function propose(
  storage: ModelStorage,
  task: ModelTask,
  sender: Address,
  { round, proposal }: Extract<ChainCall, { kind: "propose" }>,
  block: ModelBlock,
): ModelEvent[] {
  current(task, round, "aggregating");
  if (sender !== task.assigned || proposal.aggregator !== sender || proposal.attempt !== task.attempt) {
    throw new Revert("NotAssigned");
  }
  if (!hasRole(storage, sender, "aggregator")) throw new Revert("AccessControlUnauthorizedAccount");
  if (block.timestampS > task.deadlineS) throw new Revert("TooLate");
  if (proposal.excluded === 0n) {
    if (proposal.totalWeight !== task.totalWeight) throw new Revert("WrongTotalWeight");
  } else {
    const rest = task.committed & ~proposal.excluded;
    if ((proposal.excluded & ~task.committed) !== 0n || count(rest) < task.rules.minUpdates) {
      throw new Revert("InvalidExclusion");
    }
    if (proposal.totalWeight === 0n || proposal.totalWeight >= task.totalWeight) throw new Revert("WrongTotalWeight");
  }
  task.phase = "proposed";
  task.excluding = proposal.excluded !== 0n;
  task.deadlineS = block.timestampS + task.rules.challengeWindowS;
  task.pending = proposalHash(task.taskId, round, proposal);
  return [{ name: "Proposed", taskId: task.taskId, round, proposal, challengeDeadlineS: task.deadlineS }];
}

function finalize(
  task: ModelTask,
  round: number,
  proposal: Proposal,
  attestations: readonly Attestation[],
): ModelEvent[] {
  const hash = onRecord(task, round, proposal);
  if (attestations.length < task.rules.attestationQuorum) throw new Revert("QuorumNotReached");
  let previous = "0x";
  const attesters = attestations.map((attestation) => {
    const signed = { ...attestation, taskId: task.taskId, round, proposalHash: hash };
    const attester = modelRecover(signed);
    const place = task.participants.find(({ account }) => account === attester);
    if (attester === undefined || attester <= previous || place === undefined || place.leaving) {
      throw new Revert("InvalidAttester");
    }
    previous = attester;
    return attester;
  });
  return finished(
    task,
    proposal,
    hash,
    attesters,
    attestations.map(({ evaluation }) => evaluation),
  );
}

function finished(
  task: ModelTask,
  proposal: Proposal,
  hash: Bytes32,
  attesters: readonly Address[],
  evaluations: readonly Evaluation[],
): ModelEvent[] {
  const { taskId, round } = task;
  const historyHead = ended(task, "finalized", hash, "none");
  task.modelRoot = proposal.modelRoot;
  return [{ name: "RoundFinalized", taskId, round, modelRoot: task.modelRoot, attesters, evaluations, historyHead }];
}

function invalidated(task: ModelTask, reason: InvalidReason): ModelEvent[] {
  const historyHead = ended(task, "invalidated", zeroBytes32, reason);
  return [{ name: "RoundInvalidated", taskId: task.taskId, round: task.round, reason, historyHead }];
}

function ended(task: ModelTask, phase: "finalized" | "invalidated", hash: Bytes32, reason: InvalidReason): Bytes32 {
  const { round, modelRoot: baseModelRoot, accumulator } = task;
  const end = { round, phase, baseModelRoot, accumulator, proposalHash: hash, reason };
  task.historyHead = extendHistory(task.historyHead, end);
  task.phase = phase;
  return task.historyHead;
}

function current(task: ModelTask, round: number, phase?: Phase): void {
  if (task.round !== round) throw new Revert("WrongRound");
  if (phase !== undefined && task.phase !== phase) throw new Revert("WrongPhase");
}

function onRecord(task: ModelTask, round: number, proposal: Proposal): Bytes32 {
  current(task, round, "proposed");
  const hash = proposalHash(task.taskId, round, proposal);
  if (hash !== task.pending) throw new Revert("WrongProposal");
  return hash;
}

function count(bitmap: bigint): number {
  return bitmap.toString(2).replaceAll("0", "").length;
}
