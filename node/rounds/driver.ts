import { foldTask } from "../core/fold-task.ts";
import type { PeerIdText, TaskId } from "../core/ids.ts";
import type { Chain } from "../ports/chain.ts";
import type { Clock, Log, Random } from "../ports/system.ts";
import type { GossipVerdict, Transport } from "../ports/transport.ts";
import { type ActionResult, createActionRunner, type DueAction, reasonOf } from "./action-runner.ts";
import { hearAttestation } from "./hear-attestation.ts";
import { hearUnmasking } from "./hear-unmasking.ts";
import { hearAvailability, hearCommitment } from "./hear-words.ts";
import { keyringProtocol } from "./keyring-messages.ts";
import { unmaskTopic } from "./mask-messages.ts";
import { attestationTopic } from "./messages.ts";
import { type Progress, progressBetween, sameMembers } from "./progress.ts";
import type { RoundEvent, RoundState } from "./round-state.ts";
import { availabilityTopic, commitmentTopic } from "./signed-messages.ts";
import type { TaskSealing } from "./task-sealing.ts";
import { waitingFor } from "./waiting.ts";

/** How a role's work on a task ended. */
export type Outcome = { readonly kind: "complete" | "left" | "stopped" };

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
  /** Keeps admitting peers and hearing gossip after the task is complete, until stopped. */
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
  let waiting: ReturnType<typeof waitingFor>;
  let unsubscribes: readonly (() => void)[] = [];

  const runner = createActionRunner<A>({
    clock,
    random,
    log,
    perform: (action, signal) => deps.perform(action, { state, signal, emit: dispatch }),
    onReady: look,
  });

  function look(): void {
    if (life.signal.aborted || state.head === undefined) return;
    const outcome = machine.outcome(state);
    if (outcome !== undefined) {
      runner.reconcile([], state.head.number);
      if (deps.linger) finished.resolve(outcome);
      else void stop(outcome);
      return;
    }
    runner.reconcile(machine.due(state), state.head.number);
  }

  function tell(progress: Progress): void {
    if (progress.kind === "finalized") log.info("A round is final", { ...progress });
    if (progress.kind === "invalidated") log.warn("A round is invalid", { ...progress });
    if (progress.kind === "waiting") log.info("Waiting for others", { reason: progress.reason });
    if (progress.kind === "complete") log.info("The task is complete", { rounds: progress.rounds });
    deps.onProgress?.(progress);
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
      const before = state.view;
      const unchanged = before !== undefined && !update.reset && update.events.length === 0;
      const view = unchanged ? before : foldTask(update.events, update.reset ? undefined : before);
      if (update.reset && before !== undefined) log.warn("The chain was reorganised", { block: update.head.number });
      dispatch({ kind: "looked", view, head: update.head });
      for (const progress of progressBetween(before, view)) tell(progress);
      const reason = waitingFor(state);
      if (reason !== undefined && reason !== waiting) tell({ kind: "waiting", reason });
      waiting = reason;
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
    (
      topic: string,
      judge: (message: Uint8Array, from: PeerIdText) => { verdict: GossipVerdict; event?: RoundEvent | undefined },
    ) =>
    (message: Uint8Array, from: PeerIdText): GossipVerdict => {
      const { verdict, event } = judge(message, from);
      if (verdict === "reject") log.debug("A false message was heard", { from, topic });
      if (event !== undefined) dispatch(event);
      return verdict;
    };

  function subscribe(): readonly (() => void)[] {
    const subscribeTo = (topic: string, judge: Parameters<typeof hearing>[1]) =>
      transport.subscribe(topic, hearing(topic, judge));
    const { sealing } = deps;
    return [
      ...(sealing ? [transport.respond(keyringProtocol, (message, from) => sealing.answer(message, from, state))] : []),
      subscribeTo(attestationTopic, (message) => {
        const { verdict, attestation } = hearAttestation(message, state, chain);
        return { verdict, event: attestation && { kind: "attestation", attestation } };
      }),
      subscribeTo(commitmentTopic, (message) => {
        const { verdict, signed } = hearCommitment(message, state, chain);
        return { verdict, event: signed && { kind: "commitment", signed } };
      }),
      subscribeTo(availabilityTopic, (message) => {
        const { verdict, word } = hearAvailability(message, state, chain);
        return { verdict, event: word && { kind: "availability", word } };
      }),
      subscribeTo(unmaskTopic, (message, from) => {
        const { verdict, unmasking } = hearUnmasking(message, from, state);
        return { verdict, event: unmasking && { kind: "unmasking", unmasking } };
      }),
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
