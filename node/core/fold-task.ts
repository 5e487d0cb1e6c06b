import { extendAccumulator, zeroBytes32 } from "./commitment.ts";
import { FedledgerError } from "./error.ts";
import { demanded, unshown } from "./fold-demands.ts";
import { advertised, openingsShown, proposed, requireKey } from "./fold-keys.ts";
import type { Address } from "./ids.ts";
import { impossible, type TaskEventOf } from "./impossible-event.ts";
import type { TaskEvent } from "./task-events.ts";
import { hasEnded, type RoundView, type TaskView } from "./task-view.ts";

type EventOf<Name extends TaskEvent["name"]> = TaskEventOf<Name>;
type Place = TaskView["enrolled"][number];
/** A view whose lists are being built; the objects in them are replaced, never changed. */
type Draft = Omit<TaskView, "enrolled" | "rounds"> & { enrolled: Place[]; rounds: RoundView[] };

/**
 * The task as its events tell it: the fold of the events over `view`, or from the creation when there is none.
 *
 * Pure: `view` is not modified, and folding in pieces gives the same as at once. Hashes (accumulators, history heads,
 * totals) are not judged here, the audit does that; `historyHead` is the last one an event named, zero before.
 * Throws INVALID_HISTORY for an event that cannot follow from those before it.
 */
export function foldTask(events: readonly TaskEvent[], view?: TaskView): TaskView {
  let draft = view && { ...view, enrolled: [...view.enrolled], rounds: [...view.rounds] };
  for (const event of events) draft = applied(event, draft);
  if (draft === undefined) {
    throw new FedledgerError("INVALID_HISTORY", { name: "TaskCreated", round: 0, reason: "there are no events" });
  }
  return draft;
}

function applied(event: TaskEvent, draft: Draft | undefined): Draft {
  if (event.name === "TaskCreated") {
    if (draft !== undefined) throw impossible(event, "the task exists");
    return created(event);
  }
  if (draft === undefined) throw impossible(event, "the task does not exist yet");
  if (event.taskId !== draft.taskId) throw impossible(event, `it belongs to task ${event.taskId}`);
  switch (event.name) {
    case "AccessRestricted":
      if (draft.access !== undefined || draft.enrolled.length > 0 || draft.rounds.length > 0) {
        throw impossible(event, "the task is open to enrolments already");
      }
      return { ...draft, access: event.access };
    case "Enrolled":
      place(draft.enrolled, event);
      return draft;
    case "Leaving": {
      const at = placeOf(draft.enrolled, event.participant);
      if (at < 0) throw impossible(event, "the participant is not enrolled");
      draft.enrolled[at] = { participant: event.participant, leaving: true };
      return draft;
    }
    case "Left":
      free(draft.enrolled, event);
      return draft;
    case "Misconduct": {
      const { round, participant, reporter, kind } = event;
      return { ...draft, misconduct: [...(draft.misconduct ?? []), { round, participant, reporter, kind }] };
    }
    case "BondLocked":
    case "BondReleased":
    case "Slashed":
      return draft;
    case "RoundOpened":
      draft.rounds.push(opened(event, draft));
      return draft;
    case "RoundFinalized": {
      const round = replace(draft, finalized(event, roundOf(event, draft), draft));
      const { modelRoot, historyHead } = event;
      return {
        ...draft,
        modelRoot,
        modelContentId: round.proposal!.contentId,
        historyHead,
        complete: isComplete(draft),
      };
    }
    case "RoundInvalidated": {
      const round = roundOf(event, draft);
      if (hasEnded(round)) throw impossible(event, `the round is ${round.phase}`);
      replace(draft, { ...round, phase: "invalidated", invalidReason: event.reason });
      return { ...draft, historyHead: event.historyHead, complete: isComplete(draft) };
    }
    case "Demanded":
    case "ChunkShown":
    case "NodesShown":
    case "DemandReturned":
      replace(draft, demanded(event, roundOf(event, draft, draft.rounds.length)));
      return draft;
    default:
      replace(draft, advanced(event, roundOf(event, draft), draft));
      return draft;
  }
}

function isComplete({ rounds, rules }: Draft): boolean {
  return rounds.length === rules.rounds && rounds.slice(-2).every(hasEnded);
}

function created(event: EventOf<"TaskCreated">): Draft {
  const { taskId, creator, rules, spec, modelRoot } = event;
  return {
    taskId,
    creator,
    rules,
    spec,
    initialModelRoot: modelRoot,
    modelRoot,
    enrolled: [],
    rounds: [],
    historyHead: zeroBytes32,
    complete: false,
  };
}

/** Puts a participant on its place: a new one at the end, a known one where it moves to, whoever is there changing places with it. */
function place(places: Place[], event: EventOf<"Enrolled">): void {
  const { participant, index } = event;
  const from = placeOf(places, participant);
  if (from < 0) {
    if (index !== places.length) throw impossible(event, `the next free place is ${places.length}`);
    places.push({ participant, leaving: false });
    return;
  }
  const other = places[index];
  if (other === undefined) throw impossible(event, `there is no place ${index}`);
  places[index] = places[from]!;
  places[from] = other;
}

/** Frees a place: the last participant takes it, as in the contract's list. */
function free(places: Place[], event: EventOf<"Left">): void {
  const at = placeOf(places, event.participant);
  if (at < 0) throw impossible(event, "the participant is not enrolled");
  const last = places.pop()!;
  if (at < places.length) places[at] = last;
}

function opened(event: EventOf<"RoundOpened">, { rounds, rules, enrolled }: Draft): RoundView {
  const previous = rounds.at(-1);
  const running = rounds.slice(-2).find((round) => !hasEnded(round));
  const mayOverlap = rules.pipelined && running === previous && running?.phase === "proposed";
  if (running !== undefined && !mayOverlap) throw impossible(event, `round ${running.round} has not ended`);
  if (event.round !== (previous?.round ?? 0) + 1) throw impossible(event, `the last round was ${previous?.round ?? 0}`);
  if (event.round > rules.rounds) throw impossible(event, `the task has ${rules.rounds} rounds`);
  if (event.enrolled !== enrolled.length) throw impossible(event, `${enrolled.length} participants are enrolled`);
  if (event.drawn > event.enrolled) throw impossible(event, "more are drawn than enrolled");
  const { round, baseModelRoot, seed, drawn, commitDeadlineS, blockNumber } = event;
  return {
    round,
    phase: "open",
    baseModelRoot,
    seed,
    enrolled: event.enrolled,
    drawn,
    openedAtBlock: blockNumber,
    commitDeadlineS,
    commitments: [],
    totalWeight: 0n,
    accumulator: event.accumulator,
  };
}

function advanced(
  event: EventOf<
    "Advertised" | "Committed" | "RoundClosed" | "AggregatorAssigned" | "Opened" | "Proposed" | "Challenged"
  >,
  round: RoundView,
  { enrolled: places, rules }: Draft,
): RoundView {
  const expect = (...phases: RoundView["phase"][]): void => {
    if (!phases.includes(round.phase)) throw impossible(event, `the round is ${round.phase}`);
  };
  const expectDrawn = ({ participant, slot }: { readonly participant: Address; readonly slot: number }): void => {
    if (slot >= round.drawn) throw impossible(event, `slot ${slot} was not drawn`);
    if (placeOf(places, participant) < 0) throw impossible(event, "the participant is not enrolled");
  };
  switch (event.name) {
    case "Advertised":
      expect("open");
      expectDrawn(event);
      return advertised(event, round, rules);
    case "Committed": {
      expect("open");
      expectDrawn(event);
      requireKey(event, round, rules);
      const { taskId, participant, slot, weight, updateRoot, contentId } = event;
      if (round.commitments.some((other) => other.slot === slot || other.participant === participant)) {
        throw impossible(event, "the participant or its slot has committed");
      }
      const commitment = { taskId, round: round.round, participant, slot, weight, updateRoot, contentId };
      const totalWeight = round.totalWeight + BigInt(weight);
      const accumulator = extendAccumulator(round.accumulator, commitment);
      return { ...round, commitments: [...round.commitments, commitment], totalWeight, accumulator };
    }
    case "RoundClosed":
      expect("open");
      return { ...round, phase: "aggregating" };
    case "AggregatorAssigned": {
      expect("aggregating", "proposed");
      const { attempt, aggregator, deadlineS } = event;
      if (attempt !== (round.assignment === undefined ? 0 : round.assignment.attempt + 1)) {
        throw impossible(event, `attempt ${attempt} does not follow ${round.assignment?.attempt ?? "none"}`);
      }
      const { proposal: _, ...rest } = round;
      return { ...rest, phase: "aggregating", assignment: { attempt, aggregator, deadlineS } };
    }
    case "Opened":
      expect("aggregating");
      return openingsShown(event, round, rules);
    case "Proposed":
      expect("aggregating");
      return proposed(event, round, rules);
    case "Challenged": {
      expect("proposed");
      const { proposal, ...rest } = round;
      const { aggregator, challenger, kind } = event;
      const refuted = [...(round.refuted ?? []), { attempt: proposal!.attempt, aggregator, challenger, kind }];
      return { ...rest, phase: "aggregating", refuted, ...(kind === "withheld" && unshown(round, event)) };
    }
  }
}

function finalized(event: EventOf<"RoundFinalized">, round: RoundView, { rounds }: Draft): RoundView {
  if (round.phase !== "proposed") throw impossible(event, `the round is ${round.phase}`);
  const before = rounds.at(rounds.indexOf(round) - 1);
  if (before !== undefined && before !== round && before.round < round.round && !hasEnded(before)) {
    throw impossible(event, `round ${before.round} has not ended`);
  }
  const { modelRoot, attesters, evaluations } = event;
  return { ...round, phase: "finalized", result: { modelRoot, attesters, evaluations } };
}

/** The round that an event names, which must be one of the newest. */
function roundOf(event: TaskEvent & { round: number }, draft: Draft, newest = 2): RoundView {
  const round = draft.rounds.findLast((candidate) => candidate.round === event.round);
  if (round === undefined || draft.rounds.length - draft.rounds.indexOf(round) > newest) {
    throw impossible(event, `the current round is ${draft.rounds.at(-1)?.round ?? 0}`);
  }
  return round;
}

function replace(draft: Draft, round: RoundView): RoundView {
  draft.rounds[draft.rounds.findLastIndex((candidate) => candidate.round === round.round)] = round;
  return round;
}

function placeOf(places: readonly Place[], participant: Address): number {
  return places.findIndex((entry) => entry.participant === participant);
}
