import { hexEquals } from "../core/hex.ts";
import type { Address, RoundNumber } from "../core/ids.ts";
import type { RoundView } from "../core/task-view.ts";
import type { ChainCall, ChallengeCall } from "../ports/chain.ts";
import { dueRegistration, type OwnContact } from "../rounds/contact.ts";
import type { Machine, Outcome } from "../rounds/driver.ts";
import { type Judgement, type ProposedRound, subjectOf } from "../rounds/judge-proposal.ts";
import { initialRoundState, isSettled, type RoundEvent, type RoundState, reduceRound } from "../rounds/round-state.ts";

/** What a watcher decides by, beside its options. */
export interface WatcherState extends RoundState {
  readonly options: WatcherMachineOptions;
  /** Number of the round that stood at its first look: earlier ones are for an audit. */
  readonly firstRound?: RoundNumber;
  /** By {@link subjectOf}, so that a reorganisation only makes them idle. */
  readonly judged: ReadonlyMap<string, Judgement>;
  /** Won challenges whose reward was withdrawn, or was found withdrawn. */
  readonly rewarded: number;
}

/** Local wishes of a watcher's machine. */
export interface WatcherMachineOptions {
  readonly contact: OwnContact;
  readonly settleBlocks: number;
}

/** What happens to a watcher beside what happens to all roles. */
export type WatcherEvent =
  | { readonly kind: "judged"; readonly subject: string; readonly judgement: Judgement }
  | { readonly kind: "rewarded"; readonly won: number };

/** What a watcher does. */
export type WatcherAction =
  | { readonly kind: "send"; readonly key: string; readonly call: ChainCall }
  | { readonly kind: "challenge"; readonly key: string; readonly call: ChallengeCall }
  /** `won`: number of challenges won so far. */
  | { readonly kind: "withdraw"; readonly key: string; readonly won: number }
  | { readonly kind: "judge"; readonly key: string; readonly subject: string; readonly round: ProposedRound };

/** The watcher's decisions. */
export function watcherMachine(
  me: Address,
  options: WatcherMachineOptions,
): Machine<WatcherState, WatcherEvent, WatcherAction> {
  return {
    initial: { ...initialRoundState(me, "watcher", { graceS: 0 }), options, judged: new Map(), rewarded: 0 },
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
    case "looked": {
      const firstRound = state.firstRound ?? event.view.rounds.at(-1)?.round ?? 1;
      return reduceRound({ ...state, firstRound }, event);
    }
    default:
      return reduceRound(state, event);
  }
}

function outcome(state: WatcherState): Outcome | undefined {
  const { view, options } = state;
  if (view === undefined || !isSettled(state, options.settleBlocks)) return undefined;
  const done = unjudged(state) === undefined && won(state) <= state.rewarded;
  return done ? { kind: "complete" } : undefined;
}

function due(state: WatcherState): readonly WatcherAction[] {
  const { view, head, me, members, options } = state;
  if (view === undefined || head === undefined) return [];
  const actions: WatcherAction[] = [];
  const registration = dueRegistration(me, options.contact, members);
  if (registration !== undefined) actions.push({ kind: "send", key: "register", call: registration });
  const next = unjudged(state);
  if (next !== undefined) {
    actions.push({
      kind: "judge",
      key: `judge:${next.round}:${next.proposal.hash}`,
      subject: subjectOf(next),
      round: next,
    });
  }
  const wins = won(state);
  if (wins > state.rewarded) actions.push({ kind: "withdraw", key: `withdraw:${wins}`, won: wins });
  const current = view.rounds.at(-1);
  if (!isProposed(current) || current.phase !== "proposed") return actions;
  const judgement = state.judged.get(subjectOf(current));
  if (judgement?.challenge !== undefined) {
    actions.push({ kind: "challenge", key: `challenge:${current.proposal.hash}`, call: judgement.challenge });
  }
  return actions;
}

/** Challenges that this account has won in the task. */
function won({ view, me }: WatcherState): number {
  return (view?.rounds ?? [])
    .flatMap(({ refuted = [] }) => refuted)
    .filter(({ challenger }) => hexEquals(challenger, me)).length;
}

/** The proposal to recompute next: the one that can still be challenged, else the first that became final unseen. */
function unjudged({ view, judged, firstRound = 1 }: WatcherState): ProposedRound | undefined {
  const waiting = (view?.rounds ?? [])
    .filter(({ round }) => round >= firstRound)
    .filter(isProposed)
    .filter((round) => {
      const judgement = judged.get(subjectOf(round));
      return judgement === undefined || (judgement.withheld === true && round.phase === "proposed");
    });
  return waiting.find(({ phase }) => phase === "proposed") ?? waiting[0];
}

function isProposed(round: RoundView | undefined): round is ProposedRound {
  return round?.proposal !== undefined && (round.phase === "proposed" || round.phase === "finalized");
}
