import { hexEquals } from "../../core/bytes/hex.ts";
import { modeOf } from "../../core/modes/mode-of.ts";
import type { SignedAdvertisement } from "../../core/records.ts";
import type { ChainReader } from "../../ports/chain.ts";
import type { GossipVerdict } from "../../ports/transport.ts";
import type { RoundState } from "../state/round-state.ts";
import { isDrawn, openRound } from "../steps/round-queries.ts";
import { decodeAdvertisement } from "../words/advertisement-messages.ts";
import { advertisementsTo } from "../words/advertisement-pool.ts";

/**
 * Judges gossiped keys of a masked round: garbage and false signatures are rejected; what is not over the start value
 * of the open round as this node sees it, or of one that is not drawn, is ignored; the rest is accepted. Whether their
 * owner shows a grant is for those to ask who mask with them. Another signature to the same keys is ignored, too.
 */
export function hearAdvertisement(
  message: Uint8Array,
  { view, masks }: RoundState,
  signers: Pick<ChainReader, "recoverSigner">,
): { readonly verdict: GossipVerdict; readonly signed?: SignedAdvertisement } {
  const heard = decodeAdvertisement(message)?.signed;
  if (heard === undefined) return { verdict: "reject" };
  if (heard.taskId !== view.taskId || modeOf(view.rules).keys !== "each") return { verdict: "ignore" };
  const round = openRound(view);
  if (round?.round !== heard.round || !hexEquals(round.start, heard.start)) return { verdict: "ignore" };
  const participant = view.enrolled.find(({ account }) => hexEquals(account, heard.participant))?.account;
  if (participant === undefined || !isDrawn(view, round, participant)) return { verdict: "ignore" };
  const known = advertisementsTo(masks.advertisements, round).find((signed) =>
    hexEquals(signed.participant, participant),
  );
  // a repetition: it was checked when it came first
  if (known !== undefined && hexEquals(known.signature, heard.signature)) return { verdict: "accept" };
  if (known !== undefined && sameKeys(known, heard)) return { verdict: "ignore" };
  const signer = signers.recoverSigner({ type: "advertisement", ...heard });
  if (signer === undefined || !hexEquals(signer, participant)) return { verdict: "reject" };
  return { verdict: "accept", signed: { ...heard, participant } };
}

function sameKeys(known: SignedAdvertisement, heard: SignedAdvertisement): boolean {
  return (["maskKey", "seedHash", "sharesId", "shareKey"] as const).every((name) =>
    hexEquals(known[name], heard[name]),
  );
}
