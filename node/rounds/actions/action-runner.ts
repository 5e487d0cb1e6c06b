import { FedledgerError, isFedledgerError } from "../../core/errors/error.ts";
import type { Clock, Log, Random } from "../../ports/system.ts";
import { type BackoffOptions, backoffMs, defaultBackoff } from "./backoff.ts";
import { isLostRace } from "./calls.ts";

/** Something a machine wants done now. Two with the same key are the same. */
export interface DueAction {
  readonly key: string;
}

/** What an action says when it has succeeded and the machine may still want it. */
export interface ActionResult {
  /** Do it again after this many milliseconds (a message to be repeated). */
  readonly repeatMs?: number;
  /** Its effect is in this block: do not do it again before the head has got there. */
  readonly minedInBlock?: number;
}

/** Runs what machines want, each action once at a time, until they no longer want it. */
export interface ActionRunner<A extends DueAction> {
  /**
   * Makes the running actions those due: starts the new ones, aborts the others. Failed ones wait for their next try.
   */
  reconcile(due: readonly A[], headNumber: number): void;
  /** Aborts everything and resolves when all of it has ended. */
  stop(): Promise<void>;
}

/** What the runner needs. */
export interface ActionRunnerDeps<A extends DueAction> {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Does the action. A rejection is a failure that is tried again. */
  readonly perform: (action: A, signal: AbortSignal) => Promise<ActionResult | undefined>;
  /** Called when an action may be started that could not be before: look again. Never throws. */
  readonly onReady: () => void;
}

/** Failures that no early retry mends wait at least this long, milliseconds. */
const permanentFailureMs = 15_000;

/** Creates a runner; nothing runs before the first {@link ActionRunner.reconcile}. */
export function createActionRunner<A extends DueAction>(
  { clock, random, log, perform, onReady }: ActionRunnerDeps<A>,
  backoff: BackoffOptions = defaultBackoff,
): ActionRunner<A> {
  const running = new Map<string, { readonly controller: AbortController; readonly ended: Promise<void> }>();
  const resting = new Map<string, { readonly until: AbortController; readonly failures: number; rested: boolean }>();
  const mined = new Map<string, number>();
  let stopped = false;

  const rest = (key: string, ms: number, failures: number): void => {
    const entry = { until: new AbortController(), failures, rested: false };
    resting.set(key, entry);
    clock.sleep(ms, { signal: entry.until.signal }).then(
      () => {
        entry.rested = true;
        onReady();
      },
      () => undefined,
    );
  };

  const settle = (action: A, result: ActionResult | undefined): void => {
    if (result?.minedInBlock !== undefined) {
      resting.delete(action.key);
      mined.set(action.key, result.minedInBlock);
    } else {
      // An action that is still due after it succeeded without saying so must not spin.
      rest(action.key, result?.repeatMs ?? backoff.firstMs, 0);
    }
  };

  const fail = (action: A, error: unknown): void => {
    const failures = (resting.get(action.key)?.failures ?? 0) + 1;
    const lost = isFedledgerError(error, "TRANSACTION_REVERTED") && isLostRace(error.data.error);
    const permanent = !lost && error instanceof FedledgerError && !error.retryable;
    const ms = Math.max(backoffMs(failures, spreadOf(random), backoff), permanent ? permanentFailureMs : 0);
    const data = { action: action.key, failures, retryMs: ms, ...reasonOf(error) };
    if (lost) log.debug("A step was no longer due", data);
    else if (permanent || failures === 4) log.warn("A step keeps failing", data);
    else log.debug("A step failed, it is tried again", data);
    rest(action.key, ms, failures);
  };

  const start = (action: A): void => {
    const controller = new AbortController();
    const ended = Promise.resolve()
      .then(() => perform(action, controller.signal))
      .then(
        (result) => controller.signal.aborted || settle(action, result),
        (error: unknown) => controller.signal.aborted || fail(action, error),
      )
      .then(() => {
        running.delete(action.key);
        if (!stopped) onReady();
      });
    running.set(action.key, { controller, ended });
  };

  /** Aborts and forgets what is not due any more. */
  const forget = (wanted: ReadonlySet<string>, headNumber: number): void => {
    const unwanted = <V>(of: ReadonlyMap<string, V>) => [...of].filter(([key]) => !wanted.has(key));
    for (const [key, { controller }] of unwanted(running)) controller.abort(notDue(key));
    for (const [key, { until }] of unwanted(resting)) {
      until.abort(notDue(key));
      resting.delete(key);
    }
    for (const [key] of unwanted(mined)) mined.delete(key);
    for (const [key, block] of mined) if (headNumber >= block) mined.delete(key);
  };

  return {
    reconcile(due, headNumber) {
      if (stopped) return;
      forget(new Set(due.map(({ key }) => key)), headNumber);
      for (const action of due) {
        const waits = resting.get(action.key)?.rested === false || mined.has(action.key);
        if (!waits && !running.has(action.key)) start(action);
      }
    },
    async stop() {
      stopped = true;
      for (const { until } of resting.values()) until.abort(new FedledgerError("INTERRUPTED"));
      const all = [...running.values()];
      for (const { controller } of all) controller.abort(new FedledgerError("INTERRUPTED"));
      await Promise.all(all.map(({ ended }) => ended));
    },
  };
}

/** The error as fields of a log line. */
export function reasonOf(error: unknown): { code?: string; reason: string; revert?: unknown } {
  if (!(error instanceof FedledgerError)) return { reason: String(error) };
  const { error: revert } = error.data;
  return { code: error.code, reason: error.message, ...(revert === undefined ? {} : { revert }) };
}

function notDue(key: string): FedledgerError {
  return new FedledgerError("INTERRUPTED", { action: key });
}

function spreadOf(random: Random): number {
  const [a = 0, b = 0] = random.bytes(2);
  return (a * 256 + b) / 65_536;
}
