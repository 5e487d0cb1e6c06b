import { hexEquals } from "../../core/bytes/hex.ts";
import { mayCommit, slotsOf } from "../../core/record/round-keys.ts";
import { extendAccumulator } from "../../core/words/commitment.ts";
import { isShortOfKeys } from "../record/least-to-close.ts";
import { type EventOf, type RoundDraft, type Walk, weightOf } from "../record/task-record.ts";
import type { FindingInput } from "../replay/findings.ts";
import { checkBudget } from "./check-budget.ts";
import { checkKeyed, keysOf } from "./check-keys.ts";
import { checkRight } from "./check-right.ts";

/** One commitment: in time, by a drawn participant, once, with its slot, a weight in range, within the budget. */
export function checkCommitment(walk: Walk, draft: RoundDraft, event: EventOf<"Committed">): void {
  const { rules } = walk;
  const { participant, slot, weight, updateRoot, contentId, timestampS } = event;
  const find = (finding: FindingInput) => draft.log.add({ party: participant, ...finding });
  if (timestampS !== undefined && timestampS > draft.commitDeadlineS) {
    find({
      code: "COMMITMENT_LATE",
      message: `${participant} committed after the deadline.`,
      data: { deadlineS: draft.commitDeadlineS, timestampS },
    });
  }
  checkRight(walk, draft, event, find);
  checkKeyed(walk, draft, event, find);
  if (weight < 1 || weight > rules.maxWeight) {
    find({
      code: "WEIGHT_OUT_OF_RANGE",
      message: `${participant} committed with weight ${weight}, outside 1 to ${rules.maxWeight}.`,
      data: { weight, maxWeight: rules.maxWeight },
    });
  }
  if (draft.commitments.some((other) => hexEquals(other.participant, participant))) {
    find({ code: "COMMITTED_TWICE", message: `${participant} committed twice in one round.` });
  } else checkBudget(walk, draft, event, find);
  const commitment = { taskId: walk.taskId, round: draft.round, participant, slot, weight, updateRoot, contentId };
  draft.commitments.push(commitment);
  draft.accumulators = draft.accumulators.map((accumulator) => extendAccumulator(accumulator, commitment));
}

/** The closing: the set, its weight and the accumulator must be those of the commitments, and not before its time. */
export function checkClosing(walk: Walk, draft: RoundDraft, event: EventOf<"RoundClosed">): void {
  draft.closed = event;
  const { log, commitments } = draft;
  const committed = slotsOf(commitments);
  if (committed !== event.committed) {
    log.add({
      code: "COMMITTED_SET_WRONG",
      message: "The set of updates at the closing is not that of the commitments.",
      data: { expected: committed, actual: event.committed },
    });
  }
  const totalWeight = weightOf(commitments);
  if (totalWeight !== event.totalWeight) {
    log.add({
      code: "TOTAL_WEIGHT_WRONG",
      message: `The total weight at the closing is ${event.totalWeight}; the commitments weigh ${totalWeight}.`,
      data: { expected: totalWeight, actual: event.totalWeight },
    });
  }
  const agreeing = draft.accumulators.filter((accumulator) => hexEquals(accumulator, event.accumulator));
  if (agreeing.length === 0) {
    log.add({
      code: "ACCUMULATOR_WRONG",
      message: "The commitments do not add up to the accumulator at the closing.",
      data: { expected: draft.accumulators[0], actual: event.accumulator },
    });
  }
  draft.accumulators = agreeing.length > 0 ? agreeing : [...draft.accumulators, event.accumulator];
  checkClosingTime(walk, draft, event.timestampS);
}

/** A round ends its commitments when the deadline has passed, or nobody can commit any more. */
export function checkClosingTime(walk: Walk, draft: RoundDraft, timestampS: number | undefined): void {
  const { commitDeadlineS: deadlineS } = draft;
  if (timestampS === undefined || timestampS > deadlineS || isCommittingOver(walk, draft, timestampS)) return;
  draft.log.add({
    code: "STEP_TOO_EARLY",
    message: "The round was closed before its deadline, while participants could still commit.",
    data: { deadlineS, timestampS, committed: draft.commitments.length, drawn: draft.opened.drawn },
  });
}

/** All that may have committed; with a key window also: too few have advertised for the round to go on. */
function isCommittingOver({ rules }: Walk, draft: RoundDraft, nowS: number): boolean {
  return draft.commitments.length >= mayCommit(keysOf(draft), rules, nowS) || isShortOfKeys(draft, rules, nowS);
}
