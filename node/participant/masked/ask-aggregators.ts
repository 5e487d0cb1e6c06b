import { hexEquals } from "../../core/bytes/hex.ts";
import type { Address } from "../../core/ids.ts";
import type { TaskView } from "../../core/record/task-view.ts";
import type { Member } from "../../core/records.ts";
import type { Clock, Log } from "../../ports/system.ts";
import type { Transport } from "../../ports/transport.ts";
import { reasonOf } from "../../rounds/actions/action-runner.ts";

/** What asking needs. */
export interface AskAggregatorsDeps {
  readonly me: Address;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly log: Log;
  /** Longest wait for the answers, milliseconds. */
  readonly holdTimeoutMs: number;
}

/** How many of the task's aggregators that were asked hold it. */
export interface Held {
  readonly holders: number;
  readonly asked: number;
}

/**
 * Asks all aggregators of the task to fetch and keep a blob of this node's, so that it survives it. Resolves with the
 * number that hold it when all have answered or the time is up. Rejects with the signal's reason, and as `onHeld` does.
 *
 * @param request.read what an answer says; rejects where it refuses or cannot be trusted
 * @param request.onHeld as each answer comes
 */
export async function askAggregators<A>(
  { me, transport, clock, log, holdTimeoutMs }: AskAggregatorsDeps,
  request: {
    readonly protocol: string;
    readonly message: Uint8Array;
    readonly read: (answer: Uint8Array, aggregator: Member & { readonly contact: NonNullable<Member["contact"]> }) => A;
    readonly onHeld: (answer: A) => Promise<void>;
  },
  {
    view,
    members,
    signal,
  }: {
    readonly view: Pick<TaskView, "joined">;
    readonly members: readonly Member[];
    readonly signal: AbortSignal;
  },
): Promise<Held> {
  const { protocol, message, read, onHeld } = request;
  const asked = members.flatMap((member) => {
    const { account, contact } = member;
    const isAsked = view.joined.some((place) => hexEquals(place.account, account)) && !hexEquals(account, me);
    return isAsked && contact !== undefined ? [{ ...member, contact }] : [];
  });
  const timeUp = new AbortController();
  const stop = AbortSignal.any([signal, timeUp.signal]);
  let holders = 0;
  const answers = asked.map((aggregator) =>
    transport
      .request(aggregator.contact.peerId, protocol, message, { signal: stop, timeoutMs: holdTimeoutMs })
      .then((answer) => read(answer, aggregator))
      .then(
        async (answer) => {
          holders++;
          await onHeld(answer);
        },
        (error: unknown) =>
          log.debug("An aggregator does not hold what it was asked to", { protocol, ...reasonOf(error) }),
      ),
  );
  const timer = clock.sleep(holdTimeoutMs, { signal: stop }).catch(() => undefined);
  await Promise.race([Promise.all(answers), timer]);
  timeUp.abort();
  signal.throwIfAborted();
  return { holders, asked: asked.length };
}
