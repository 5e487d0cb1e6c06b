import type { Bytes32 } from "../../core/ids.ts";
import type { TaskEvent } from "../../core/record/task-events.ts";
import type { AttributeChange, Phase } from "../../core/records.ts";
import type { Deployment } from "../../core/words/commitment.ts";
import { checkReleased } from "../members/check-bonds.ts";
import { checkEligible } from "../members/check-eligible.ts";
import {
  checkLeaving,
  checkLeft,
  checkPlaced,
  checkRecorded,
  checkResumed,
  checkShareKey,
  followFreeing,
} from "../members/check-members.ts";
import {
  checkMemberExpelled,
  checkRewarded,
  checkRolledBack,
  checkStruck,
  followProof,
} from "../members/check-strikes.ts";
import { checkCodes, checkStorage, checkTimes, type StoredState } from "../record/check-storage.ts";
import { checkEvidence, type Evidence } from "../record/evidence.ts";
import { isBound, recordOf } from "../record/record-of.ts";
import type { RecoverSigner, RoundDraft, TaskRecord, Walk } from "../record/task-record.ts";
import { logOf, roundNumbered } from "../record/task-record.ts";
import { checkAssignment } from "../rounds/check-assignment.ts";
import { checkClosing, checkCommitment } from "../rounds/check-commitments.ts";
import { checkAcceptance, checkInvalid } from "../rounds/check-ending.ts";
import { checkAdvertisement } from "../rounds/check-keys.ts";
import { checkDrawn, checkOpening } from "../rounds/check-opening.ts";
import { checkProposal } from "../rounds/check-proposals.ts";
import { beginWalk } from "./begin-walk.ts";

/** The steps of a round, and the phases in which each may come; PHASE_ORDER otherwise. */
const phasesBefore = {
  RoundDrawn: ["drawing"],
  Advertised: ["open"],
  Committed: ["open"],
  RoundClosed: ["open"],
  AggregatorAssigned: ["aggregating", "proposed"],
  Proposed: ["aggregating"],
  RoundAccepted: ["proposed"],
  RoundInvalid: ["drawing", "open", "aggregating", "proposed"],
} as const satisfies Readonly<Record<string, readonly Phase[]>>;

/** An event that takes a round from one phase to the next, or adds to it. */
type StepEvent = Extract<TaskEvent, { readonly name: keyof typeof phasesBefore }>;

/**
 * Checks everything about a task's events that needs no blob: the order of the phases, the draw, rotation, rights,
 * weights, deadlines (where events carry their time), accumulators, bonds, proofs, the chain of history heads, and the
 * contract's storage.
 *
 * Nothing stops it: all findings are collected, and an event that does not fit is still read as what it says, so that
 * one lie does not make everything after it look wrong. Throws INVALID_HISTORY if there is no TaskCreated event.
 *
 * @param input.events all events of one task, in chain order
 * @param input.storedState read at the same block as the events; another block's is a STORAGE_MISMATCH, unchecked where
 * the storage may only be ahead of the events
 * @param input.storedWords of the contract's ring, by place
 * @param input.differingCodes the federation's contracts whose codes are not this package's
 * @param input.evidence what the storage's words rest on
 * @param input.recoverSigner tells who signed advertised keys (ChainReader.recoverSigner); without it their signatures
 * are not looked at
 * @param input.attributeChanges all that admins set of accounts (ChainReader.attributeChanges); without it places in a
 * restricted task are PARTICIPANT_NOT_ELIGIBLE, unchecked
 */
export function checkRecord(
  input: Deployment & {
    readonly events: readonly TaskEvent[];
    readonly storedState?: StoredState | undefined;
    readonly storedWords?: ReadonlyMap<number, Bytes32> | undefined;
    readonly differingCodes?: readonly string[] | undefined;
    readonly evidence?: Evidence | undefined;
    readonly recoverSigner?: RecoverSigner | undefined;
    readonly attributeChanges?: readonly AttributeChange[] | undefined;
  },
): TaskRecord {
  const { chainId, federation, events, storedState, storedWords, recoverSigner } = input;
  const walk = beginWalk({ chainId, federation }, events, recoverSigner);
  const createdAt = events.indexOf(walk.created);
  for (const [at, event] of events.entries()) if (at !== createdAt) follow(walk, event);
  followFreeing(walk, undefined);
  followProof(walk, undefined);
  checkEligible(walk, events, input.attributeChanges);
  if (storedState) checkStorage(walk, storedState);
  if (input.evidence) checkEvidence(walk, input.evidence, storedState !== undefined);
  checkCodes(walk, input.differingCodes ?? []);
  const timesCompared = storedWords !== undefined && checkTimes(walk, storedWords);
  return recordOf(walk, { isBound: isBound(walk, storedState), timesCompared });
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
  followFreeing(walk, event);
  followProof(walk, event);
  switch (event.name) {
    case "TaskCreated":
      misplaced("the task exists already");
      return;
    case "RoundOpened":
      checkOpening(walk, event);
      walk.rounds.at(-1)?.events.push(event);
      return;
    case "Struck":
    case "MemberExpelled":
      roundNumbered(walk.rounds, event.round)?.events.push(event);
      if (event.name === "Struck") checkStruck(walk, event);
      else checkMemberExpelled(walk, event);
      return;
    case "RolledBack":
      checkRolledBack(walk, event);
      return;
    case "Rewarded":
      checkRewarded(walk, event);
      return;
    case "Enrolled":
    case "Joined":
      checkPlaced(walk, event);
      return;
    case "Leaving":
      checkLeaving(walk, event);
      return;
    case "Left":
      checkLeft(walk, event);
      return;
    case "Resumed":
      checkResumed(walk, event);
      return;
    case "ShareKeySet":
      checkShareKey(walk, event);
      return;
    case "Recorded":
      checkRecorded(walk, event);
      return;
    case "BondReleased":
      checkReleased(walk, event);
      return;
    default: {
      const draft = walk.rounds.at(-1);
      if (draft === undefined) {
        misplaced("no round has been opened");
        return;
      }
      if (event.round !== draft.round) misplaced(`the round is ${draft.round}`);
      const phases: readonly Phase[] = phasesBefore[event.name];
      if (!phases.includes(draft.phase)) misplaced(`the round is ${draft.phase}`);
      draft.events.push(event);
      step(walk, draft, event);
    }
  }
}

function step(walk: Walk, draft: RoundDraft, event: StepEvent): void {
  switch (event.name) {
    case "RoundDrawn":
      checkDrawn(walk, draft, event);
      return;
    case "Advertised":
      checkAdvertisement(walk, draft, event);
      return;
    case "Committed":
      checkCommitment(walk, draft, event);
      return;
    case "RoundClosed":
      draft.phase = "aggregating";
      checkClosing(walk, draft, event);
      return;
    case "AggregatorAssigned":
      draft.phase = "aggregating";
      checkAssignment(walk, draft, event);
      return;
    case "Proposed":
      draft.phase = "proposed";
      checkProposal(walk, draft, event);
      return;
    case "RoundAccepted":
      draft.phase = "accepted";
      checkAcceptance(walk, draft, event);
      return;
    case "RoundInvalid":
      checkInvalid(walk, draft, event);
      draft.phase = "invalid";
  }
}
