import { hexEquals } from "../../core/bytes/hex.ts";
import type { Bytes32 } from "../../core/ids.ts";
import { countSlots, judgingSlots } from "../../core/record/quorum.ts";
import { turnOf } from "../../core/record/rotation.ts";
import type { Reason } from "../../core/records.ts";
import { zeroBytes32 } from "../../core/words/commitment.ts";
import { extendHeads } from "../record/audit-head.ts";
import { leastToClose } from "../record/least-to-close.ts";
import type { EventOf, RoundDraft, Walk } from "../record/task-record.ts";

/**
 * Why the round's latest assignment came to no result, where it did not; `struck`: its proposal was proven wrong just
 * before.
 */
export function reasonNow({ proposal }: Pick<RoundDraft, "proposal">, struck: boolean): Reason {
  return struck ? "proven-wrong" : proposal ? "not-attested" : "no-proposal";
}

/** Hash of the proposal that stands, or was struck just before; zero where there is none. */
export function standingOf({ proposal, superseded }: RoundDraft, struck: boolean): Bytes32 {
  return (struck ? superseded.at(-1) : proposal)?.hash ?? zeroBytes32;
}

/** An assignment: the next attempt of a round with enough updates, in time, of whose turn it is. */
export function checkAssignment(walk: Walk, draft: RoundDraft, event: EventOf<"AggregatorAssigned">): void {
  const { rules } = walk;
  const { log, assignments } = draft;
  const struck = walk.proof?.draft === draft;
  const reason = reasonNow(draft, struck);
  if (assignments.length > 0 && !struck) {
    checkStepTime(draft, event.timestampS);
    if (reason === "no-proposal") missTurn(walk, draft);
  }
  if (event.attempt !== assignments.length || event.attempt >= rules.attempts) {
    log.add({
      code: "ASSIGNMENT_WRONG",
      party: event.aggregator,
      message: `Attempt ${event.attempt} was assigned where attempt ${assignments.length} of ${rules.attempts} was due.`,
      data: { expected: assignments.length, actual: event.attempt, attempts: rules.attempts },
    });
  }
  checkEnough(walk, draft);
  checkTurn(walk, draft, event);
  const expected = event.timestampS === undefined ? event.deadlineS : event.timestampS + rules.aggregateWindowS;
  if (event.deadlineS !== expected) {
    log.add({
      code: "DEADLINE_WRONG",
      message: "The aggregator's deadline is not the assignment's time and the window.",
      data: { expected, actual: event.deadlineS },
    });
  }
  if (assignments.length > 0) {
    const { round, attempt, aggregator } = event;
    const standing = standingOf(draft, struck);
    extendHeads(walk, { kind: "reassigned", round, attempt, aggregator, reason, standing });
  }
  if (draft.proposal) draft.superseded.push(draft.proposal);
  draft.proposal = undefined;
  assignments.push(event);
}

/** The assigned aggregator let its deadline pass: it goes behind the others until it does something. */
export function missTurn({ aggregators }: Walk, { assignments }: RoundDraft): void {
  const last = assignments.at(-1);
  const place = last && aggregators.find(({ account }) => hexEquals(account, last.aggregator));
  if (place) place.idle = true;
}

/** The step before is over: nothing was proposed until the deadline, or no quorum came until its own. */
export function checkStepTime(draft: RoundDraft, timestampS: number | undefined): void {
  const deadlineS = draft.proposal?.attestDeadlineS ?? draft.assignments.at(-1)?.deadlineS;
  if (timestampS === undefined || deadlineS === undefined || timestampS > deadlineS) return;
  draft.log.add({
    code: "STEP_TOO_EARLY",
    message: "The round went on before the deadline of its aggregator, or of the attestations.",
    data: { deadlineS, timestampS },
  });
}

/** Number of the round's updates whose participants are not expelled. */
export function unexpelledIn({ commitments, expelled }: RoundDraft): number {
  return countSlots(judgingSlots({ commitments, expelled }));
}

function checkEnough({ rules }: Walk, draft: RoundDraft): void {
  const least = draft.assignments.length === 0 ? leastToClose(draft, rules) : rules.minUpdates;
  const updates = unexpelledIn(draft);
  if (updates >= least) return;
  draft.log.add({
    code: "TOO_FEW_UPDATES",
    message: `The round went on with ${updates} updates of accounts that are not expelled; it takes ${least}.`,
    data: { updates, minUpdates: least },
  });
}

function checkTurn(
  walk: Walk,
  draft: RoundDraft,
  { aggregator, place, count, attempt }: EventOf<"AggregatorAssigned">,
) {
  const { round, opened } = draft;
  const due = turnOf({ round, attempt, count: opened.aggregators }, walk.aggregators);
  const isDue = due !== undefined && hexEquals(due.aggregator, aggregator) && due.place === place;
  if (isDue && count === opened.aggregators) return;
  draft.log.add({
    code: "ASSIGNMENT_WRONG",
    party: aggregator,
    message: `${aggregator} was assigned by place ${place} of ${count}; by the rotation it was the turn of ${due ? `${due.aggregator} by place ${due.place}` : "nobody"} of ${opened.aggregators}.`,
    data: { expected: due?.aggregator, place: due?.place, count: opened.aggregators },
  });
}
