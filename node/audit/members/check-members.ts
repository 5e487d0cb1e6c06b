import { hexEquals } from "../../core/bytes/hex.ts";
import type { Address } from "../../core/ids.ts";
import { modeOf } from "../../core/modes/mode-of.ts";
import { freeingOf, freePlace } from "../../core/record/freed-places.ts";
import type { TaskEvent } from "../../core/record/task-events.ts";
import { hashBytes, zeroBytes32 } from "../../core/words/commitment.ts";
import { extendHeads } from "../record/audit-head.ts";
import { type EventOf, inFlight, logOf, type MemberState, type Place, type Walk } from "../record/task-record.ts";
import type { FindingCode } from "../replay/findings.ts";
import { takePlaceBond } from "./check-bonds.ts";

const mostAggregators = 32;
const mostParticipants = 2 ** 18 - 1;
const shareKeyBytes = 96;

/**
 * A new place: the next one, of an account that is in the task neither way and was not expelled; a participant states
 * its data where it must.
 */
export function checkPlaced(walk: Walk, event: EventOf<"Enrolled" | "Joined">): void {
  const isParticipant = event.name === "Enrolled";
  const account = isParticipant ? event.participant : event.aggregator;
  const places = isParticipant ? walk.participants : walk.aggregators;
  const { rules } = walk;
  const most = !isParticipant ? mostAggregators : rules.drawDelayBlocks === 0 ? rules.maxUpdates : mostParticipants;
  if (placeOf(walk, account)) wrong(walk, account, "took a place in a task that it is in already");
  if (walk.states.get(account.toLowerCase())?.expelled) {
    wrong(walk, account, "came back to a task that it was expelled from");
  }
  if (event.index !== places.length || places.length >= most) {
    wrong(walk, account, `took place ${event.index}; the next one was ${places.length} of ${most}`);
  }
  if (walk.accepted >= rules.rounds) wrong(walk, account, "took a place in a task that has its rounds");
  if (isParticipant && rules.statementRequired && event.statement === zeroBytes32) {
    wrong(walk, account, "enrolled without a statement of its data", "STATEMENT_MISSING");
  }
  takePlaceBond(walk, event, account, isParticipant ? "participant" : "aggregator");
  places.push({ account, leaving: false, idle: false });
  if (isParticipant) {
    walk.statements.push(event);
    const { statement, attributesHash } = event;
    extendHeads(walk, { kind: "enrolled", account, statement, attributesHash });
  } else extendHeads(walk, { kind: "joined", account, attributesHash: event.attributesHash });
}

/** An account that asked to leave, or lost its role: it has a place, and was not leaving. */
export function checkLeaving(walk: Walk, { account }: EventOf<"Leaving">): void {
  const place = placeOf(walk, account);
  if (!place || place.leaving) wrong(walk, account, "left a task that it is not in, or is leaving already");
  else startLeaving(walk, account);
  extendHeads(walk, { kind: "leaving", account });
}

/** A place that is freed between rounds: the next of those that the call frees. The last of its list moves there. */
export function checkLeft(walk: Walk, event: EventOf<"Left">): void {
  const { account, timestampS } = event;
  const running = inFlight(walk);
  if (running) {
    running.log.add({
      code: "PHASE_ORDER",
      message: `The place of ${account} was freed while round ${running.round} was running.`,
      data: { account },
    });
  }
  const { rest, leavers, told } = walk.freeing ?? { ...freeingNow(walk), told: 0 };
  const [next, ...others] = rest;
  if (next === undefined || !hexEquals(next, account)) {
    wrong(walk, account, `lost its place where it was the turn of ${next ?? "nobody"}`);
  }
  for (const places of [walk.participants, walk.aggregators]) {
    freePlace(places, at(places, account));
  }
  const state = stateOf(walk, account);
  if (state) state.freeFromS = timestampS === undefined ? undefined : timestampS + walk.rules.challengeWindowS + 1;
  const freeing = { rest: others, leavers, told: told + 1 };
  walk.freeing = freeing;
  if (others.length === 0) endFreeing(walk, freeing);
}

/**
 * Places that a call had to free, and did not before an event that is none of them; `undefined` for the end of all
 * events.
 */
export function followFreeing(walk: Walk, event: TaskEvent | undefined): void {
  const { freeing } = walk;
  if (freeing === undefined || event?.name === "Left") return;
  for (const account of freeing.rest) wrong(walk, account, "kept its place when those of others were freed");
  endFreeing(walk, freeing);
}

/** Marks an account that has a place as one that leaves it. */
export function startLeaving(walk: Walk, account: Address): void {
  const { participants, aggregators } = walk;
  for (const places of [participants, aggregators]) {
    const index = at(places, account);
    const place = places[index];
    if (place === undefined || place.leaving) continue;
    place.leaving = true;
    walk.leavers = [...walk.leavers, { ofAggregator: places === aggregators, index }];
  }
}

function freeingNow({ leavers, participants, aggregators }: Walk) {
  const enrolled = participants.map((place) => ({ ...place, statement: zeroBytes32 }));
  return freeingOf({ leavers, enrolled, joined: aggregators });
}

function endFreeing(walk: Walk, { leavers, told }: NonNullable<Walk["freeing"]>): void {
  walk.leavers = leavers;
  walk.freeing = undefined;
  extendHeads(walk, { kind: "freed", places: told });
}

/** An aggregator that had missed a turn is back in the rotation. */
export function checkResumed(walk: Walk, { aggregator }: EventOf<"Resumed">): void {
  const place = walk.aggregators.find(({ account }) => hexEquals(account, aggregator));
  if (!place?.idle) wrong(walk, aggregator, "resumed without having missed a turn", "ASSIGNMENT_WRONG");
  else place.idle = false;
  extendHeads(walk, { kind: "resumed", account: aggregator });
}

/**
 * A share key: of a participant of a masked task, as long as one is. Whether it is its owner's, who seals to it asks.
 */
export function checkShareKey(walk: Walk, event: EventOf<"ShareKeySet">): void {
  const { rules, participants } = walk;
  const { participant, shareKey } = event;
  extendHeads(walk, { kind: "share-key", account: participant, shareKeyHash: hashBytes(shareKey) });
  const isMember = participants.some(({ account }) => hexEquals(account, participant));
  if (modeOf(rules).keys === "each" && isMember && shareKey.length === 2 + 2 * shareKeyBytes) return;
  (walk.rounds.at(-1)?.log ?? walk.log).add({
    code: "ADVERTISEMENT_WRONG",
    party: participant,
    message: `${participant} gave a share key that is none, or in a task that it is not in or that has none.`,
    data: { mode: rules.mode, lengthBytes: (shareKey.length - 2) / 2 },
  });
}

/** What somebody put on the task's record. Who has it from an admin's role is for the contract alone to know. */
export function checkRecorded(walk: Walk, event: EventOf<"Recorded">): void {
  const { author, kind, hash } = event;
  walk.recorded.push(event);
  extendHeads(walk, { kind: "recorded", account: author, entryKind: kind, hash });
}

/** The place of an account, as a participant or an aggregator. */
function placeOf({ participants, aggregators }: Walk, account: Address): Place | undefined {
  return [...participants, ...aggregators].find((place) => hexEquals(place.account, account));
}

/** What is known of an account. */
export function stateOf({ states }: Walk, account: Address): MemberState | undefined {
  return states.get(account.toLowerCase());
}

function at(places: readonly Place[], account: Address): number {
  return places.findIndex((place) => hexEquals(place.account, account));
}

/** Tells a place that does not follow from the events before: no stored word binds which one it is. */
function wrong(walk: Walk, party: Address, what: string, code: FindingCode = "PARTICIPANT_NOT_ENROLLED"): void {
  const isUnbound = code === "PARTICIPANT_NOT_ENROLLED";
  logOf(walk).add({ code, party, message: `${party} ${what}.`, ...(isUnbound && { data: { isUnbound } }) });
}
