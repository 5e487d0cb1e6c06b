import { hexEquals } from "../../core/bytes/hex.ts";
import { itemAt } from "../../core/bytes/items.ts";
import type { Bytes32, RoundNumber } from "../../core/ids.ts";
import { mostPassedRounds, ringLength, ringPlace } from "../../core/record/ring.ts";
import { startValue, zeroBytes32 } from "../../core/words/commitment.ts";
import { drawnCount, slotOf } from "../../core/words/draw.ts";
import { type EventOf, inFlight, logOf, type RoundDraft, type Walk } from "../record/task-record.ts";
import { createFindingLog } from "../replay/findings.ts";

/**
 * Begins a round: its number, base model, size of the draw, deadline and start value must follow from what came before.
 */
export function checkOpening(walk: Walk, event: EventOf<"RoundOpened">): void {
  const { rules, accepted } = walk;
  const running = inFlight(walk);
  if (running) {
    logOf(walk).add({
      code: "PHASE_ORDER",
      message: `RoundOpened of round ${event.round} is out of place: round ${running.round} has not ended.`,
      data: { event: event.name, blockNumber: event.blockNumber, logIndex: event.logIndex },
    });
  }
  const draft = draftRound(walk, event);
  walk.rounds.push(draft);
  if (event.round !== draft.round || accepted >= rules.rounds) {
    draft.log.add({
      code: "PHASE_ORDER",
      message: `Round ${event.round} was opened where round ${draft.round} was due, after ${accepted} of ${rules.rounds} results.`,
      data: { expected: draft.round, actual: event.round, accepted, rounds: rules.rounds },
    });
  }
  if (!walk.models.some((root) => hexEquals(root, event.baseModelRoot))) {
    draft.log.add({
      code: "BASE_MODEL_WRONG",
      message: "The round starts from another model than the last accepted one.",
      data: { expected: walk.models[0], actual: event.baseModelRoot },
    });
  }
  walk.models = walk.models.slice(0, 1);
  checkRing(walk, draft);
  checkSizes(walk, draft);
  if (draft.phase === "drawing") {
    if (event.start !== zeroBytes32 || event.commitDeadlineS !== 0) {
      drawWrong(draft, "a start value or a deadline was told before the draw", { drawBlock: event.drawBlock });
    }
    return;
  }
  checkDeadline(walk, draft, event);
  begin(walk, draft, event);
}

/**
 * The draw that a round waited for: behind its block, from which windows run. That the seed is that block's, the
 * contract has checked.
 */
export function checkDrawn(walk: Walk, draft: RoundDraft, event: EventOf<"RoundDrawn">): void {
  draft.seed = event.seed;
  draft.phase = "open";
  if (event.blockNumber <= draft.opened.drawBlock) {
    draft.log.add({
      code: "STEP_TOO_EARLY",
      message: "The round was drawn before the block that draws.",
      data: { drawBlock: draft.opened.drawBlock, blockNumber: event.blockNumber },
    });
  }
  checkDeadline(walk, draft, event);
  begin(walk, draft, event);
}

/** The slot of an account in the round by the draw's permutation; undefined without a place in it. */
export function slotIn({ places, opened, seed }: RoundDraft, account: string): number | undefined {
  const index = places.get(account.toLowerCase());
  const { enrolled, drawn } = opened;
  const drawable = drawn <= enrolled && enrolled > 0 && seed >= 0n && seed < 1n << 64n;
  if (index === undefined || index >= enrolled || !drawable) return undefined;
  return slotOf(index, enrolled, drawn, seed);
}

function draftRound(walk: Walk, opened: EventOf<"RoundOpened">): RoundDraft {
  const { rules, participants, rounds, heads, accepted } = walk;
  const round = dueNumber(rounds, rules, opened);
  const waits = rules.drawDelayBlocks > 0 && opened.drawn < opened.enrolled;
  return {
    round,
    phase: waits ? "drawing" : "open",
    opened,
    drawn: opened.drawn,
    seed: 0n,
    start: opened.start,
    commitDeadlineS: opened.commitDeadlineS,
    acceptedBefore: accepted,
    headsBefore: heads,
    anchors: [zeroBytes32],
    accumulators: [zeroBytes32],
    advertisements: [],
    commitments: [],
    expelled: 0n,
    assignments: [],
    superseded: [],
    isVoid: false,
    members: [],
    places: new Map(participants.map(({ account }, index) => [account.toLowerCase(), index])),
    drawTrusted: true,
    events: [],
    log: createFindingLog(walk.taskId, round),
  };
}

/** The acceptance whose word stands in the place of a round, of those before it. */
function wordAt(
  rounds: readonly RoundDraft[],
  rules: Walk["rules"],
  number: RoundNumber,
): EventOf<"RoundAccepted"> | undefined {
  const length = ringLength(rules);
  const place = ringPlace(number, length);
  const last = rounds.findLast(
    ({ round, ended }) => round < number && ended?.name === "RoundAccepted" && ringPlace(round, length) === place,
  );
  return last?.ended?.name === "RoundAccepted" ? last.ended : undefined;
}

/**
 * The number that a round had to have: the least above the newest one's in whose place no word was still provable.
 * Where no times are told, it is believed of a number that every one below it had such a word once.
 */
function dueNumber(
  rounds: readonly RoundDraft[],
  rules: Walk["rules"],
  { round, timestampS }: EventOf<"RoundOpened">,
): RoundNumber {
  const next = (rounds.at(-1)?.round ?? 0) + 1;
  const isTaken = (number: RoundNumber): boolean => {
    const word = wordAt(rounds, rules, number);
    if (word === undefined) return false;
    return timestampS === undefined ? number < round : timestampS <= word.provableUntilS;
  };
  for (let number = next; number <= next + mostPassedRounds; number++) if (!isTaken(number)) return number;
  return next;
}

/** The word that the round would take is past its window. */
function checkRing(walk: Walk, draft: RoundDraft): void {
  const ended = wordAt(walk.rounds, walk.rules, draft.round);
  const { timestampS } = draft.opened;
  if (ended === undefined || timestampS === undefined || timestampS > ended.provableUntilS) return;
  draft.log.add({
    code: "STEP_TOO_EARLY",
    message: `The round was opened while round ${ended.round}, whose word it would take, could still be proven wrong.`,
    data: { round: ended.round, provableUntilS: ended.provableUntilS, timestampS },
  });
}

function checkSizes(walk: Walk, draft: RoundDraft): void {
  const { rules, participants } = walk;
  const { enrolled, drawn, aggregators, drawBlock, blockNumber } = draft.opened;
  const expected = drawnCount(rules, participants.length);
  const block = draft.phase === "drawing" ? blockNumber + rules.drawDelayBlocks : 0;
  const isRight =
    enrolled === participants.length && drawn === expected && drawBlock === block && enrolled >= rules.minUpdates;
  if (isRight && aggregators === walk.aggregators.length) return;
  drawWrong(draft, `it took ${drawn} of ${enrolled}, where the record has ${expected} of ${participants.length}`, {
    ...{ enrolled, drawn, expectedEnrolled: participants.length, expectedDrawn: expected },
    ...{ aggregators, expectedAggregators: walk.aggregators.length, drawBlock, expectedBlock: block },
  });
}

function checkDeadline({ rules }: Walk, draft: RoundDraft, event: EventOf<"RoundOpened" | "RoundDrawn">): void {
  const { timestampS, commitDeadlineS } = event;
  draft.commitDeadlineS = commitDeadlineS;
  const windowS = rules.keyWindowS + rules.commitWindowS;
  if (timestampS === undefined || commitDeadlineS === timestampS + windowS) return;
  draft.log.add({
    code: "DEADLINE_WRONG",
    message: "The deadline for commitments is not the time of the opening, or of the draw, and the window.",
    data: { expected: timestampS + windowS, actual: commitDeadlineS },
  });
}

/** The round is open: who is in it follows, and its start value must. */
function begin(walk: Walk, draft: RoundDraft, { start }: EventOf<"RoundOpened" | "RoundDrawn">): void {
  const { opened, seed, round, headsBefore } = draft;
  const { baseModelRoot, enrolled, drawn } = opened;
  for (const { account } of walk.participants) {
    const slot = slotIn(draft, account);
    if (slot !== undefined && slot < drawn) draft.members.push(account);
  }
  const starts = headsBefore.map((historyHead): Bytes32 => {
    const about = { ...walk.deployment, taskId: walk.taskId, round, historyHead };
    return startValue({ ...about, baseModelRoot, seed, enrolled, drawn });
  });
  draft.start = start;
  draft.anchors = [start];
  if (!starts.some((each) => hexEquals(each, start))) {
    draft.anchors = [itemAt(starts, 0), start];
    draft.drawTrusted = false;
    draft.log.add({
      code: "ACCUMULATOR_WRONG",
      message: "The round's start value does not follow from the history and its opening.",
      data: { expected: starts[0], actual: start },
    });
  }
  draft.accumulators = draft.anchors;
}

function drawWrong(draft: RoundDraft, what: string, data: Readonly<Record<string, number>>): void {
  draft.drawTrusted = false;
  draft.log.add({ code: "DRAW_WRONG", message: `The draw is not what the record gives: ${what}.`, data });
}
