import { lastOf } from "../bytes/items.ts";
import type { Address } from "../ids.ts";
import { type Draft, expectSame, impossible, replaceRound, type TaskEventOf } from "./fold-draft.ts";
import { startLeaving } from "./fold-places.ts";
import { extendHistory } from "./history-head.ts";
import { type RoundView, roundInFlight } from "./task-view.ts";

/**
 * The task with a proposal struck: a standing one is gone; that an accepted one is rolled back is told behind it.
 * Throws INVALID_HISTORY.
 */
export function struck(event: TaskEventOf<"Struck">, draft: Draft): Draft {
  const round = draft.rounds.findLast((each) => each.round === event.round);
  const { aggregator, prover, kind, index, offender } = event;
  if (round?.proposal === undefined || (round.phase !== "proposed" && round.phase !== "accepted")) {
    throw impossible(event, "the round has no proposal that stands");
  }
  expectSame(event, "aggregator", aggregator, round.proposal.aggregator);
  const { attempt, hash } = round.proposal;
  const fallen: RoundView = {
    ...round,
    struck: [...(round.struck ?? []), { attempt, aggregator, prover, kind, index, hash }],
  };
  const { proposal: _, ...without } = fallen;
  replaceRound(draft, round.phase === "proposed" ? { ...without, phase: "aggregating" } : fallen);
  const rollsBack = round.phase === "accepted" && !round.void;
  return {
    ...draft,
    unfinished: { call: "strike", round: round.round, kind, index, proposalHash: hash, offender, rollsBack },
  };
}

/**
 * The task with all accepted rounds from the struck one on void, and the model that it started from. Throws
 * INVALID_HISTORY.
 */
export function rolledBack(event: TaskEventOf<"RolledBack">, draft: Draft): Draft {
  const { unfinished, rounds } = draft;
  if (unfinished?.call !== "strike" || !unfinished.rollsBack || unfinished.rolledBack !== undefined) {
    throw impossible(event, "no accepted round was struck");
  }
  if (roundInFlight(draft) !== undefined) throw impossible(event, "a round is in flight");
  const from = rounds.findLast(({ round }) => round === unfinished.round);
  if (from === undefined) throw impossible(event, "the struck round is none of the task's");
  const { firstRound, lastRound } = event;
  expectSame(event, "first round", firstRound, from.round);
  expectSame(event, "last round", lastRound, lastOf(rounds).round);
  expectSame(event, "model", event.modelRoot, from.baseModelRoot);
  rounds
    .filter(({ round, phase }) => round >= firstRound && phase === "accepted")
    .forEach((round) => {
      replaceRound(draft, { ...round, void: true });
    });
  const { modelContentId: _, ...rest } = draft;
  const base = rounds.findLast(({ result, void: isVoid }) => result !== undefined && !isVoid)?.proposal;
  return {
    ...rest,
    modelRoot: from.baseModelRoot,
    ...(base === undefined ? {} : { modelContentId: base.contentId }),
    accepted: from.acceptedBefore,
    complete: from.acceptedBefore >= draft.rules.rounds,
    unfinished: { ...unfinished, rolledBack: { firstRound, lastRound } },
  };
}

/** The task with a member expelled, by a strike or apart from one. Throws INVALID_HISTORY. */
export function expelled(event: TaskEventOf<"MemberExpelled">, draft: Draft): Draft {
  const { round, account, kind, amountWei } = event;
  const { expelled: before = [], unfinished } = draft;
  if (before.some((each) => each.account === account)) throw impossible(event, "the account was expelled already");
  startLeaving(account, draft);
  markExpelled(account, draft);
  const after = { ...draft, expelled: [...before, { round, account, kind, amountWei }] };
  if (unfinished === undefined) return { ...after, unfinished: { call: "expel", round, account, kind } };
  if (unfinished.call === "strike") expectSame(event, "round", round, unfinished.round);
  return after;
}

/** Marks the slot of an account in the round in flight, if it has committed there. */
function markExpelled(account: Address, draft: Draft): void {
  const running = roundInFlight(draft);
  const theirs = running?.commitments.find(({ participant }) => participant === account);
  if (running === undefined || theirs === undefined) return;
  replaceRound(draft, { ...running, expelled: (running.expelled ?? 0n) | (1n << BigInt(theirs.slot)) });
}

/**
 * The task behind a proof, whose last event this is, and the only one that names the prover of all. Throws
 * INVALID_HISTORY.
 */
export function rewarded(event: TaskEventOf<"Rewarded">, draft: Draft): Draft {
  const { unfinished, ...rest } = draft;
  if (unfinished === undefined || unfinished.call === "free-places") throw impossible(event, "nothing was proven");
  const { prover } = event;
  const { round, kind: proof } = unfinished;
  if (unfinished.call === "expel") {
    const entry = { kind: "expelled", round, account: unfinished.account, proof, prover } as const;
    return { ...rest, historyHead: extendHistory(draft.historyHead, entry) };
  }
  const { index, rollsBack, rolledBack, proposalHash, offender } = unfinished;
  if (rollsBack && rolledBack === undefined) throw impossible(event, "the roll-back is not told");
  const { firstRound: firstVoid = 0, lastRound: lastVoid = 0 } = rolledBack ?? {};
  const about = { round, proof, index, prover, firstVoid, lastVoid, proposalHash, offender };
  const entry = { kind: "struck", ...about } as const;
  return { ...rest, historyHead: extendHistory(draft.historyHead, entry) };
}
