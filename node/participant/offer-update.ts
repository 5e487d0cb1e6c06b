import { FedledgerError } from "../core/error.ts";
import { hexEquals } from "../core/hex.ts";
import type { Address, TaskId } from "../core/ids.ts";
import type { Custody, Member } from "../core/records.ts";
import type { Chain } from "../ports/chain.ts";
import type { Clock, Log } from "../ports/system.ts";
import type { Transport } from "../ports/transport.ts";
import { reasonOf } from "../rounds/action-runner.ts";
import { decodeHoldAnswer, encodeHoldRequest, holdProtocol } from "../rounds/messages.ts";
import type { TrainedUpdate } from "./participant-machine.ts";

/** What offering an update needs. */
export interface OfferUpdateDeps {
  readonly me: Address;
  readonly taskId: TaskId;
  readonly chain: Pick<Chain, "recoverSigner">;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly log: Log;
  /** Longest wait for the answers, milliseconds. */
  readonly holdTimeoutMs: number;
}

/**
 * Asks all aggregators to fetch and keep the update, so that it survives this node, and gives each one's signed custody as it comes.
 * Resolves with the number that hold it when all have answered or the time is up: a commitment does not depend on it.
 * Rejects with the signal's reason, and as `onCustody` does.
 */
export async function offerUpdate(
  { me, taskId, chain, transport, clock, log, holdTimeoutMs }: OfferUpdateDeps,
  update: TrainedUpdate,
  { members, signal }: { readonly members: readonly Member[]; readonly signal: AbortSignal },
  onCustody: (custody: Custody) => Promise<void>,
): Promise<{ readonly holders: number; readonly asked: number }> {
  const aggregators = members.filter(({ account, roles }) => roles.includes("aggregator") && !hexEquals(account, me));
  const asked = aggregators.filter(({ contact }) => contact !== undefined);
  const timeUp = new AbortController();
  const stop = AbortSignal.any([signal, timeUp.signal]);
  const { round, updateRoot, contentId } = update;
  const message = encodeHoldRequest({ taskId, round, updateRoot, contentId });
  const record = { type: "custody", taskId, round, participant: me, updateRoot, contentId } as const;

  const ask = async ({ account: aggregator, contact }: Member): Promise<Custody> => {
    const { peerId } = contact!;
    const options = { signal: stop, timeoutMs: holdTimeoutMs };
    const answer = decodeHoldAnswer(await transport.request(peerId, holdProtocol, message, options));
    if (answer?.held === false) throw new FedledgerError("PEER_REFUSED", { peerId, reason: answer.reason });
    const signer = answer && chain.recoverSigner({ ...record, aggregator, signature: answer.signature });
    if (answer === undefined || signer === undefined || !hexEquals(signer, aggregator)) {
      const reason = answer === undefined ? "its answer is malformed" : "it did not sign its answer";
      throw new FedledgerError("PEER_PROTOCOL", { peerId, protocol: holdProtocol, reason });
    }
    const { type: _, ...custody } = record;
    return { ...custody, aggregator, signature: answer.signature };
  };

  let holders = 0;
  const answers = asked.map((member) =>
    ask(member).then(
      async (custody) => {
        holders++;
        await onCustody(custody);
      },
      (error: unknown) => log.debug("An aggregator does not hold the update", reasonOf(error)),
    ),
  );
  const timer = clock.sleep(holdTimeoutMs, { signal: stop }).catch(() => undefined);
  await Promise.race([Promise.all(answers), timer]);
  timeUp.abort();
  signal.throwIfAborted();
  return { holders, asked: asked.length };
}
