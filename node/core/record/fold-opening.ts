import { zeroBytes32 } from "../words/commitment.ts";
import { type Draft, expectSame, impossible, type TaskEventOf } from "./fold-draft.ts";
import { mostPassedRounds, nextRoundNumber, ringLength, ringPlace } from "./ring.ts";
import { type RoundView, roundInFlight } from "./task-view.ts";

/** The task with its next round. Throws INVALID_HISTORY. */
export function opened(event: TaskEventOf<"RoundOpened">, draft: Draft): Draft {
  const running = roundInFlight(draft);
  const previous = draft.rounds.at(-1)?.round ?? 0;
  const { round, enrolled, drawn, aggregators, baseModelRoot, drawBlock, commitDeadlineS, start } = event;
  if (running !== undefined) throw impossible(event, `round ${running.round} has not ended`);
  if (draft.complete) throw impossible(event, "the task has its accepted rounds");
  expectNumber(event, previous, draft);
  expectSame(event, "number of participants", enrolled, draft.enrolled.length);
  expectSame(event, "number of aggregators", aggregators, draft.joined.length);
  expectSame(event, "base", baseModelRoot, draft.modelRoot);
  if (drawn > enrolled) throw impossible(event, "more are drawn than enrolled");
  const draws = drawn < enrolled;
  if (draws !== drawBlock > 0) throw impossible(event, draws ? "no block draws" : "everybody is drawn");
  draft.rounds.push({
    round,
    phase: draws ? "drawing" : "open",
    baseModelRoot,
    seed: 0n,
    enrolled,
    drawn,
    aggregators,
    openedAtBlock: event.blockNumber,
    headAtOpening: draft.historyHead,
    ...(event.timestampS === undefined ? {} : { openedAtS: event.timestampS }),
    drawBlock,
    acceptedBefore: draft.accepted,
    commitments: [],
    totalWeight: 0n,
    ...(draws ? begun(0, zeroBytes32) : begun(commitDeadlineS, start)),
  });
  return draft;
}

/**
 * Refuses a number that is not the least above the newest one's whose word's place was free; where the time of the
 * opening was not told, one that passes over a place that never had a word.
 */
function expectNumber(event: TaskEventOf<"RoundOpened">, previous: number, draft: Draft): void {
  const { round, timestampS } = event;
  if (timestampS !== undefined) {
    const due = nextRoundNumber(draft, timestampS);
    if (round !== due) throw impossible(event, `it is round ${round}, not ${due ?? "one of those in reach"}`);
    return;
  }
  const length = ringLength(draft.rules);
  const places = draft.rounds.filter(({ result }) => result).map((each) => ringPlace(each.round, length));
  let due = previous + 1;
  while (due < round && due <= previous + mostPassedRounds && places.includes(ringPlace(due, length))) due++;
  expectSame(event, "round", round, due);
}

/** The round with its draw. Throws INVALID_HISTORY. */
export function drawn(event: TaskEventOf<"RoundDrawn">, round: RoundView): RoundView {
  if (round.phase !== "drawing") throw impossible(event, `the round is ${round.phase}`);
  return { ...round, phase: "open", seed: event.seed, ...begun(event.commitDeadlineS, event.start) };
}

function begun(commitDeadlineS: number, start: RoundView["start"]) {
  return { commitDeadlineS, start, anchor: start, accumulator: start };
}
