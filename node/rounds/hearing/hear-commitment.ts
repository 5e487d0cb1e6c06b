import { hexEquals } from "../../core/bytes/hex.ts";
import { roundInFlight } from "../../core/record/task-view.ts";
import type { SignedCommitment } from "../../core/records.ts";
import { zeroBytes32 } from "../../core/words/commitment.ts";
import type { ChainReader } from "../../ports/chain.ts";
import type { GossipVerdict } from "../../ports/transport.ts";
import type { RoundState } from "../state/round-state.ts";
import { isDrawn } from "../steps/round-queries.ts";
import { decodeCommitment } from "../words/commitment-messages.ts";
import { addsCommitment, commitmentsTo } from "../words/word-pool.ts";

/**
 * Judges a gossiped commitment: garbage, false signatures and what no round of the task could take are rejected, what
 * does not concern the round in flight as this node sees it is ignored (it may be this node that is behind; the sender
 * repeats), and so is what adds nothing, whose signature is not looked at; the rest is accepted.
 */
export function hearCommitment(
  message: Uint8Array,
  { view, words }: Pick<RoundState, "view" | "words">,
  chain: Pick<ChainReader, "recoverSigner">,
): { readonly verdict: GossipVerdict; readonly signed?: SignedCommitment } {
  const heard = decodeCommitment(message)?.signed;
  if (heard === undefined) return { verdict: "reject" };
  if (heard.taskId !== view.taskId) return { verdict: "ignore" };
  const round = roundInFlight(view);
  if (round?.round !== heard.round || !hexEquals(heard.anchor, round.anchor)) return { verdict: "ignore" };
  // a repetition: it was checked when it came first
  const isKnown = commitmentsTo(words, round).some(({ signed, other }) => isRepeated(heard, signed, other));
  if (isKnown) return { verdict: "accept" };
  if (!addsCommitment(words, heard)) return { verdict: "ignore" };
  const participant = view.enrolled.find(({ account }) => hexEquals(account, heard.participant))?.account;
  if (participant === undefined || !isDrawn(view, round, participant)) return { verdict: "ignore" };
  const { weight, updateRoot, contentId } = heard;
  const isPossible =
    weight >= 1 && weight <= view.rules.maxWeight && updateRoot !== zeroBytes32 && contentId !== zeroBytes32;
  const signer = isPossible ? chain.recoverSigner({ type: "commitment", ...heard }) : undefined;
  if (signer === undefined || !hexEquals(signer, participant)) return { verdict: "reject" };
  return { verdict: "accept", signed: { ...heard, participant } };
}

/** Whether a message is one of these words again, field by field. */
function isRepeated(heard: SignedCommitment, ...known: readonly (SignedCommitment | undefined)[]): boolean {
  return known.some((word) => word !== undefined && sameFields(word, heard));
}

function sameFields(a: object, b: object): boolean {
  const other = b as Record<string, unknown>;
  return Object.entries(a).every(([name, value]) => String(value).toLowerCase() === String(other[name]).toLowerCase());
}
