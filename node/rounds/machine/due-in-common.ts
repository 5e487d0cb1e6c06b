import { hexEquals } from "../../core/bytes/hex.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import { isProvable, type RoundView, roundInFlight } from "../../core/record/task-view.ts";
import type { ChainCall, Head } from "../../ports/chain.ts";
import type { ProofCall } from "../../ports/proof-calls.ts";
import { hasProposal, isProposed, isStruck, type ProposedRound, subjectOf } from "../blobs/proposed-round.ts";
import { isFoundWrong, isOpenQuestion, type Purse } from "../court/court-state.ts";
import { dueRegistration, replacement } from "../state/contact.ts";
import { hasRole, isSettled, type RoundState } from "../state/round-state.ts";
import type { NotedPush, PushCall } from "../steps/push.ts";
import { commitmentOf, isExpelled, memberPlaceOf } from "../steps/round-queries.ts";
import { isMyTurn } from "../steps/turns.ts";
import type { Outcome } from "./machine.ts";

/** What every role does. */
export type CommonAction =
  | { readonly kind: "send"; readonly key: string; readonly call: ChainCall }
  | { readonly kind: "push"; readonly key: string; readonly call: PushCall }
  /** Takes a place in the task, with the bond that it asks for. */
  | { readonly kind: "enter"; readonly key: string; readonly role: "participant" | "aggregator" }
  /** Recomputes a proposal. */
  | { readonly kind: "judge"; readonly key: string; readonly subject: string; readonly round: ProposedRound }
  | { readonly kind: "prove"; readonly key: string; readonly call: ProofCall }
  /** Looks at the account's bond and credit, and takes what is free. */
  | { readonly kind: "collect"; readonly key: string; readonly of: string }
  /** Measures an accepted model on the task's public test set. */
  | { readonly kind: "measure"; readonly key: string; readonly subject: string; readonly round: ProposedRound };

/** The registry's record of this node, where it is not as it should be. */
export function dueContact(state: RoundState): readonly CommonAction[] {
  const { me, options, members } = state;
  const call = dueRegistration(me, options.contact, members);
  return call === undefined ? [] : [{ kind: "send", key: "register", call }];
}

/**
 * Taking a place: once the account has the role, unless it has one, has left or was expelled, or the task has its
 * rounds.
 */
export function dueEntry(state: RoundState): readonly CommonAction[] {
  const { me, role, view, leaving } = state;
  if (view.complete || leaving || role === "watcher") return [];
  if (!hasRole(state) || memberPlaceOf(view, me) !== undefined || isExpelled(view, me)) return [];
  return [{ kind: "enter", key: `enter:${role}`, role }];
}

/**
 * Judging: the standing proposal, and beside it one accepted round, the earliest that was not judged yet; those that
 * could not be are tried again. Nobody judges its own proposals.
 *
 * @param wishes.must accepted rounds that are to be judged though nothing can be proven of them any more, ascending
 * @param wishes.knows whether an accepted round was found right before
 */
export function dueJudgements(
  { me, head, survey, court }: RoundState,
  wishes: {
    readonly must: readonly ProposedRound[];
    readonly knows: (round: ProposedRound) => boolean;
  } = { must: [], knows: () => false },
): readonly CommonAction[] {
  const live = survey.live.filter(hasProposal);
  const open = [...wishes.must.filter((round) => !live.includes(round)), ...live]
    .filter((round) => !hexEquals(round.proposal.aggregator, me))
    .filter((round) => isProposed(round) || isProvable(round, head.timestampS) || wishes.must.includes(round))
    .filter((round) => isProposed(round) || !(isStruck(round) || wishes.knows(round)))
    .filter((round) => {
      const judgement = court.judgements.get(subjectOf(round));
      // one that was accepted stands again after a reorganisation: to attest to it, its sum must be opened
      return isOpenQuestion(judgement) || (isProposed(round) && judgement?.isSumOnly === true);
    });
  const accepted = open.filter((round) => !isProposed(round));
  const isNew = (round: ProposedRound): boolean => !court.judgements.has(subjectOf(round));
  const first = accepted.find(isNew);
  const chosen = [...open.filter(isProposed), ...(first ? [first] : []), ...accepted.filter((round) => !isNew(round))];
  return chosen.map((round) => {
    const subject = subjectOf(round);
    return { kind: "judge", key: `judge:${round.round}:${subject}`, subject, round };
  });
}

/** Proofs whose turn it is. */
export function dueProving({ me, view, head, proofs, options }: RoundState): readonly CommonAction[] {
  if (options.prove === false) return [];
  return proofs
    .filter((proof) => isMyTurn(proof, me, { view, head }, options))
    .map(({ key, call }) => ({ kind: "prove", key, call }));
}

/**
 * Pushes whose turn it is, but none that makes a proposal accepted that this node found wrong, or builds on one. Who is
 * leaving, or watches, pushes behind all others, so that a round ends though nobody else is there, and opens none.
 */
export function duePushing({ me, view, head, survey, pushes, options, court }: RoundState): readonly CommonAction[] {
  const stays = memberPlaceOf(view, me)?.leaving === false;
  const isWrong = (round: RoundView | undefined): boolean =>
    round !== undefined && hasProposal(round) && isFoundWrong(court.judgements.get(subjectOf(round)));
  const isBarred = ({ call }: NotedPush): boolean => {
    if (call.kind === "accept") return isWrong(roundInFlight(view));
    return call.kind === "openRound" && survey.live.some((round) => isWrong(round) && isStandingBase(round, head));
  };
  return pushes
    .filter((push) => (stays || push.call.kind !== "openRound") && !isBarred(push))
    .filter((push) => isMyTurn({ ...push, outsiders: "last" }, me, { view, head }, options))
    .map(({ key, call }) => ({ kind: "push", key, call }));
}

/** Whether an accepted round is a base of what comes, and can be proven wrong still. */
function isStandingBase(round: RoundView, { timestampS }: Head): boolean {
  return round.void !== true && isProvable(round, timestampS);
}

/**
 * Getting this account's bond and credit out, and before it its place, once it has asked to leave and nobody opens a
 * round that would free it: none is due, or all have let their turns to open it pass.
 */
export function dueCollecting(state: RoundState): readonly CommonAction[] {
  const { me, view, head, pushes, court, options } = state;
  const actions: CommonAction[] = [];
  const isOpening = pushes.some(
    (push) => push.call.kind === "openRound" && !isMyTurn({ ...push, outsiders: "last" }, me, { view, head }, options),
  );
  const isWaiting = memberPlaceOf(view, me)?.leaving === true && !isExpelled(view, me);
  if (isWaiting && roundInFlight(view) === undefined && !isOpening) {
    actions.push({ kind: "send", key: "free-places", call: { kind: "freePlaces", taskId: view.taskId } });
  }
  const of = purseSubject(state);
  if (court.purse?.of !== of || isFree(court.purse, head)) actions.push({ kind: "collect", key: `collect:${of}`, of });
  return actions;
}

/** Whether nothing is left to collect but the bond of a place that this account has. */
export function isCollected(state: RoundState): boolean {
  const { view, me, court } = state;
  if (court.purse?.of !== purseSubject(state)) return false;
  const isOut = memberPlaceOf(view, me) === undefined;
  return court.purse.creditWei === 0n && !(isOut && court.purse.bondWei > 0n && !isExpelled(view, me));
}

/**
 * How the work ended: at once where another node of the account replaced this one's contact, for the two would do so
 * without end; when the task is final and the account's credit paid out; or, of one that has left, when its bond
 * is, and nothing that it has a part in can be proven wrong any more: until then it serves its bytes. Where that is all
 * that is left to do, and the account cannot pay for it, its work has ended, too.
 */
export function outcomeInCommon(state: RoundState): Outcome | undefined {
  const other = replacement(state);
  if (other !== undefined) {
    const data = { account: state.me, addresses: other.multiaddrs.join(", ") };
    return { kind: "failed", error: new FedledgerError("ACCOUNT_ELSEWHERE", data) };
  }
  const end = endInCommon(state);
  if (end === undefined || isCollected(state)) return end;
  const { purse } = state.court;
  if (purse?.isUnpayable !== true || purse.of !== purseSubject(state)) return undefined;
  return { kind: "unpaid", owedWei: purse.bondWei + purse.creditWei };
}

/** How the work ended, what is owed to the account apart. */
function endInCommon(state: RoundState): Outcome | undefined {
  const { me, view, head, survey, leaving } = state;
  if (isSettled(state)) return { kind: "final" };
  if (!leaving || memberPlaceOf(view, me) !== undefined) return undefined;
  const answersFor = (round: RoundView): boolean =>
    commitmentOf(round, me) !== undefined || hexEquals(round.proposal?.aggregator ?? "0x", me);
  return survey.live.some((round) => isProvable(round, head.timestampS) && answersFor(round))
    ? undefined
    : { kind: "left" };
}

/** Measuring the accepted models, of the latest two the earlier one first: one a time, and none of long ago. */
export function dueMeasuring({ survey, court, options }: RoundState): readonly CommonAction[] {
  if (options.measures !== true) return [];
  const round = survey.latest.filter(hasProposal).find((one) => !court.measured.has(subjectOf(one)));
  if (round === undefined) return [];
  const subject = subjectOf(round);
  return [{ kind: "measure", key: `measure:${subject}`, subject, round }];
}

/** Whether something of the purse can be taken now. */
function isFree({ bondWei, freeFromS, creditWei }: Purse, { timestampS }: Head): boolean {
  return creditWei > 0n || (bondWei > 0n && freeFromS > 0 && timestampS >= freeFromS);
}

/** Names what of the record changes what an account has: its place, its expulsion, and its proofs. */
function purseSubject({ me, view, head, survey, court }: RoundState): string {
  const place = memberPlaceOf(view, me) === undefined ? "none" : "place";
  const proven = court.earnedInBlocks.filter((block) => block <= head.number).length;
  return [place, isExpelled(view, me), survey.proven, proven].join(":");
}
