import { extendHistory, startAccumulator, zeroBytes32 } from "../../node/core/commitment.ts";
import type { Address, Bytes32 } from "../../node/core/ids.ts";
import type { InvalidReason, Phase } from "../../node/core/records.ts";
import { lockBond, releaseBond } from "./model-bonds.ts";
import { type ModelCall, type ModelRound, type ModelTask, modelDeployment, nobody, require } from "./model-storage.ts";

// contracts/RoundSteps.sol, function by function.

const gwei = 1_000_000_000n;

/** A record before its first round. */
export function emptyRound(): ModelRound {
  return {
    round: 0,
    phase: "none",
    seed: 0n,
    enrolled: 0,
    drawn: 0,
    keyed: 0n,
    committed: 0n,
    totalWeight: 0n,
    attempt: 0,
    deadlineS: 0,
    excluding: false,
    assigned: nobody,
    pending: zeroBytes32,
    accumulator: zeroBytes32,
    keysAccumulator: zeroBytes32,
    baseModelRoot: zeroBytes32,
    withheld: 0n,
    openDemands: 0,
    barred: [],
  };
}

/** The record of the task's newest round. */
export function newestOf({ rounds: [even, odd] }: ModelTask): ModelRound {
  return even.round > odd.round ? even : odd;
}

/** The accumulator with which a round begins. */
export function startOf({ taskId }: ModelTask, { round, baseModelRoot, seed, enrolled, drawn }: ModelRound): Bytes32 {
  return startAccumulator({ ...modelDeployment, taskId, round, baseModelRoot, seed, enrolled, drawn });
}

/** Whether a round has begun and not ended. */
export function isInFlight({ phase }: ModelRound): boolean {
  return phase === "open" || phase === "aggregating" || phase === "proposed";
}

/** The record of a round that is one of the two newest, in the phase if one is given. */
export function recordOf(task: ModelTask, round: number, phase?: Phase): ModelRound {
  const record = task.rounds[round & 1]!;
  require(round !== 0 && record.round === round, "WrongRound");
  require(phase === undefined || record.phase === phase, "WrongPhase");
  return record;
}

/** Assigns the next aggregator over the same updates; with no attempt or nobody left, invalidates the round. */
export function retry(call: ModelCall, record: ModelRound, reason: InvalidReason): void {
  record.openDemands = 0;
  const attempt = record.attempt + 1;
  const aggregator = attempt < call.task.rules.attempts ? nextAggregator(call, record, attempt) : undefined;
  if (aggregator === undefined) invalidate(call, record, reason);
  else assign(call, record, attempt, aggregator);
}

/** The first in the rotation that has not lost a challenge in this round and whose free bond covers the task's. */
export function nextAggregator(call: ModelCall, record: ModelRound, attempt: number): Address | undefined {
  const { storage, task } = call;
  const { aggregators, bonds } = storage;
  const bondWei = BigInt(task.rules.aggregatorBondGwei) * gwei;
  return aggregators
    .map((_, i) => aggregators[(record.round + attempt + i) % aggregators.length]!)
    .find((account) => !record.barred.includes(account) && (bonds.get(account)?.freeWei ?? 0n) >= bondWei);
}

export function assign(call: ModelCall, record: ModelRound, attempt: number, aggregator: Address): void {
  const { task, block, events } = call;
  const { taskId, rules } = task;
  if (rules.aggregatorBondGwei !== 0) {
    record.bonded = aggregator;
    lockBond(call, record.round, aggregator, BigInt(rules.aggregatorBondGwei) * gwei);
  }
  record.phase = "aggregating";
  record.attempt = attempt;
  record.excluding = false;
  record.assigned = aggregator;
  record.deadlineS = block.timestampS + rules.aggregateWindowS;
  const { round, deadlineS } = record;
  events.push({ name: "AggregatorAssigned", taskId, round, attempt, aggregator, deadlineS });
}

export function invalidate(call: ModelCall, record: ModelRound, reason: InvalidReason): void {
  const historyHead = end(call, record, "invalidated", zeroBytes32, reason);
  call.events.push({ name: "RoundInvalidated", taskId: call.task.taskId, round: record.round, reason, historyHead });
}

/** Ends the round and extends the history. */
export function end(
  { task }: ModelCall,
  record: ModelRound,
  phase: "finalized" | "invalidated",
  proposalHash: Bytes32,
  reason: InvalidReason,
): Bytes32 {
  const { round, baseModelRoot, accumulator } = record;
  task.historyHead = extendHistory(task.historyHead, {
    round,
    phase,
    baseModelRoot,
    accumulator,
    proposalHash,
    reason,
  });
  record.phase = phase;
  return task.historyHead;
}

/** Ends the liability of the bonded aggregator, if there is one. */
export function releaseAggregator(call: ModelCall, record: ModelRound): void {
  const { aggregatorBondGwei } = call.task.rules;
  if (record.bonded === undefined || aggregatorBondGwei === 0) return;
  releaseBond(call, record.round, record.bonded, BigInt(aggregatorBondGwei) * gwei);
  record.bonded = undefined;
}

/** No more commitments from the participant; its place is freed at an opening. */
export function leave({ task, events }: Pick<ModelCall, "task" | "events">, participant: Address): void {
  task.enrolments.get(participant)!.leaving = true;
  task.leavers.push(participant);
  events.push({ name: "Leaving", taskId: task.taskId, participant });
}

/** Number of slots in a bitmap. */
export function count(bitmap: bigint): number {
  return bitmap.toString(2).replaceAll("0", "").length;
}
