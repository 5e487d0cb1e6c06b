import { startAccumulator } from "../core/commitment.ts";
import { drawnCount, slotOf } from "../core/draw.ts";
import { hexEquals } from "../core/hex.ts";
import { checkPlaceBond } from "./check-bonds.ts";
import {
  draftRound,
  type EventOf,
  type HashedProposal,
  inFlight,
  logOf,
  type RoundDraft,
  type Walk,
} from "./task-record.ts";

/** Follows who has which place. Enrolments move places; a moved one is told again. */
export function followEnrolment(walk: Walk, event: EventOf<"Enrolled" | "Leaving" | "Left">): void {
  const account = event.participant.toLowerCase();
  if (event.name === "Enrolled") {
    const before = walk.places.get(account);
    if (before === undefined) checkPlaceBond(walk, event);
    if (before === undefined && walk.expelled.has(account)) {
      logOf(walk).add({
        code: "PARTICIPANT_NOT_ENROLLED",
        party: event.participant,
        message: `${event.participant} came back to a task that it was expelled from.`,
      });
    }
    walk.places.set(account, {
      participant: event.participant,
      index: event.index,
      leaving: before?.leaving ?? false,
    });
    if (!walk.participants.has(account)) walk.participants.set(account, event.participant);
    return;
  }
  const place = walk.places.get(account);
  if (!place || (event.name === "Left" && !place.leaving)) {
    logOf(walk).add({
      code: "PARTICIPANT_NOT_ENROLLED",
      party: event.participant,
      message: place
        ? `${event.participant} lost its place without having asked to leave.`
        : `${event.participant} leaves a task that it is not enrolled in.`,
    });
  }
  if (event.name === "Left") {
    checkPlaceBond(walk, event);
    const [running] = inFlight(walk);
    if (running) {
      running.log.add({
        code: "PHASE_ORDER",
        message: `The place of ${event.participant} was freed while round ${running.round} was running.`,
        data: { participant: event.participant },
      });
    }
    walk.places.delete(account);
  } else if (place) place.leaving = true;
}

/** Begins a round: its number, base model, draw, deadline and accumulator must follow from what came before. */
export function checkOpening(walk: Walk, event: EventOf<"RoundOpened">): void {
  const { rules, deployment, taskId } = walk;
  const ancestor = checkOverlap(walk, event);
  const draft = draftRound(walk, event);
  if (ancestor) draft.ancestor = ancestor.hash;
  walk.rounds.push(draft);
  if (event.round !== draft.round || draft.round > rules.rounds) {
    draft.log.add({
      code: "PHASE_ORDER",
      message: `Round ${event.round} was opened where only round ${draft.round} of ${rules.rounds} could be.`,
      data: { expected: draft.round, actual: event.round, rounds: rules.rounds },
    });
  }
  const models = ancestor ? [ancestor.modelRoot] : walk.models;
  if (!models.some((root) => hexEquals(root, event.baseModelRoot))) {
    draft.log.add({
      code: "BASE_MODEL_WRONG",
      message: `The round starts from another model than the ${ancestor ? "one proposed before it" : "last final one"}.`,
      data: { expected: models[0], actual: event.baseModelRoot },
    });
  }
  walk.models = walk.models.slice(0, 1);
  checkDraw(walk, draft);
  const windowS = rules.keyWindowS + rules.commitWindowS;
  if (event.timestampS !== undefined && event.commitDeadlineS !== event.timestampS + windowS) {
    draft.log.add({
      code: "DEADLINE_WRONG",
      message: "The deadline for commitments is not the opening's time and the window.",
      data: { expected: event.timestampS + windowS, actual: event.commitDeadlineS },
    });
  }
  const { baseModelRoot, seed, enrolled, drawn } = event;
  const start = startAccumulator({
    ...deployment,
    taskId,
    round: draft.round,
    baseModelRoot,
    seed,
    enrolled,
    drawn,
  });
  draft.accumulators = [start];
  if (hexEquals(start, event.accumulator)) return;
  draft.accumulators = [start, event.accumulator];
  draft.drawTrusted = false;
  draft.log.add({
    code: "ACCUMULATOR_WRONG",
    message: "The start of the round's accumulator does not follow from its opening.",
    data: { expected: start, actual: event.accumulator },
  });
}

/**
 * The proposal that a round is opened on while it still may be struck; undefined where all rounds have ended. In a pipelined task one round
 * may be running: the newest, proposed, without need of a quorum, and nobody waits for a place to be freed.
 */
function checkOverlap(walk: Walk, event: EventOf<"RoundOpened">): HashedProposal | undefined {
  const running = inFlight(walk);
  const [before] = running;
  if (before === undefined) return undefined;
  const { proposal } = before;
  const isLeaving = [...walk.places.values()].some(({ leaving }) => leaving);
  const isNewest = running.length === 1 && before === walk.rounds.at(-1);
  if (!walk.rules.pipelined || !isNewest || proposal === undefined || proposal.needsQuorum || isLeaving) {
    logOf(walk).add({
      code: "PHASE_ORDER",
      message: `RoundOpened of round ${event.round} is out of place: round ${before.round} has not ended.`,
      data: { event: event.name, blockNumber: event.blockNumber, logIndex: event.logIndex, running: running.length },
    });
  }
  return walk.rules.pipelined ? proposal : undefined;
}

function checkDraw(walk: Walk, draft: RoundDraft): void {
  const { enrolled, drawn, seed } = draft.opened;
  const expected = drawnCount(walk.rules, walk.places.size);
  const indices = new Set(draft.places.values());
  const places = indices.size === walk.places.size && [...indices].every((index) => index < walk.places.size);
  if (enrolled !== walk.places.size || drawn !== expected || !places || enrolled < walk.rules.minUpdates) {
    draft.drawTrusted = false;
    draft.log.add({
      code: "DRAW_WRONG",
      message: `The draw took ${drawn} of ${enrolled}; by the enrolments it is ${expected} of ${walk.places.size}.`,
      data: { enrolled, drawn, expectedEnrolled: walk.places.size, expectedDrawn: expected, places },
    });
  }
  for (const { participant } of walk.places.values()) {
    const slot = slotIn(draft, participant);
    if (slot !== undefined && slot < drawn && seed >= 0n) draft.drawn.push(participant);
  }
}

/** The slot of an account in the round by the draw's permutation; undefined without a place in it. */
export function slotIn(draft: RoundDraft, account: string): number | undefined {
  const index = draft.places.get(account.toLowerCase());
  const { enrolled, drawn, seed } = draft.opened;
  const drawable = drawn <= enrolled && enrolled > 0 && seed >= 0n && seed < 1n << 72n;
  if (index === undefined || index >= enrolled || !drawable) return undefined;
  return slotOf(index, enrolled, drawn, seed);
}
