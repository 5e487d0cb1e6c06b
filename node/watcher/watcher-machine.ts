import { hexEquals } from "../core/hex.ts";
import type { Address, Bytes32, RoundNumber } from "../core/ids.ts";
import { type RoundView, roundsInFlight } from "../core/task-view.ts";
import type { ChainCall, ChallengeCall } from "../ports/chain.ts";
import { type AnswerAction, dueAnswers } from "../rounds/answer-turn.ts";
import type { OpenCase } from "../rounds/case-journal.ts";
import { dueRegistration, type OwnContact } from "../rounds/contact.ts";
import { dueDemandActions } from "../rounds/court-actions.ts";
import { demandsOf } from "../rounds/demand-budget.ts";
import { type DemandAction, dueReturns } from "../rounds/demand-turn.ts";
import type { Machine, Outcome } from "../rounds/driver.ts";
import { isMyTurnToReport, type NotedReport } from "../rounds/due-reports.ts";
import { type Judgement, type ProposedRound, subjectOf } from "../rounds/judge-proposal.ts";
import { nodesShown } from "../rounds/round-demands.ts";
import { initialRoundState, isSettled, type RoundEvent, type RoundState, reduceRound } from "../rounds/round-state.ts";
import { decidedCases } from "../rounds/settle-case.ts";

/** What a watcher decides by, beside its options. */
export interface WatcherState extends RoundState {
  readonly options: WatcherMachineOptions;
  /** Number of the oldest round that ran at its first look, or of the newest: earlier ones are for an audit. */
  readonly firstRound?: RoundNumber;
  /** By {@link subjectOf}, so that a reorganisation only makes them idle. */
  readonly judged: ReadonlyMap<string, Judgement>;
  /** Cases that this node has in its journal. */
  readonly cases: readonly OpenCase[];
  /** Cases whose reward is held, by hash: the second from which it may be collected. */
  readonly heldUntilS: ReadonlyMap<Bytes32, number>;
  /** Answers that this node gave, and cases that it settled. */
  readonly earned: number;
  /** Of {@link occasions}, those after which the credit was withdrawn, or was found withdrawn. */
  readonly rewarded: number;
}

/** Local wishes of a watcher's machine. */
export interface WatcherMachineOptions {
  readonly contact: OwnContact;
  readonly patienceS: number;
  readonly settleBlocks: number;
}

/** What happens to a watcher beside what happens to all roles. */
export type WatcherEvent =
  | { readonly kind: "judged"; readonly subject: string; readonly judgement: Judgement }
  | { readonly kind: "rewarded"; readonly won: number }
  | { readonly kind: "cases"; readonly cases: readonly OpenCase[] }
  /** The reward of a case may be collected from this second on. */
  | { readonly kind: "held"; readonly caseHash: Bytes32; readonly untilS: number }
  /** A demand was answered, or a case is done with: there may be credit. */
  | { readonly kind: "earned" };

/** What a watcher does. */
export type WatcherAction =
  | { readonly kind: "send"; readonly key: string; readonly call: ChainCall }
  | { readonly kind: "challenge"; readonly key: string; readonly call: ChallengeCall }
  | DemandAction
  | AnswerAction
  | { readonly kind: "settle"; readonly key: string; readonly settled: OpenCase }
  /** `won`: number of {@link occasions} so far. */
  | { readonly kind: "withdraw"; readonly key: string; readonly won: number }
  | { readonly kind: "judge"; readonly key: string; readonly subject: string; readonly round: ProposedRound };

/** The watcher's decisions. */
export function watcherMachine(
  me: Address,
  options: WatcherMachineOptions,
): Machine<WatcherState, WatcherEvent, WatcherAction> {
  return {
    initial: {
      ...initialRoundState(me, "watcher", { graceS: 0 }),
      options,
      judged: new Map(),
      cases: [],
      heldUntilS: new Map(),
      earned: 0,
      rewarded: 0,
    },
    reduce,
    due,
    outcome,
  };
}

function reduce(state: WatcherState, event: WatcherEvent | RoundEvent): WatcherState {
  switch (event.kind) {
    case "judged":
      return { ...state, judged: new Map(state.judged).set(event.subject, event.judgement) };
    case "rewarded":
      return { ...state, rewarded: event.won };
    case "cases":
      return { ...state, cases: event.cases };
    case "held":
      return { ...state, heldUntilS: new Map(state.heldUntilS).set(event.caseHash, event.untilS) };
    case "earned":
      return { ...state, earned: state.earned + 1 };
    case "looked": {
      const { view } = event;
      const firstRound = state.firstRound ?? (roundsInFlight(view)[0] ?? view.rounds.at(-1))?.round ?? 1;
      return reduceRound({ ...state, firstRound }, event);
    }
    default:
      return reduceRound(state, event);
  }
}

function outcome(state: WatcherState): Outcome | undefined {
  const { view, options } = state;
  if (view === undefined || !isSettled(state, options.settleBlocks)) return undefined;
  const done = unjudged(state).length === 0 && dueCases(state).length === 0 && occasions(state) <= state.rewarded;
  if (dueReportsOf(state).length > 0) return undefined;
  return done && dueReturns(state.me, view).length === 0 ? { kind: "complete" } : undefined;
}

function due(state: WatcherState): readonly WatcherAction[] {
  const { view, head, me, members, options } = state;
  if (view === undefined || head === undefined) return [];
  const actions: WatcherAction[] = [];
  const registration = dueRegistration(me, options.contact, members);
  if (registration !== undefined) actions.push({ kind: "send", key: "register", call: registration });
  for (const round of unjudged(state)) {
    const key = `judge:${round.round}:${round.proposal.hash}:${nodesShown(round).length}`;
    actions.push({ kind: "judge", key, subject: subjectOf(round), round });
  }
  const won = occasions(state);
  if (won > state.rewarded) actions.push({ kind: "withdraw", key: `withdraw:${won}`, won });
  for (const settled of dueCases(state)) actions.push({ kind: "settle", key: `settle:${settled.caseHash}`, settled });
  for (const current of roundsInFlight(view).filter(isProposed)) {
    const judgement = state.judged.get(subjectOf(current));
    if (judgement?.challenge !== undefined) {
      actions.push({ kind: "challenge", key: `challenge:${current.proposal.hash}`, call: judgement.challenge });
    }
  }
  for (const report of dueReportsOf(state)) actions.push({ kind: "send", key: report.key, call: report.call });
  const judgementOf = (round: ProposedRound) => state.judged.get(subjectOf(round));
  actions.push(...dueDemandActions(me, { view, head }, judgementOf, options));
  actions.push(...dueAnswers(me, { view, head, members }, options));
  return actions;
}

/** The misconduct that it is this watcher's turn to report. */
function dueReportsOf({ me, view, head, reports, options }: WatcherState): readonly NotedReport[] {
  if (view === undefined || head === undefined) return [];
  return reports.filter((report) => isMyTurnToReport(report, me, { view, head }, options));
}

/** How often this account may have come to credit: challenges won, demands that came back, and what it earned since it was started. */
function occasions({ view, me, earned }: WatcherState): number {
  if (view === undefined) return earned;
  const wins = view.rounds.flatMap(({ refuted = [] }) => refuted).filter(({ challenger }) => hexEquals(challenger, me));
  const back = demandsOf(me, view).filter(({ open, shown }) => !open && shown === undefined);
  return wins.length + back.length + earned;
}

/** Cases that were decided, and whose reward is not known to be held for others to claim. */
function dueCases({ view, head, cases, heldUntilS }: WatcherState): readonly OpenCase[] {
  if (view === undefined || head === undefined) return [];
  return decidedCases(cases, view).filter(({ caseHash }) => (heldUntilS.get(caseHash) ?? 0) <= head.timestampS);
}

/** The proposals to recompute: those that can still be challenged, else the first that became final unseen. */
function unjudged({ view, judged, firstRound = 1 }: WatcherState): readonly ProposedRound[] {
  const waiting = (view?.rounds ?? [])
    .filter(({ round }) => round >= firstRound)
    .filter(isProposed)
    .filter((round) => {
      const judgement = judged.get(subjectOf(round));
      if (judgement === undefined) return true;
      return round.phase === "proposed" && (judgement.withheld === true || judgement.missing !== undefined);
    });
  const standing = waiting.filter(({ phase }) => phase === "proposed");
  return standing.length > 0 ? standing : waiting.slice(0, 1);
}

function isProposed(round: RoundView | undefined): round is ProposedRound {
  return round?.proposal !== undefined && (round.phase === "proposed" || round.phase === "finalized");
}
