import type { PeerIdText } from "../../core/ids.ts";
import type { ChainReader } from "../../ports/chain.ts";
import type { Clock, Log, Random } from "../../ports/system.ts";
import type { GossipVerdict, Transport } from "../../ports/transport.ts";
import { createActionRunner, type DueAction, reasonOf } from "../actions/action-runner.ts";
import { createHearingLimit } from "../hearing/hearing-limit.ts";
import type { Signers, Topic } from "../hearing/topic.ts";
import { topics } from "../hearing/topics.ts";
import type { Progress } from "../progress/progress.ts";
import { ownLosses } from "../state/own-losses.ts";
import { progressBetween } from "../state/progress-between.ts";
import type { RoundEvent, RoundState, Seen } from "../state/round-state.ts";
import { logStep } from "./log-step.ts";
import { type Machine, type Outcome, type Performers, type Protocol, performBy } from "./machine.ts";
import { createStandstill } from "./standstill.ts";

/** What a run works with. */
export interface RunDeps<S extends RoundState, E, A extends DueAction & { readonly kind: string }> {
  readonly chain: Signers & Pick<ChainReader, "chainId">;
  readonly transport: Pick<Transport, "subscribe" | "respond">;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly machine: Machine<S, E, A>;
  readonly performers: Performers<S, E, A>;
  /** What it answers to others. */
  readonly protocols?: readonly Protocol<S>[] | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Hears of the record's steps once they are told, with the state behind them. */
  readonly onStep?: ((progress: Progress, state: S) => void) | undefined;
  /** Goes on after the work has ended, until stopped: peers are admitted, gossip is heard, and what is due is done. */
  readonly linger?: boolean | undefined;
}

/** A machine at work, from its first look on. */
export interface Run {
  readonly seen: Seen;
  /** Begins to hear and answer, and to do what is due. */
  start(): void;
  /** Another look. */
  looked(event: Extract<RoundEvent, { kind: "looked" }>): void;
  /** Stops hearing, aborts what is done, and resolves when it has ended. */
  stop(): Promise<void>;
}

/**
 * Puts a machine to work on what the first look shows: hears and answers others, and carries out what the machine
 * decides.
 *
 * @param onOutcome told how the work ended, whenever it is looked at after that
 */
export function createRun<S extends RoundState, E, A extends DueAction & { readonly kind: string }>(
  { chain, transport, clock, random, log, machine, performers, protocols = [], ...deps }: RunDeps<S, E, A>,
  first: Seen,
  onOutcome: (outcome: Outcome) => void,
): Run {
  let state = machine.first(first);
  let isOver = false;
  let unsubscribes: readonly (() => void)[] = [];
  const standstill = createStandstill();
  const limit = createHearingLimit(clock);

  const runner = createActionRunner<A>({
    clock,
    random,
    log,
    perform(action, signal) {
      const { view, members } = state;
      return performBy(performers, action, { state, look: { view, members, signal }, signal, emit: dispatch });
    },
    onReady: look,
  });

  /** An exception has nobody to go to: the next event looks once more. */
  function look(): void {
    try {
      decide();
    } catch (error) {
      log.error("Deciding what is due failed", reasonOf(error));
    }
  }

  function decide(): void {
    if (isOver) return;
    const outcome = machine.outcome(state);
    const isDone = outcome !== undefined && (deps.linger !== true || outcome.kind === "failed");
    runner.reconcile(isDone ? [] : machine.due(state), state.head.number);
    if (outcome !== undefined) onOutcome(outcome);
  }

  function dispatch(event: E | RoundEvent): S {
    if (isOver) return state;
    const before = state;
    state = machine.reduce(state, event);
    if (state !== before) look();
    return state;
  }

  function tell(progress: Progress): void {
    logStep(log, progress);
    deps.onProgress?.(progress);
    for (const loss of ownLosses(progress, state)) deps.onProgress?.(loss);
    deps.onStep?.(progress, state);
  }

  /** Tells what a look brought. */
  function tellSince(before: Seen | undefined): void {
    for (const progress of progressBetween(before, state)) tell(progress);
    for (const progress of standstill(state)) tell(progress);
  }

  /** Judges messages of a topic, and lets those that count into the state. */
  const hearing =
    ({ topic, judge }: Topic) =>
    (message: Uint8Array, author: PeerIdText): GossipVerdict => {
      if (!limit.hears(topic, author)) return "ignore";
      const { verdict, event } = judge(message, author, state, chain);
      if (verdict !== "ignore") limit.count(topic, author);
      if (verdict === "reject") log.debug("A false message was heard", { author, topic });
      if (event !== undefined) dispatch(event);
      return verdict;
    };

  const listen = (): readonly (() => void)[] => [
    ...protocols.map(({ protocol, answer }) =>
      transport.respond(protocol, (message, from, signal) => answer(message, from, state, signal)),
    ),
    ...topics.map((topic) => transport.subscribe(topic.topic, hearing(topic))),
  ];

  return {
    get seen() {
      return state;
    },
    start() {
      unsubscribes = listen();
      look();
      tellSince(undefined);
    },
    looked(event) {
      const before = state;
      dispatch(event);
      tellSince(before);
    },
    async stop() {
      isOver = true;
      for (const unsubscribe of unsubscribes) unsubscribe();
      await runner.stop();
    },
  };
}
