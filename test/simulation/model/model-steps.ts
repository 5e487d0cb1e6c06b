import type { Address, Bytes32 } from "../../../node/core/ids.ts";
import type { Phase, Reason } from "../../../node/core/records.ts";
import { slotOf } from "../../../node/core/words/draw.ts";
import { enter, zeroWord } from "./model-hashes.ts";
import {
  count,
  hasSlot,
  isInFlight,
  type ModelCall,
  type ModelEnrolment,
  type ModelRound,
  type ModelTask,
  nobody,
  placedOf,
  placesOf,
  require,
} from "./model-storage.ts";

// Steps that several calls share: how rounds end, who aggregates, how places are left and freed.

/** What an account has in a task; throws where it never had anything, which the caller has excluded. */
export type Leaver = Pick<ModelCall, "task" | "events">;

/** The state before the first round. */
export function emptyRound(): ModelRound {
  return {
    round: 0,
    phase: "none",
    seed: 0n,
    enrolled: 0,
    drawn: 0,
    aggregators: 0,
    drawBlock: 0,
    keyed: 0n,
    committed: 0n,
    expelled: 0n,
    totalWeight: 0n,
    attempt: 0,
    deadlineS: 0,
    assigned: nobody,
    pending: zeroWord,
    openingsHash: zeroWord,
    openingHead: zeroWord,
    start: zeroWord,
    anchor: zeroWord,
    accumulator: zeroWord,
  };
}

/** The task's newest round, which the call must name, in the phase if one is given. */
export function newestIn({ round: record }: ModelTask, round: number, phase?: Phase): ModelRound {
  require(record.round === round, "WrongRound");
  require(phase === undefined || record.phase === phase, "WrongPhase");
  return record;
}

/** A participant's slot in the newest round; undefined for one that is not drawn. */
export function slotIn(task: ModelTask, participant: Address): number | undefined {
  const { enrolled, drawn, seed } = task.round;
  const place = task.participants.indexOf(participant);
  if (place < 0 || place >= enrolled) return undefined;
  const slot = slotOf(place, enrolled, drawn, seed);
  return slot < drawn ? slot : undefined;
}

/** K: slots that committed, less those expelled since. */
export function unexpelled({ committed, expelled }: ModelRound): number {
  return count(committed & ~expelled);
}

/** The accumulator behind the last commitment; the anchor before the first. */
export function accumulatorOf({ committed, accumulator, anchor }: ModelRound): Bytes32 {
  return committed === 0n ? anchor : accumulator;
}

/** The hash of the proposal that stands; zero where none does. */
function standingOf({ phase, pending }: ModelRound): Bytes32 {
  return phase === "proposed" ? pending : zeroWord;
}

/**
 * Who aggregates in an attempt: the first in the rotation that is there and missed no turn, else the first that is
 * there.
 */
export function nextAggregator(task: ModelTask, attempt: number): number | undefined {
  const { round, aggregators: places } = task.round;
  const order = Array.from({ length: places }, (_, i) => (round + attempt + i) % places);
  const there = order.filter((place) => {
    const { leaving, expelled } = task.enrolments.get(task.aggregators[place]!)!;
    return !leaving && !expelled;
  });
  return there.find((place) => !task.idle[place]) ?? there[0];
}

/**
 * Assigns whose turn it is; the round is invalid where nobody can be. Beyond the closing (attempt 0) the history says
 * why.
 */
export function assign(call: ModelCall, attempt: number, reason: Reason): void {
  const { task, world, events } = call;
  const { round: record, rules, taskId } = task;
  const { round, aggregators: places } = record;
  const place = nextAggregator(task, attempt);
  if (place === undefined) {
    invalidate(call, "no-aggregator");
    return;
  }
  const aggregator = task.aggregators[place]!;
  const standing = standingOf(record);
  record.phase = "aggregating";
  record.attempt = attempt;
  record.assigned = aggregator;
  record.deadlineS = world.timestampS + rules.aggregateWindowS;
  if (attempt > 0) enter(task, [9, round, attempt, aggregator, reason, standing]);
  const { deadlineS } = record;
  events.push({ name: "AggregatorAssigned", taskId, round, attempt, aggregator, place, count: places, deadlineS });
}

/** Goes to the next attempt over the same updates, or ends the round. */
export function retry(call: ModelCall, reason: Reason): void {
  const { round: record, rules } = call.task;
  if (unexpelled(record) < rules.minUpdates) invalidate(call, "too-few-updates");
  else if (record.attempt + 1 >= rules.attempts) invalidate(call, reason);
  else assign(call, record.attempt + 1, reason);
}

/** Ends the round in flight without a model. */
export function invalidate({ task, events }: ModelCall, reason: Reason): void {
  const { round: record, taskId, rules } = task;
  if (rules.mode === "masked" && record.phase === "open") task.endedOpen.add(record.round);
  const standing = standingOf(record);
  record.phase = "invalid";
  enter(task, [8, record.round, reason, record.anchor, accumulatorOf(record), standing]);
  events.push({ name: "RoundInvalid", taskId, round: record.round, reason, historyHead: task.historyHead });
}

/** Marks a member as leaving: its place is freed between rounds. */
export function leave({ task, events }: Leaver, account: Address): void {
  listLeaver(task, account);
  enter(task, [3, account]);
  events.push({ name: "Leaving", taskId: task.taskId, account });
}

/** Notes that a place, whose account is not leaving yet, is to be freed. */
export function listLeaver(task: ModelTask, account: Address): void {
  const enrolment = task.enrolments.get(account)!;
  enrolment.leaving = true;
  task.leavers.push({ role: enrolment.role, place: placesOf(task, enrolment).indexOf(account) });
}

/**
 * Frees places in at most 32 steps, from the last leaver on: the last of the list moves into a freed place, or is freed
 * first where it leaves itself.
 */
export function freePlaces({ task, events, world }: Pick<ModelCall, "task" | "events" | "world">): void {
  let freed = 0;
  for (let step = 0; step < 32 && task.leavers.length > 0; step++) {
    const { role, place } = task.leavers.at(-1)!;
    const places = placesOf(task, { role });
    const isLeaving = (at: number) => task.enrolments.get(places[at]!)!.leaving;
    if (place >= places.length || !isLeaving(place)) {
      task.leavers.pop();
      continue;
    }
    const last = places.length - 1;
    let account = places.pop()!;
    const idle = role === "aggregator" && task.idle.pop()!;
    if (!task.enrolments.get(account)!.leaving) {
      [places[place], account] = [account, places[place]!];
      if (role === "aggregator" && place < last) task.idle[place] = idle;
      task.leavers.pop();
    }
    const enrolment = task.enrolments.get(account)!;
    enrolment.leaving = false;
    if (enrolment.bonded) enrolment.freeFromS = world.timestampS + task.rules.challengeWindowS + 1;
    events.push({ name: "Left", taskId: task.taskId, account });
    freed++;
  }
  if (freed > 0) enter(task, [4, freed]);
}

/** A member that is there and not leaving. */
export function presentIn(task: ModelTask, account: Address): ModelEnrolment {
  const enrolment = placedOf(task, account);
  require(enrolment !== undefined && !enrolment.leaving, "NotEnrolled");
  return enrolment;
}

/** Marks the slot of an expelled participant that committed in the round in flight. */
export function markExpelled(task: ModelTask, account: Address): void {
  const { round: record } = task;
  const slot = isInFlight(record) ? slotIn(task, account) : undefined;
  if (slot !== undefined && hasSlot(record.committed, slot)) record.expelled |= 1n << BigInt(slot);
}
