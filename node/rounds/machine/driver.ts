import { hexEquals } from "../../core/bytes/hex.ts";
import { FedledgerError, isFedledgerError } from "../../core/errors/error.ts";
import type { Bytes32, TaskId } from "../../core/ids.ts";
import { requireBound } from "../../core/record/bound-task.ts";
import type { TaskView } from "../../core/record/task-view.ts";
import type { Member } from "../../core/records.ts";
import { checkInvitedTask, type Invitation } from "../../core/words/invitation.ts";
import type { Chain, ChainUpdate, RecordDoubt } from "../../ports/chain.ts";
import type { Transport } from "../../ports/transport.ts";
import { type DueAction, reasonOf } from "../actions/action-runner.ts";
import { sameMembers } from "../state/progress-between.ts";
import type { RoundState } from "../state/round-state.ts";
import type { Outcome } from "./machine.ts";
import { createRun, type Run, type RunDeps } from "./run.ts";

/** What the driver works with. */
export interface DriverDeps<S extends RoundState, E, A extends DueAction & { readonly kind: string }>
  extends RunDeps<S, E, A> {
  readonly taskId: TaskId;
  readonly chain: Chain;
  readonly transport: Transport;
  /** What the admin says of the task; without it the task is what the endpoint shows first. */
  readonly invitation?: Invitation | undefined;
  /** The task's first head at the look that its trainer was opened by; default that of the first look. */
  readonly firstHead?: Bytes32 | undefined;
}

/** A machine at work on a task. */
export interface Driver {
  start(): void;
  /** Aborts what runs and resolves when it has ended. */
  stop(): Promise<void>;
  /**
   * Resolves when the work has ended: the task is final, or this account has left it, or came too late, or cannot pay
   * for what is left to do, or was stopped. Never rejects.
   */
  readonly done: Promise<Outcome>;
}

const followAgainMs = 1_000;

/**
 * Follows the task on the chain, and has the machine carry out what it decides. Before the first look, at record and
 * members, there is no machine: nothing is heard, answered or done.
 */
export function createDriver<S extends RoundState, E, A extends DueAction & { readonly kind: string }>(
  deps: DriverDeps<S, E, A>,
): Driver {
  const { taskId, chain, transport, clock, log, linger, invitation, onProgress } = deps;
  const { chainId, federation } = chain;
  const life = new AbortController();
  const finished = Promise.withResolvers<Outcome>();
  let run: Run | undefined;
  let following: Promise<void> | undefined;

  async function follow(): Promise<void> {
    let isFirst = true;
    for await (const update of chain.follow(taskId, { signal: life.signal, onDoubt })) {
      if (update.reset && !isFirst) log.warn("Events that were seen do not stand", { block: update.head.number });
      isFirst = false;
      // asked before each look, so that a look never rests on older members than its head
      const members = await readMembers(run?.seen.members);
      if (life.signal.aborted) return;
      look(update, members);
    }
  }

  function look({ head, view, reset }: ChainUpdate, members: readonly Member[]): void {
    if (view !== run?.seen.view) requireGenuine(view);
    const seen = { view, head, members };
    if (run === undefined) {
      run = createRun(deps, seen, onOutcome);
      run.start();
      return;
    }
    run.looked({ kind: "looked", reset, ...seen });
  }

  /**
   * Refuses a view whose hashes do not bind what it shows, or that is not the task of the invitation and of the looks
   * before. Whoever is asked for it may show another each time, so this is asked of every view that anything is
   * trained, signed or opened by. Throws INVALID_HISTORY, INVITATION_MISMATCH.
   */
  function requireGenuine(view: TaskView): void {
    requireBound(view, { chainId, federation });
    if (invitation !== undefined) checkInvitedTask(invitation, view);
    const { firstHead = deps.firstHead ?? view.firstHead } = run?.seen.view ?? {};
    if (hexEquals(firstHead, view.firstHead)) return;
    const reason = "it is another task than the one that this node began with";
    throw new FedledgerError("INVALID_HISTORY", { name: "TaskCreated", round: 0, reason });
  }

  /** Says where endpoints are in doubt: until they are not, there is no look, and nothing new is decided. */
  function onDoubt(doubt: RecordDoubt): void {
    const { kind, ...data } = doubt;
    if (kind === "endpoint-behind") log.warn("The endpoint is behind", { code: "ENDPOINT_BEHIND", ...data });
    else if (kind === "record-unproven") log.warn("The endpoint keeps no state of the block that counts", data);
    else log.info("The record is what the contract stores", data);
    onProgress?.(doubt);
  }

  async function followForever(): Promise<void> {
    while (!life.signal.aborted) {
      try {
        await follow();
      } catch (error) {
        if (isFedledgerError(error, "CHAIN_RESET") || isFedledgerError(error, "CHAIN_MISMATCH")) {
          log.error("The chain is another one", reasonOf(error));
          void end({ kind: "failed", error });
          return;
        }
        if (!life.signal.aborted) log.warn("Following the chain failed, it is tried again", reasonOf(error));
      }
      await clock.sleep(followAgainMs, { signal: life.signal }).catch(() => undefined);
    }
  }

  /** The members, those known before where they cannot be read; rejects where none are known. */
  async function readMembers(before: readonly Member[] | undefined): Promise<readonly Member[]> {
    try {
      const members = await chain.members();
      if (before !== undefined && sameMembers(members, before)) return before;
      if (!life.signal.aborted) admit(members);
      return members;
    } catch (error) {
      if (before === undefined) throw error;
      log.debug("Reading the members failed", reasonOf(error));
      return before;
    }
  }

  function admit(members: readonly Member[]): void {
    transport.admit(
      members.flatMap(({ contact, roles }) =>
        contact === undefined || roles.length === 0 || contact.peerId === transport.peerId ? [] : [contact],
      ),
    );
  }

  function onOutcome(outcome: Outcome): void {
    if (linger === true) finished.resolve(outcome);
    else void stop(outcome);
  }

  async function stop(outcome: Outcome): Promise<void> {
    await Promise.all([end(outcome), following]);
  }

  async function end(outcome: Outcome): Promise<void> {
    if (!life.signal.aborted) life.abort();
    await run?.stop();
    finished.resolve(outcome);
  }

  return {
    start() {
      following ??= followForever();
    },
    stop: () => stop({ kind: "stopped" }),
    done: finished.promise,
  };
}
