import type { PeerIdText, TaskId } from "../../core/ids.ts";
import { foldTask } from "../../core/record/fold-task.ts";
import type { Chain } from "../../ports/chain.ts";
import type { Clock, Log, Random } from "../../ports/system.ts";
import type { GossipVerdict, Transport } from "../../ports/transport.ts";
import { type ActionResult, createActionRunner, type DueAction, reasonOf } from "../actions/action-runner.ts";
import type { TaskSealing } from "../blobs/task-sealing.ts";
import type { Topic } from "../hearing/topic.ts";
import { topics } from "../hearing/topics.ts";
import type { Progress } from "../progress/progress.ts";
import { isReplaced } from "../state/contact.ts";
import { progressBetween, sameMembers } from "../state/progress-between.ts";
import type { RoundEvent, RoundState } from "../state/round-state.ts";
import { sameWaiting, type Waiting, waitingFor } from "../state/waiting.ts";
import { keyringProtocol } from "../words/keyring-messages.ts";

/**
 * How a role's work on a task ended: the task is final; the account has left it, or came too late to contribute
 * anything; or it was stopped.
 */
export type Outcome = { readonly kind: "final" | "left" | "too-late" | "stopped" };

/** A role's decisions: pure, value in, value out. */
export interface Machine<S extends RoundState, E, A extends DueAction> {
  readonly initial: S;
  /** The state after an event. */
  reduce(state: S, event: E | RoundEvent): S;
  /** What is to be done now. Level-triggered: asked after every event, it names everything due, running or not. */
  due(state: S): readonly A[];
  /** How the work ended, once it has. */
  outcome(state: S): Outcome | undefined;
}

/** What the driver works with. */
export interface DriverDeps<S extends RoundState, E, A extends DueAction> {
  readonly taskId: TaskId;
  readonly chain: Chain;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly machine: Machine<S, E, A>;
  /** Does one action; events it gives become part of the state before its promise resolves. */
  readonly perform: (
    action: A,
    context: { readonly state: S; readonly signal: AbortSignal; readonly emit: (event: E | RoundEvent) => void },
  ) => Promise<ActionResult | undefined>;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Gives secrets of keyrings to readers that came later; absent where the node has no keys. */
  readonly sealing?: Pick<TaskSealing, "answer"> | undefined;
  /** Goes on after the work has ended, until stopped: peers are admitted, gossip is heard, and what is due is done. */
  readonly linger?: boolean | undefined;
}

/** A machine at work. */
export interface Driver<S, E> {
  start(): void;
  /** Aborts what runs and resolves when it has ended. */
  stop(): Promise<void>;
  /** Resolves when the machine has ended its work, or was stopped. Never rejects. */
  readonly done: Promise<Outcome>;
  state(): S;
  dispatch(event: E | RoundEvent): void;
}

const followAgainMs = 1_000;

/** Follows the task on the chain, keeps the machine's state, and carries out what it decides. */
export function createDriver<S extends RoundState, E, A extends DueAction>(deps: DriverDeps<S, E, A>): Driver<S, E> {
  const { taskId, chain, transport, clock, random, log, machine } = deps;
  const life = new AbortController();
  const finished = Promise.withResolvers<Outcome>();
  let state = machine.initial;
  let following: Promise<void> | undefined;
  let waiting: Waiting | undefined;
  let wasReplaced = false;
  let unsubscribes: readonly (() => void)[] = [];

  const runner = createActionRunner<A>({
    clock,
    random,
    log,
    perform: (action, signal) => deps.perform(action, { state, signal, emit: dispatch }),
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
    if (life.signal.aborted || state.head === undefined) return;
    const outcome = machine.outcome(state);
    if (outcome !== undefined && deps.linger !== true) {
      runner.reconcile([], state.head.number);
      void stop(outcome);
      return;
    }
    if (outcome !== undefined) finished.resolve(outcome);
    runner.reconcile(machine.due(state), state.head.number);
  }

  function tell(progress: Progress): void {
    logStep(progress);
    deps.onProgress?.(progress);
  }

  function logStep(progress: Progress): void {
    if ("past" in progress && progress.past) log.debug("On the record before the start", { ...progress });
    else if (progress.kind === "accepted") log.info("A round is accepted", { ...progress });
    else if (progress.kind === "invalid") log.warn("A round is invalid", { ...progress });
    else if (progress.kind === "rolled-back") log.warn("Rounds are void", { ...progress });
    else if (progress.kind === "waiting") log.info("Waiting for others", { ...progress });
    else if (progress.kind === "contact-replaced") log.warn("Another process registered its contact", { ...progress });
    else if (progress.kind === "complete") log.info("The task is complete", { ...progress });
    else if (progress.kind === "final") log.info("The task is final", { ...progress });
  }

  function dispatch(event: E | RoundEvent): void {
    if (life.signal.aborted) return;
    state = machine.reduce(state, event);
    look();
  }

  async function follow(): Promise<void> {
    for await (const update of chain.follow(taskId, { signal: life.signal })) {
      await refreshMembers();
      if (life.signal.aborted) return;
      const before = state.view && state.head ? { view: state.view, head: state.head } : undefined;
      const unchanged = before !== undefined && !update.reset && update.events.length === 0;
      const view = unchanged ? before.view : foldTask(update.events, update.reset ? undefined : before?.view);
      if (update.reset && before !== undefined) log.warn("The chain was reorganised", { block: update.head.number });
      const after = { view, head: update.head };
      dispatch({ kind: "looked", ...after });
      for (const progress of progressBetween(before, after)) tell(progress);
      const waits = waitingFor(state);
      if (waits !== undefined && !sameWaiting(waits, waiting)) tell(waits);
      waiting = waits;
      const replaced = isReplaced(state);
      if (replaced && !wasReplaced) tell({ kind: "contact-replaced" });
      wasReplaced = replaced;
    }
  }

  async function followForever(): Promise<void> {
    while (!life.signal.aborted) {
      try {
        await follow();
      } catch (error) {
        if (!life.signal.aborted) log.warn("Following the chain failed, it is tried again", reasonOf(error));
      }
      await clock.sleep(followAgainMs, { signal: life.signal }).catch(() => undefined);
    }
  }

  /** Members are asked before each look, so that a look never rests on older members than its head. */
  async function refreshMembers(): Promise<void> {
    try {
      const members = await chain.members();
      if (life.signal.aborted || sameMembers(members, state.members)) return;
      transport.admit(
        members.flatMap(({ contact, roles }) =>
          contact === undefined || roles.length === 0 || contact.peerId === transport.peerId ? [] : [contact],
        ),
      );
      state = machine.reduce(state, { kind: "members", members });
    } catch (error) {
      log.debug("Reading the members failed", reasonOf(error));
    }
  }

  /** Judges messages of a topic, and lets those that count into the state. */
  const hearing =
    ({ topic, judge }: Topic) =>
    (message: Uint8Array, author: PeerIdText): GossipVerdict => {
      const { verdict, event } = judge(message, author, state, chain);
      if (verdict === "reject") log.debug("A false message was heard", { author, topic });
      if (event !== undefined) dispatch(event);
      return verdict;
    };

  function subscribe(): readonly (() => void)[] {
    const { sealing } = deps;
    return [
      ...(sealing ? [transport.respond(keyringProtocol, (message, from) => sealing.answer(message, from, state))] : []),
      ...topics.map((topic) => transport.subscribe(topic.topic, hearing(topic))),
    ];
  }

  async function stop(outcome: Outcome): Promise<void> {
    if (!life.signal.aborted) life.abort();
    for (const unsubscribe of unsubscribes) unsubscribe();
    await Promise.all([runner.stop(), following]);
    finished.resolve(outcome);
  }

  return {
    start() {
      if (following !== undefined) return;
      unsubscribes = subscribe();
      following = followForever();
    },
    stop: () => stop({ kind: "stopped" }),
    done: finished.promise,
    state: () => state,
    dispatch,
  };
}
