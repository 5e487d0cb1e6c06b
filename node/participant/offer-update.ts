import { FedledgerError } from "../core/error.ts";
import { hexEquals } from "../core/hex.ts";
import type { TaskId } from "../core/ids.ts";
import type { Custody, Member } from "../core/records.ts";
import type { Chain } from "../ports/chain.ts";
import { decodeHoldAnswer, encodeHoldRequest, holdProtocol } from "../rounds/messages.ts";
import { type AskAggregatorsDeps, askAggregators, type Held } from "./ask-aggregators.ts";
import type { TrainedUpdate } from "./participant-machine.ts";

/** What offering an update needs. */
export interface OfferUpdateDeps extends AskAggregatorsDeps {
  readonly taskId: TaskId;
  readonly chain: Pick<Chain, "recoverSigner">;
}

/**
 * Asks all aggregators to fetch and keep the update, so that it survives this node, and gives each one's signed custody as it comes.
 * Resolves with the number that hold it when all have answered or the time is up: a commitment does not depend on it.
 * Rejects with the signal's reason, and as `onCustody` does.
 */
export async function offerUpdate(
  deps: OfferUpdateDeps,
  update: TrainedUpdate,
  look: { readonly members: readonly Member[]; readonly signal: AbortSignal },
  onCustody: (custody: Custody) => Promise<void>,
): Promise<Held> {
  const { me, taskId, chain } = deps;
  const { round, updateRoot, contentId } = update;
  const record = { type: "custody", taskId, round, participant: me, updateRoot, contentId } as const;
  const message = encodeHoldRequest({ taskId, round, updateRoot, contentId });
  return await askAggregators<Custody>(
    deps,
    {
      protocol: holdProtocol,
      message,
      read(bytes, { account: aggregator, contact: { peerId } }) {
        const answer = decodeHoldAnswer(bytes);
        if (answer?.held === false) throw new FedledgerError("PEER_REFUSED", { peerId, reason: answer.reason });
        const signer = answer && chain.recoverSigner({ ...record, aggregator, signature: answer.signature });
        if (answer === undefined || signer === undefined || !hexEquals(signer, aggregator)) {
          const reason = answer === undefined ? "its answer is malformed" : "it did not sign its answer";
          throw new FedledgerError("PEER_PROTOCOL", { peerId, protocol: holdProtocol, reason });
        }
        const { type: _, ...custody } = record;
        return { ...custody, aggregator, signature: answer.signature };
      },
      onHeld: onCustody,
    },
    look,
  );
}
