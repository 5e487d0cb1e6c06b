import { hexEquals } from "../../core/bytes/hex.ts";
import { modeOf } from "../../core/modes/mode-of.ts";
import { roundInFlight } from "../../core/record/task-view.ts";
import type { ClosingWord } from "../../core/records.ts";
import type { ChainReader } from "../../ports/chain.ts";
import type { GossipVerdict } from "../../ports/transport.ts";
import type { RoundState } from "../state/round-state.ts";
import { commitmentOf } from "../steps/round-queries.ts";
import { closingsOf } from "../words/closing-pool.ts";
import { decodeClosing } from "../words/mask-messages.ts";

/**
 * Judges a gossiped closing word: garbage and false signatures are rejected; what is not over the closed round in
 * flight as this node sees it, or of one that has not committed in it, is ignored (it may be this node that is shown
 * something else), and so is another signature to a word that is here; the rest is accepted.
 */
export function hearClosing(
  message: Uint8Array,
  { view, masks }: RoundState,
  signers: Pick<ChainReader, "recoverSigner">,
): { readonly verdict: GossipVerdict; readonly word?: ClosingWord } {
  const heard = decodeClosing(message)?.word;
  if (heard === undefined) return { verdict: "reject" };
  if (heard.taskId !== view.taskId || modeOf(view.rules).keys !== "each") return { verdict: "ignore" };
  const round = roundInFlight(view);
  if (round?.round !== heard.round || round.phase === "open" || !hexEquals(heard.accumulator, round.accumulator)) {
    return { verdict: "ignore" };
  }
  const participant = commitmentOf(round, heard.participant)?.participant;
  if (participant === undefined) return { verdict: "ignore" };
  const known = closingsOf(masks.closings, round).find((word) => hexEquals(word.participant, participant));
  // a repetition: it was checked when it came first
  if (known !== undefined) return { verdict: hexEquals(known.signature, heard.signature) ? "accept" : "ignore" };
  const signer = signers.recoverSigner({ type: "closing", ...heard });
  if (signer === undefined || !hexEquals(signer, participant)) return { verdict: "reject" };
  return { verdict: "accept", word: { ...heard, participant } };
}
