import {
  extendAccumulator,
  extendHistory,
  proposalHash,
  startAccumulator,
  zeroBytes32,
} from "../../node/core/commitment.ts";
import { drawnCount, slotOf } from "../../node/core/draw.ts";
import { concatBytes, fromHex, toHex } from "../../node/core/hex.ts";
import type { Address, Bytes32 } from "../../node/core/ids.ts";
import { keccak256 } from "../../node/core/keccak.ts";
import type { Attestation, Evaluation, InvalidReason, Phase, Proposal } from "../../node/core/records.ts";
import type { ChainCall } from "../../node/ports/chain.ts";

import { modelRecover } from "./model-signature.ts";
import {
  hasRole,
  type ModelBlock,
  type ModelEvent,
  type ModelStorage,
  type ModelTask,
  modelDeployment,
  Revert,
} from "./model-storage.ts";

// The round machine of contracts/Rounds.sol, function by function.

export function open(task: ModelTask, block: ModelBlock): ModelEvent[] {
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
  task.barred = [];
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

export function commit(
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

export function close(storage: ModelStorage, task: ModelTask, number: number, block: ModelBlock): ModelEvent[] {
  current(task, number, "open");
  const { taskId, round, committed, totalWeight, accumulator } = task;
  const all = committed === (1n << BigInt(task.drawn)) - 1n;
  if (!all && block.timestampS <= task.deadlineS) throw new Revert("TooEarly");
  if (count(committed) < task.rules.minUpdates) return invalidated(task, "too-few-updates");
  const closed: ModelEvent = { name: "RoundClosed", taskId, round, committed, totalWeight, accumulator };
  return [closed, ...assign(storage, task, 0, block)];
}

function assign(storage: ModelStorage, task: ModelTask, attempt: number, block: ModelBlock): ModelEvent[] {
  const aggregators = assignable(storage, task);
  if (aggregators.length === 0) throw new Revert("NoAggregator");
  task.phase = "aggregating";
  task.attempt = attempt;
  task.excluding = false;
  task.assigned = aggregators[(task.round + attempt) % aggregators.length]!.account;
  task.deadlineS = block.timestampS + task.rules.aggregateWindowS;
  const { taskId, round, assigned: aggregator, deadlineS } = task;
  return [{ name: "AggregatorAssigned", taskId, round, attempt, aggregator, deadlineS }];
}

export function reassign(storage: ModelStorage, task: ModelTask, number: number, block: ModelBlock): ModelEvent[] {
  current(task, number);
  if (task.phase !== "aggregating" && !(task.phase === "proposed" && task.excluding)) throw new Revert("WrongPhase");
  if (block.timestampS <= task.deadlineS) throw new Revert("TooEarly");
  return next(storage, task, block, task.phase === "proposed" ? "not-attested" : "no-proposal");
}

/** Assigns the next aggregator, or invalidates the round for this reason when the attempts are used up or nobody else is left. */
export function next(storage: ModelStorage, task: ModelTask, block: ModelBlock, reason: InvalidReason): ModelEvent[] {
  const isLeft = task.attempt + 1 < task.rules.attempts && assignable(storage, task).length > 0;
  return isLeft ? assign(storage, task, task.attempt + 1, block) : invalidated(task, reason);
}

function assignable(storage: ModelStorage, { barred }: ModelTask) {
  return storage.members.filter(({ account, roles }) => roles.includes("aggregator") && !barred.includes(account));
}

export function propose(
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

export function finalize(
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

export function finished(
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

export function onRecord(task: ModelTask, round: number, proposal: Proposal): Bytes32 {
  current(task, round, "proposed");
  const hash = proposalHash(task.taskId, round, proposal);
  if (hash !== task.pending) throw new Revert("WrongProposal");
  return hash;
}

function count(bitmap: bigint): number {
  return bitmap.toString(2).replaceAll("0", "").length;
}
