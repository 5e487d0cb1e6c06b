import { type Deployment, initialHistoryHead, zeroBytes32 } from "../core/commitment.ts";
import { FedledgerError } from "../core/error.ts";
import { hexEquals } from "../core/hex.ts";
import type { Bytes32, RoundNumber } from "../core/ids.ts";
import type { Phase, TaskEvent } from "../core/records.ts";
import { checkClosing, checkCommitment } from "./check-commitments.ts";
import { checkFinalization, checkInvalidation } from "./check-ending.ts";
import { checkOpening, followEnrolment } from "./check-opening.ts";
import { checkAssignment, checkChallenge, checkProposal, unsettledFindings } from "./check-proposals.ts";
import { createFindingLog } from "./findings.ts";
import { type EventOf, logOf, type RoundDraft, type RoundRecord, type TaskRecord, type Walk } from "./task-record.ts";

/** What the contract's storage says of a task (ChainReader.storedState). */
export interface StoredState {
  readonly round: RoundNumber;
  readonly modelRoot: Bytes32;
  readonly accumulator: Bytes32;
  readonly historyHead: Bytes32;
}

/** The phases in which a round event may come; PHASE_ORDER otherwise. */
const phasesBefore: Readonly<Record<string, readonly Phase[]>> = {
  Committed: ["open"],
  RoundClosed: ["open"],
  AggregatorAssigned: ["aggregating", "proposed"],
  Proposed: ["aggregating"],
  Challenged: ["proposed"],
  RoundFinalized: ["proposed"],
  RoundInvalidated: ["open", "aggregating", "proposed"],
};

/**
 * Checks everything about a task's events that needs no blob: the order of the phases, the draw, rights, weights,
 * deadlines (where events carry their time), accumulators, the chain of history heads, and the contract's storage.
 *
 * Nothing stops it: all findings are collected, and an event that does not fit is still read as what it says, so that
 * one lie does not make everything after it look wrong. Throws INVALID_HISTORY if there is no TaskCreated event.
 *
 * @param input.events all events of one task, in chain order
 * @param input.storedState read at the same block as the events; another block's is a STORAGE_MISMATCH, unchecked where
 * the storage may only be ahead of the events
 */
export function checkRecord(
  input: Deployment & { readonly events: readonly TaskEvent[]; readonly storedState?: StoredState | undefined },
): TaskRecord {
  const { chainId, federation, events, storedState } = input;
  const walk = beginWalk({ chainId, federation }, events);
  const initialHead = walk.heads[0]!;
  const createdAt = events.indexOf(walk.created);
  for (const [at, event] of events.entries()) if (at !== createdAt) follow(walk, event);
  if (storedState) checkStorage(walk, storedState);
  return {
    taskId: walk.taskId,
    created: walk.created,
    rounds: walk.rounds.map(recordOf),
    participants: [...walk.participants.values()],
    initialHead,
    historyHead: walk.heads[0]!,
    findings: walk.log.findings,
  };
}

function beginWalk(deployment: Deployment, events: readonly TaskEvent[]): Walk {
  const created = events.find((event) => event.name === "TaskCreated");
  if (!created) {
    throw new FedledgerError("INVALID_HISTORY", { name: "TaskCreated", round: 0, reason: "there is no such event" });
  }
  const { taskId, rules, modelRoot, spec } = created;
  const bondWei = events.find((event) => event.name === "TaskBond")?.bondWei;
  const log = createFindingLog(taskId, 0);
  if (events[0] !== created) {
    log.add({
      code: "PHASE_ORDER",
      message: "The first event is not the task's creation.",
      data: { first: events[0]!.name },
    });
  }
  return {
    deployment,
    taskId,
    created,
    rules,
    bonded: bondWei !== undefined,
    log,
    rounds: [],
    places: new Map(),
    participants: new Map(),
    used: new Map(),
    heads: [initialHistoryHead({ ...deployment, taskId, rules, modelRoot, spec, bondWei })],
    models: [modelRoot],
  };
}

function recordOf(draft: RoundDraft): RoundRecord {
  const { round, phase, opened, commitments, closed, assignments, proposal, superseded, ended, drawn, events } = draft;
  return {
    round,
    phase,
    opened,
    commitments,
    ...(closed && { closed }),
    assignments,
    proposal,
    superseded,
    ...(ended && { ended }),
    drawn,
    events,
    findings: unsettledFindings(draft),
  };
}

function follow(walk: Walk, event: TaskEvent): void {
  const misplaced = (reason: string) =>
    logOf(walk).add({
      code: "PHASE_ORDER",
      message: `${event.name} of ${"round" in event ? `round ${event.round}` : "the task"} is out of place: ${reason}.`,
      data: { event: event.name, blockNumber: event.blockNumber, logIndex: event.logIndex },
    });
  if (event.taskId !== walk.taskId) misplaced(`it belongs to task ${event.taskId}`);
  if (event.name === "TaskCreated") {
    misplaced("the task exists already");
    return;
  }
  if (event.name === "TaskBond") {
    // Its amount is in the first head of the history.
    if (walk.rounds.length > 0) misplaced("a round has been opened");
    return;
  }
  if (event.name === "BondLocked" || event.name === "BondReleased" || event.name === "Slashed") {
    walk.rounds[event.round - 1]?.events.push(event);
    return;
  }
  if (event.name === "Enrolled" || event.name === "Leaving" || event.name === "Left") {
    walk.rounds.at(-1)?.events.push(event);
    followEnrolment(walk, event);
    return;
  }
  const draft = walk.rounds.at(-1);
  if (event.name === "RoundOpened") {
    if (draft && !draft.ended) misplaced("the round before it has not ended");
    checkOpening(walk, event);
    walk.rounds.at(-1)!.events.push(event);
    return;
  }
  if (!draft) {
    misplaced("no round has been opened");
    return;
  }
  if (event.round !== draft.round) misplaced(`the round is ${draft.round}`);
  if (!phasesBefore[event.name]!.includes(draft.phase)) misplaced(`the round is ${draft.phase}`);
  draft.events.push(event);
  apply(walk, draft, event);
}

function apply(
  walk: Walk,
  draft: RoundDraft,
  event: EventOf<
    | "Committed"
    | "RoundClosed"
    | "AggregatorAssigned"
    | "Proposed"
    | "Challenged"
    | "RoundFinalized"
    | "RoundInvalidated"
  >,
): void {
  switch (event.name) {
    case "Committed":
      checkCommitment(walk, draft, event);
      break;
    case "RoundClosed":
      draft.phase = "aggregating";
      checkClosing(draft, event);
      break;
    case "AggregatorAssigned":
      draft.phase = "aggregating";
      checkAssignment(walk, draft, event);
      break;
    case "Proposed":
      draft.phase = "proposed";
      checkProposal(walk, draft, event);
      break;
    case "Challenged":
      draft.phase = "aggregating";
      checkChallenge(draft, event);
      break;
    case "RoundFinalized":
      draft.phase = "finalized";
      checkFinalization(walk, draft, event);
      break;
    case "RoundInvalidated":
      draft.phase = "invalidated";
      checkInvalidation(walk, draft, event);
      break;
  }
}

function checkStorage(walk: Walk, stored: StoredState): void {
  const draft = walk.rounds.at(-1);
  const among = (values: readonly Bytes32[], value: Bytes32) => values.some((each) => hexEquals(each, value));
  const differing = [
    ...(stored.round === walk.rounds.length ? [] : ["round"]),
    ...(among(walk.models, stored.modelRoot) ? [] : ["modelRoot"]),
    ...(among(draft?.accumulators ?? [zeroBytes32], stored.accumulator) ? [] : ["accumulator"]),
    ...(among(walk.heads, stored.historyHead) ? [] : ["historyHead"]),
  ];
  if (differing.length === 0) return;
  const ahead = stored.round > walk.rounds.length || (stored.round === walk.rounds.length && draft && !draft.ended);
  logOf(walk).add({
    code: "STORAGE_MISMATCH",
    severity: ahead ? "unchecked" : "violation",
    message: `The contract's storage does not agree with the events: ${differing.join(", ")}.${
      ahead ? " It may be that of a later block, or events were kept back." : ""
    }`,
    data: {
      fields: differing.join(","),
      round: walk.rounds.length,
      storedRound: stored.round,
      historyHead: walk.heads[0],
      storedHistoryHead: stored.historyHead,
    },
  });
}
