import { FedledgerError } from "../core/error.ts";
import { hexEquals } from "../core/hex.ts";
import type { Address, PeerIdText, TaskId } from "../core/ids.ts";
import type { Member } from "../core/records.ts";
import type { Clock, Log } from "../ports/system.ts";
import type { Transport } from "../ports/transport.ts";
import { reasonOf } from "../rounds/action-runner.ts";
import { decodeHoldAnswer, encodeHoldRequest, holdProtocol } from "../rounds/messages.ts";
import type { TrainedUpdate } from "./participant-machine.ts";

/** What offering an update needs. */
export interface OfferUpdateDeps {
  readonly me: Address;
  readonly taskId: TaskId;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly log: Log;
  /** Longest wait for the first aggregator that holds it, milliseconds. */
  readonly holdTimeoutMs: number;
}

/**
 * Asks all aggregators to fetch and keep the update, so that it survives this node. Resolves with the number that hold it
 * as soon as one does, all have answered, or the time is up: a commitment does not depend on it. Rejects only with the signal's reason.
 */
export async function offerUpdate(
  { me, taskId, transport, clock, log, holdTimeoutMs }: OfferUpdateDeps,
  update: TrainedUpdate,
  members: readonly Member[],
  signal: AbortSignal,
): Promise<{ readonly holders: number; readonly asked: number }> {
  const aggregators = members
    .filter(({ account, roles }) => roles.includes("aggregator") && !hexEquals(account, me))
    .flatMap(({ contact }) => (contact === undefined ? [] : [contact.peerId]));
  const timeUp = new AbortController();
  const stop = AbortSignal.any([signal, timeUp.signal]);
  const message = encodeHoldRequest({ taskId, round: update.round, contentId: update.contentId });
  const ask = async (peer: PeerIdText): Promise<true> => {
    const answer = decodeHoldAnswer(
      await transport.request(peer, holdProtocol, message, { signal: stop, timeoutMs: holdTimeoutMs }),
    );
    if (answer?.held) return true;
    throw answer === undefined
      ? new FedledgerError("PEER_PROTOCOL", { peerId: peer, protocol: holdProtocol, reason: "its answer is malformed" })
      : new FedledgerError("PEER_REFUSED", { peerId: peer, reason: answer.reason });
  };
  const timer = clock.sleep(holdTimeoutMs, { signal: stop }).then(
    () => false,
    () => false,
  );
  const held = Promise.any(aggregators.map(ask)).catch((error: AggregateError) => {
    log.debug("No aggregator holds the update", { reasons: error.errors.map((one) => reasonOf(one).reason) });
    return false;
  });
  const first = await Promise.race([held, timer]);
  timeUp.abort();
  signal.throwIfAborted();
  return { holders: first ? 1 : 0, asked: aggregators.length };
}
