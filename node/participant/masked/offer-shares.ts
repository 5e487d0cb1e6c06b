import { FedledgerError } from "../../core/errors/error.ts";
import type { TaskId } from "../../core/ids.ts";
import type { TaskView } from "../../core/record/task-view.ts";
import type { Member, SignedAdvertisement } from "../../core/records.ts";
import { decodeHoldSharesAnswer, encodeHoldShares, holdSharesProtocol } from "../../rounds/words/mask-messages.ts";
import { type AskAggregatorsDeps, askAggregators, type Held } from "./ask-aggregators.ts";

/**
 * Asks all aggregators of the task to fetch and keep the share bundle, before it is advertised: from then on the round
 * can do without this node. Resolves with the number that hold it when all have answered or the time is up; `onHeld` at
 * the first that does. Rejects with the signal's reason.
 */
export async function offerShares(
  deps: AskAggregatorsDeps & { readonly taskId: TaskId },
  { round, sharesId }: Pick<SignedAdvertisement, "round" | "sharesId">,
  look: {
    readonly view: Pick<TaskView, "joined">;
    readonly members: readonly Member[];
    readonly signal: AbortSignal;
  },
  onHeld: () => void,
): Promise<Held> {
  const message = encodeHoldShares({ taskId: deps.taskId, round, sharesId });
  return await askAggregators(
    deps,
    {
      protocol: holdSharesProtocol,
      message,
      read(bytes, { contact: { peerId } }) {
        const answer = decodeHoldSharesAnswer(bytes);
        if (answer?.held === true) return;
        if (answer !== undefined) throw new FedledgerError("PEER_REFUSED", { peerId, reason: answer.reason });
        const reason = "its answer is malformed";
        throw new FedledgerError("PEER_PROTOCOL", { peerId, protocol: holdSharesProtocol, reason });
      },
      onHeld: async () => onHeld(),
    },
    look,
  );
}
