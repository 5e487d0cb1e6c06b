import type { Deployment } from "../core/commitment.ts";
import { hexEquals } from "../core/hex.ts";
import type { RoundNumber } from "../core/ids.ts";
import type { AttributeChange, Phase } from "../core/records.ts";
import type { TaskEvent } from "../core/task-events.ts";
import { beginWalk } from "./begin-walk.ts";
import { followBond } from "./check-bonds.ts";
import { checkClosing, checkCommitment } from "./check-commitments.ts";
import { checkAnswer, checkDemand, checkReturn, checkReturned } from "./check-demands.ts";
import { checkEligible } from "./check-eligible.ts";
import { checkFinalization, checkInvalidation } from "./check-ending.ts";
import { checkAdvertisement, checkOpenings, checkShown } from "./check-keys.ts";
import { checkMisconduct } from "./check-misconduct.ts";
import { checkOpening, followEnrolment } from "./check-opening.ts";
import { checkAssignment, checkChallenge, checkProposal, unsettledFindings } from "./check-proposals.ts";
import { checkStorage, type StoredState } from "./check-storage.ts";
import {
  type EventOf,
  inFlight,
  logOf,
  type RecoverSigner,
  type RoundDraft,
  type RoundRecord,
  type TaskRecord,
  type Walk,
} from "./task-record.ts";

/** The phases in which a round event may come; PHASE_ORDER otherwise. */
const phasesBefore: Readonly<Record<string, readonly Phase[]>> = {
  Advertised: ["open"],
  Committed: ["open"],
  RoundClosed: ["open"],
  AggregatorAssigned: ["aggregating", "proposed"],
  Opened: ["aggregating"],
  Proposed: ["aggregating"],
  Challenged: ["proposed"],
  RoundFinalized: ["proposed"],
  RoundInvalidated: ["open", "aggregating", "proposed"],
  Demanded: ["proposed"],
  ChunkShown: ["proposed"],
  NodesShown: ["proposed"],
};

/**
 * Checks everything about a task's events that needs no blob: the order of the phases, the draw, rights, weights,
 * deadlines (where events carry their time), accumulators, bonds, demands, reports, the words that proposals came with (where events
 * carry them), the chain of history heads, and the contract's storage.
 *
 * Nothing stops it: all findings are collected, and an event that does not fit is still read as what it says, so that
 * one lie does not make everything after it look wrong. Throws INVALID_HISTORY if there is no TaskCreated event.
 *
 * @param input.events all events of one task, in chain order
 * @param input.storedState read at the same block as the events; another block's is a STORAGE_MISMATCH, unchecked where
 * the storage may only be ahead of the events
 * @param input.recoverSigner tells who signed a word on availability (ChainReader.recoverSigner); without it a proposal in a task with
 * holders is AVAILABILITY_UNCHECKED
 * @param input.attributeChanges all that admins set of accounts (ChainReader.attributeChanges); without it enrolments in a restricted task
 * are PARTICIPANT_NOT_ELIGIBLE, unchecked
 */
export function checkRecord(
  input: Deployment & {
    readonly events: readonly TaskEvent[];
    readonly storedState?: StoredState | undefined;
    readonly recoverSigner?: RecoverSigner | undefined;
    readonly attributeChanges?: readonly AttributeChange[] | undefined;
  },
): TaskRecord {
  const { chainId, federation, events, storedState, recoverSigner } = input;
  const walk = beginWalk({ chainId, federation }, events, recoverSigner);
  const initialHead = walk.heads[0]!;
  const createdAt = events.indexOf(walk.created);
  for (const [at, event] of events.entries()) if (at !== createdAt) follow(walk, event);
  checkAwaited(walk, undefined);
  checkShown(walk, undefined);
  checkReturned(walk, undefined);
  checkEligible(walk, events, input.attributeChanges);
  if (storedState) checkStorage(walk, storedState);
  return {
    taskId: walk.taskId,
    created: walk.created,
    ...(walk.restricted && { access: walk.restricted.access }),
    rounds: walk.rounds.map(recordOf),
    ends: walk.ends,
    misconduct: walk.misconduct,
    participants: [...walk.participants.values()],
    initialHead,
    historyHead: walk.heads[0]!,
    findings: walk.log.findings,
  };
}

function recordOf(draft: RoundDraft): RoundRecord {
  const { round, phase, opened, commitments, closed, assignments, proposal, superseded, ended, drawn, events } = draft;
  const { withheld, advertisements } = draft;
  return {
    round,
    phase,
    opened,
    advertisements,
    commitments,
    ...(closed && { closed }),
    assignments,
    proposal,
    superseded,
    withheld,
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
  const { last } = walk;
  const isLater =
    event.blockNumber > last.blockNumber || (event.blockNumber === last.blockNumber && event.logIndex > last.logIndex);
  if (!isLater) misplaced("the event before it stands behind it in the chain");
  walk.last = event;
  if (event.taskId !== walk.taskId) misplaced(`it belongs to task ${event.taskId}`);
  if (event.name === "TaskCreated") {
    misplaced("the task exists already");
    return;
  }
  if (event.name === "AccessRestricted") {
    if (event !== walk.restricted) misplaced("it does not follow the task's creation");
    return;
  }
  checkAwaited(walk, event);
  checkReturned(walk, event);
  checkShown(walk, event);
  if (event.name === "BondLocked" || event.name === "BondReleased" || event.name === "Slashed") {
    walk.rounds[event.round - 1]?.events.push(event);
    followBond(walk, event);
    if (event.name === "Slashed") settle(walk, event);
    return;
  }
  if (event.name === "Enrolled" || event.name === "Leaving" || event.name === "Left") {
    walk.rounds.at(-1)?.events.push(event);
    followEnrolment(walk, event);
    return;
  }
  if (event.name === "Misconduct") {
    walk.rounds[event.round - 1]?.events.push(event);
    checkMisconduct(walk, event);
    return;
  }
  if (event.name === "RoundOpened") {
    checkOpening(walk, event);
    walk.rounds.at(-1)!.events.push(event);
    return;
  }
  const draft = draftOf(walk, event);
  if (!draft) {
    misplaced("no round has been opened");
    return;
  }
  if (event.round !== draft.round) misplaced(`the round is ${draft.round}`);
  const phases = phasesBefore[event.name];
  if (phases && !phases.includes(draft.phase)) misplaced(`the round is ${draft.phase}`);
  draft.events.push(event);
  apply(walk, draft, event);
}

/** The round that an event is of: the one it names if that is running, or may be told of after its end; else the newest. */
function draftOf(walk: Walk, { name, round }: TaskEvent & { readonly round: RoundNumber }): RoundDraft | undefined {
  const named = walk.rounds[round - 1];
  if (named && (named.ended === undefined || name === "DemandReturned")) return named;
  return inFlight(walk).at(-1) ?? walk.rounds.at(-1);
}

/** What a won challenge or report takes with it must be the very next event. */
function checkAwaited(walk: Walk, event: TaskEvent | undefined): void {
  const { awaited } = walk;
  if (awaited === undefined) return;
  const account = event?.name === "Slashed" ? event.account : event?.name === "Leaving" ? event.participant : "";
  const follows = event?.name === awaited.name && hexEquals(account, awaited.account);
  // A slashing is compared with what was awaited when its bond is followed.
  if (event?.name !== "Slashed" || !follows) walk.awaited = undefined;
  if (follows) return;
  logOf(walk).add({
    code: awaited.name === "Slashed" ? "BOND_WRONG" : "MISCONDUCT_WRONG",
    message:
      awaited.name === "Slashed"
        ? `The bond of ${awaited.account}, who was proven wrong, was not taken.`
        : `${awaited.account}, who was expelled, did not lose its place.`,
    data: { account: awaited.account, event: event?.name },
  });
}

/** The slashing that was awaited has come: what it was for is known, and what comes after it is awaited. */
function settle(walk: Walk, event: EventOf<"Slashed">): void {
  const { awaited, misconduct } = walk;
  if (awaited?.name !== "Slashed") return;
  if (awaited.isPlace) misconduct.push({ ...misconduct.pop()!, slashed: event });
  walk.awaited = awaited.next;
}

function apply(
  walk: Walk,
  draft: RoundDraft,
  event: EventOf<
    | "Advertised"
    | "Committed"
    | "RoundClosed"
    | "AggregatorAssigned"
    | "Opened"
    | "Proposed"
    | "Challenged"
    | "Demanded"
    | "ChunkShown"
    | "NodesShown"
    | "DemandReturned"
    | "RoundFinalized"
    | "RoundInvalidated"
  >,
): void {
  switch (event.name) {
    case "Advertised":
      checkAdvertisement(walk, draft, event);
      break;
    case "Committed":
      checkCommitment(walk, draft, event);
      break;
    case "RoundClosed":
      draft.phase = "aggregating";
      checkClosing(walk, draft, event);
      break;
    case "AggregatorAssigned":
      draft.phase = "aggregating";
      checkAssignment(walk, draft, event);
      break;
    case "Opened":
      checkOpenings(walk, draft, event);
      break;
    case "Proposed":
      draft.phase = "proposed";
      checkProposal(walk, draft, event);
      break;
    case "Challenged":
      draft.phase = "aggregating";
      checkChallenge(walk, draft, event);
      break;
    case "Demanded":
      checkDemand(walk, draft, event);
      break;
    case "ChunkShown":
    case "NodesShown":
      checkAnswer(walk, draft, event);
      break;
    case "DemandReturned":
      checkReturn(walk, draft, event);
      break;
    case "RoundFinalized":
      draft.phase = "finalized";
      walk.ends.push(draft.round);
      checkFinalization(walk, draft, event);
      break;
    case "RoundInvalidated":
      draft.phase = "invalidated";
      walk.ends.push(draft.round);
      checkInvalidation(walk, draft, event);
      break;
  }
}
