import { hexEquals } from "../../core/bytes/hex.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { PeerIdText } from "../../core/ids.ts";
import { roundInFlight } from "../../core/record/task-view.ts";
import type { Protocol } from "../../rounds/machine/machine.ts";
import {
  decodeOpenSum,
  encodeOpenSumAnswer,
  type OpenSumAnswer,
  openSumProtocol,
} from "../../rounds/words/open-sum-messages.ts";
import type { ParticipantState } from "../state/participant-state.ts";
import { closedKey } from "../state/trained-update.ts";

/**
 * Answers an aggregator's request for what the sum of a closed round gives, from what this participant has opened by
 * itself. The request names a closed round and nothing else: there is no way to ask for the opening of other bytes.
 * Throws PEER_PROTOCOL for garbage.
 */
export function answerOpenSum(message: Uint8Array, from: PeerIdText, state: ParticipantState): Uint8Array {
  const request = decodeOpenSum(message);
  if (request === undefined) {
    const reason = "a malformed request";
    throw new FedledgerError("PEER_PROTOCOL", { peerId: from, protocol: openSumProtocol, reason });
  }
  const { view, members, openedSums, refusedKeys } = state;
  const answer = (): OpenSumAnswer => {
    if (request.taskId !== view.taskId) return { opened: false, reason: "unknown-task" };
    // members may name a PeerId that is another's: one of them has to be an aggregator
    const asking = members.filter(({ contact }) => contact?.peerId === from);
    const isAggregator = view.joined.some(
      ({ account, leaving }) => !leaving && asking.some((member) => hexEquals(member.account, account)),
    );
    if (!isAggregator) return { opened: false, reason: "not-aggregator" };
    const round = roundInFlight(view);
    const isClosed = round?.phase === "aggregating" || round?.phase === "proposed";
    if (round?.round !== request.round || !isClosed || !hexEquals(round.accumulator, request.accumulator)) {
      return { opened: false, reason: "wrong-round" };
    }
    const about = closedKey(round);
    const opened = openedSums.get(about);
    if (opened !== undefined) return { opened: true, ...opened };
    return { opened: false, reason: refusedKeys.has(`open-sum:${about}`) ? "refused" : "not-opened" };
  };
  return encodeOpenSumAnswer(answer());
}

/** What every participant answers to aggregators of encrypted tasks. */
export const openSumAnswers: Protocol<ParticipantState> = {
  protocol: openSumProtocol,
  answer: async (message, from, state) => answerOpenSum(message, from, state),
};
