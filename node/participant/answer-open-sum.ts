import { FedledgerError } from "../core/error.ts";
import { hexEquals } from "../core/hex.ts";
import type { PeerIdText } from "../core/ids.ts";
import { roundsInFlight } from "../core/task-view.ts";
import {
  decodeOpenSum,
  encodeOpenSumAnswer,
  type OpenSumAnswer,
  openSumProtocol,
} from "../rounds/open-sum-messages.ts";
import { holdingKey, type ParticipantState } from "./participant-state.ts";

/**
 * Answers an aggregator's request for what the sum of a closed round gives, from what this participant has opened by itself. The request
 * names a closed round and nothing else: there is no way to ask for the opening of other bytes. Throws PEER_PROTOCOL for garbage.
 */
export function answerOpenSum(message: Uint8Array, from: PeerIdText, state: ParticipantState): Uint8Array {
  const request = decodeOpenSum(message);
  if (request === undefined) {
    const reason = "a malformed request";
    throw new FedledgerError("PEER_PROTOCOL", { peerId: from, protocol: openSumProtocol, reason });
  }
  const { view, members, openedSums, refused } = state;
  const answer = (): OpenSumAnswer => {
    if (view === undefined || request.taskId !== view.taskId) return { opened: false, reason: "unknown-task" };
    const asking = members.find(({ contact }) => contact?.peerId === from);
    if (asking?.roles.includes("aggregator") !== true) return { opened: false, reason: "not-aggregator" };
    const round = roundsInFlight(view).find((each) => each.round === request.round);
    const isClosed = round?.phase === "aggregating" || round?.phase === "proposed";
    if (round === undefined || !isClosed || !hexEquals(round.accumulator, request.accumulator)) {
      return { opened: false, reason: "wrong-round" };
    }
    const about = holdingKey(round);
    const opened = openedSums.get(about);
    if (opened !== undefined) return { opened: true, ...opened };
    return { opened: false, reason: refused.has(`open-sum:${about}`) ? "refused" : "not-opened" };
  };
  return encodeOpenSumAnswer(answer());
}
