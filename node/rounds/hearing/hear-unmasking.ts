import { fromHex, hexEquals } from "../../core/bytes/hex.ts";
import type { PeerIdText } from "../../core/ids.ts";
import { modeOf } from "../../core/modes/mode-of.ts";
import { roundInFlight } from "../../core/record/task-view.ts";
import type { GossipVerdict } from "../../ports/transport.ts";
import { seedHashOf } from "../../privacy/masking/index.ts";
import type { RoundState } from "../state/round-state.ts";
import { advertisementOf, fellowsIn } from "../steps/mask-queries.ts";
import { commitmentOf } from "../steps/round-queries.ts";
import { decodeUnmasking, shareCount, type Unmasking } from "../words/mask-messages.ts";

/**
 * Judges what is gossiped to open a masked round: garbage, a false seed and the wrong number of shares are rejected;
 * what does not concern a closed round in flight as this node sees it, or was not written by the participant's own
 * registered peer, is ignored; the rest is accepted. Whether shares are true shows when they are put together: each has
 * a hash in its owner's bundle.
 *
 * @param author whose signature the gossip carries
 */
export function hearUnmasking(
  message: Uint8Array,
  author: PeerIdText,
  { view, members }: RoundState,
): { readonly verdict: GossipVerdict; readonly unmasking?: Unmasking } {
  const heard = decodeUnmasking(message)?.unmasking;
  if (heard === undefined) return { verdict: "reject" };
  if (heard.taskId !== view.taskId || modeOf(view.rules).keys !== "each") return { verdict: "ignore" };
  const round = roundInFlight(view);
  if (round?.round !== heard.round || round.phase === "open" || !hexEquals(heard.accumulator, round.accumulator)) {
    return { verdict: "ignore" };
  }
  const commitment = commitmentOf(round, heard.participant);
  const advertisement = advertisementOf(round, heard.participant);
  if (commitment === undefined || advertisement === undefined) return { verdict: "ignore" };
  const member = members.find(({ account }) => hexEquals(account, heard.participant));
  if (member?.contact?.peerId !== author) return { verdict: "ignore" };
  const isWhole = shareCount(heard) === fellowsIn(round, commitment.slot).length;
  if (!isWhole || !hexEquals(seedHashOf(fromHex(heard.seed)), advertisement.seedHash)) return { verdict: "reject" };
  return { verdict: "accept", unmasking: { ...heard, participant: commitment.participant } };
}
