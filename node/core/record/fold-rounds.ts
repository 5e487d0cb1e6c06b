import type { Address, Bytes32 } from "../ids.ts";
import { modeOf } from "../modes/mode-of.ts";
import type { Reason } from "../records.ts";
import { extendAccumulator, extendAnchor, proposalHash, wordHash, zeroBytes32 } from "../words/commitment.ts";
import { inputsOf } from "./evidence.ts";
import { type Draft, expectSame, impossible, replaceRound, type TaskEventOf } from "./fold-draft.ts";
import { drawn } from "./fold-opening.ts";
import { setIdle } from "./fold-places.ts";
import { extendHistory } from "./history-head.ts";
import { hasTooFewLeft } from "./quorum.ts";
import { turnOf } from "./rotation.ts";
import { openingsLength, survivingSlots } from "./round-keys.ts";
import type { TaskEvent } from "./task-events.ts";
import { hasEnded, type RoundView } from "./task-view.ts";

type InRound = "RoundDrawn" | "Advertised" | "Committed" | "RoundClosed" | "AggregatorAssigned" | "Proposed";

/** Throws INVALID_HISTORY where an event names another head than the one that was reckoned. */
function expectHead(event: TaskEventOf<"RoundAccepted" | "RoundInvalid">, reckoned: Bytes32): void {
  const { historyHead: named } = event;
  if (named !== reckoned) throw impossible(event, `it names the history head ${named}, not ${reckoned}`);
}

/** The newest round, which an event must name. Throws INVALID_HISTORY. */
export function roundOf(event: TaskEvent & { readonly round: number }, { rounds }: Draft): RoundView {
  const newest = rounds.at(-1);
  if (newest?.round !== event.round) throw impossible(event, `the newest round is ${newest?.round ?? 0}`);
  return newest;
}

/** The task after a step within its newest round. Throws INVALID_HISTORY. */
export function advanced(event: TaskEventOf<InRound>, round: RoundView, draft: Draft): Draft {
  switch (event.name) {
    case "RoundDrawn":
      replaceRound(draft, drawn(event, round));
      return draft;
    case "Advertised": {
      replaceRound(draft, advertised(event, round, draft));
      if (!draft.shareKeys.has(event.participant)) return draft;
      const shareKeys = new Map(draft.shareKeys);
      shareKeys.delete(event.participant);
      return { ...draft, shareKeys };
    }
    case "Committed":
      replaceRound(draft, committed(event, round, draft));
      return draft;
    case "RoundClosed":
      replaceRound(draft, closed(event, round));
      return draft;
    case "AggregatorAssigned":
      return assigned(event, round, draft);
    case "Proposed":
      replaceRound(draft, proposed(event, round, draft));
      setIdle(event.proposal.aggregator, false, draft);
      return draft;
  }
}

function expectPhase(event: TaskEvent, { phase }: RoundView, ...phases: RoundView["phase"][]): void {
  if (!phases.includes(phase)) throw impossible(event, `the round is ${phase}`);
}

function expectDrawn(event: TaskEventOf<"Advertised" | "Committed">, round: RoundView, { enrolled }: Draft): void {
  if (event.slot >= round.drawn) throw impossible(event, `slot ${event.slot} was not drawn`);
  if (!enrolled.some(({ account }) => account === event.participant)) {
    throw impossible(event, "the participant is not enrolled");
  }
}

function advertised(event: TaskEventOf<"Advertised">, round: RoundView, draft: Draft): RoundView {
  const { taskId, participant, slot, maskKey, seedHash, sharesId, shareKey, signature } = event;
  const { advertisements = [] } = round;
  expectPhase(event, round, "open");
  expectDrawn(event, round, draft);
  if (draft.rules.keyWindowS === 0) throw impossible(event, "the task has no time for keys");
  if (round.commitments.length > 0) throw impossible(event, "commitments have come already");
  if (advertisements.some((other) => other.slot === slot || other.participant === participant)) {
    throw impossible(event, "the participant or its slot has advertised");
  }
  const keys = { taskId, round: round.round, participant, slot, maskKey, seedHash, sharesId, shareKey };
  const anchor = extendAnchor(round.anchor, keys);
  return { ...round, advertisements: [...advertisements, { ...keys, signature }], anchor, accumulator: anchor };
}

function committed(event: TaskEventOf<"Committed">, round: RoundView, draft: Draft): RoundView {
  const { taskId, participant, slot, weight, updateRoot, contentId } = event;
  const isTheirs = (each: { readonly participant: Address; readonly slot: number }) =>
    each.participant === participant && each.slot === slot;
  expectPhase(event, round, "open");
  expectDrawn(event, round, draft);
  if (modeOf(draft.rules).keys === "each" && !round.advertisements?.some(isTheirs)) {
    throw impossible(event, "the participant has not advertised");
  }
  if (round.commitments.some((other) => other.slot === slot || other.participant === participant)) {
    throw impossible(event, "the participant or its slot has committed");
  }
  const commitment = { taskId, round: round.round, participant, slot, weight, updateRoot, contentId };
  const totalWeight = round.totalWeight + BigInt(weight);
  const accumulator = extendAccumulator(round.accumulator, commitment);
  return { ...round, commitments: [...round.commitments, commitment], totalWeight, accumulator };
}

function closed(event: TaskEventOf<"RoundClosed">, round: RoundView): RoundView {
  expectPhase(event, round, "open");
  expectSame(event, "committed slots", event.committed, survivingSlots(round));
  expectSame(event, "total weight", event.totalWeight, round.totalWeight);
  expectSame(event, "accumulator", event.accumulator, round.accumulator);
  return { ...round, phase: "aggregating" };
}

/** Why an assignment is over, if it is now; undefined before the first. */
function endOfTurn({ phase, assignment, struck }: RoundView): Reason | undefined {
  if (assignment === undefined) return undefined;
  if (phase === "proposed") return "not-attested";
  return struck?.at(-1)?.attempt === assignment.attempt ? "proven-wrong" : "no-proposal";
}

/** Hash of the proposal that stands, or was struck right now; zero where there is none. */
function standingOf(round: RoundView): Bytes32 {
  const { phase, proposal, struck } = round;
  const lastStruck = endOfTurn(round) === "proven-wrong" ? struck?.at(-1) : undefined;
  return (phase === "proposed" ? proposal : lastStruck)?.hash ?? zeroBytes32;
}

function assigned(event: TaskEventOf<"AggregatorAssigned">, round: RoundView, draft: Draft): Draft {
  expectPhase(event, round, "aggregating", "proposed");
  const { attempt, aggregator, place, count, deadlineS } = event;
  const reason = endOfTurn(round);
  expectSame(event, "attempt", attempt, round.assignment === undefined ? 0 : round.assignment.attempt + 1);
  if (attempt >= draft.rules.attempts) throw impossible(event, `the task has ${draft.rules.attempts} attempts`);
  if (round.assignment && reason === "no-proposal") setIdle(round.assignment.aggregator, true, draft);
  const turn = turnOf({ round: round.round, attempt, count: round.aggregators }, draft.joined);
  if (turn === undefined) throw impossible(event, "no aggregator can be assigned");
  expectSame(event, "number of aggregators", count, round.aggregators);
  expectSame(event, "place", place, turn.place);
  expectSame(event, "aggregator", aggregator, turn.aggregator);
  const { proposal: _, ...rest } = round;
  replaceRound(draft, { ...rest, phase: "aggregating", assignment: { attempt, aggregator, place, count, deadlineS } });
  if (reason === undefined) return draft;
  const entry = {
    kind: "reassigned",
    round: round.round,
    attempt,
    aggregator,
    reason,
    standing: standingOf(round),
  } as const;
  return { ...draft, historyHead: extendHistory(draft.historyHead, entry) };
}

function proposed(event: TaskEventOf<"Proposed">, round: RoundView, { rules }: Draft): RoundView {
  const { taskId, accumulator, openings, proposal, attestDeadlineS } = event;
  expectPhase(event, round, "aggregating");
  if (round.assignment === undefined) throw impossible(event, "nobody is assigned");
  expectSame(event, "attempt", proposal.attempt, round.assignment.attempt);
  expectSame(event, "aggregator", proposal.aggregator, round.assignment.aggregator);
  expectSame(event, "accumulator", accumulator, round.accumulator);
  expectSame(event, "length of the openings", openings.length / 2 - 1, openingsLength(round, rules));
  const hash = proposalHash(taskId, round.round, accumulator, openings, proposal);
  return { ...round, phase: "proposed", proposal: { ...proposal, hash, attestDeadlineS, openings } };
}

/** The task with its newest round accepted. Throws INVALID_HISTORY. */
export function accepted(event: TaskEventOf<"RoundAccepted">, round: RoundView, draft: Draft): Draft {
  expectPhase(event, round, "proposed");
  if (hasTooFewLeft(round, draft.rules)) throw impossible(event, "too few of those who committed are left");
  const { modelRoot, attesters, provableUntilS } = event;
  const { proposal } = round;
  if (proposal === undefined) throw impossible(event, "nothing is proposed");
  expectSame(event, "model", modelRoot, proposal.modelRoot);
  const hash = wordHash(inputsOf(draft.taskId, round), proposal.hash, attesters);
  const entry = { kind: "accepted", round: round.round, wordHash: hash } as const;
  const historyHead = extendHistory(draft.historyHead, entry);
  expectHead(event, historyHead);
  replaceRound(draft, { ...round, phase: "accepted", result: { modelRoot, attesters, provableUntilS } });
  const count = draft.accepted + 1;
  return {
    ...draft,
    modelRoot,
    modelContentId: proposal.contentId,
    accepted: count,
    historyHead,
    complete: count >= draft.rules.rounds,
  };
}

/** The task with its newest round ended without a model. Throws INVALID_HISTORY. */
export function invalidated(event: TaskEventOf<"RoundInvalid">, round: RoundView, draft: Draft): Draft {
  if (hasEnded(round)) throw impossible(event, `the round is ${round.phase}`);
  const { reason } = event;
  const isInStrike = draft.unfinished?.call === "strike" && draft.unfinished.rollsBack;
  if ((reason === "rolled-back") !== isInStrike) throw impossible(event, `the reason cannot be ${reason}`);
  const { anchor, accumulator, assignment } = round;
  const missed = reason === "no-proposal" || reason === "no-aggregator";
  if (missed && assignment && endOfTurn(round) === "no-proposal") setIdle(assignment.aggregator, true, draft);
  const standing = standingOf(round);
  const entry = { kind: "invalid", round: round.round, reason, anchor, accumulator, standing } as const;
  const historyHead = extendHistory(draft.historyHead, entry);
  expectHead(event, historyHead);
  replaceRound(draft, { ...round, phase: "invalid", invalidReason: reason });
  return { ...draft, historyHead };
}
