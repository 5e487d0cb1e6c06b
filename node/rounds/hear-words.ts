import { zeroBytes32 } from "../core/commitment.ts";
import { hexEquals } from "../core/hex.ts";
import type { Address, RoundNumber, TaskId } from "../core/ids.ts";
import type { Availability, SignedCommitment } from "../core/records.ts";
import { type RoundView, roundsInFlight, type TaskView } from "../core/task-view.ts";
import type { ChainReader } from "../ports/chain.ts";
import type { GossipVerdict } from "../ports/transport.ts";
import { commitmentOf, isDrawn } from "./round-queries.ts";
import type { RoundState } from "./round-state.ts";
import { decodeAvailability, decodeCommitment } from "./signed-messages.ts";
import { availabilityOf, commitmentsTo } from "./word-pool.ts";

/**
 * Judges a gossiped commitment: garbage, false signatures and what no round of the task could take are rejected, what does not concern
 * a round in flight as this node sees it is ignored (it may be this node that is behind; the sender repeats), the rest is accepted.
 */
export function hearCommitment(
  message: Uint8Array,
  { view, words }: RoundState,
  chain: Pick<ChainReader, "recoverSigner">,
): { readonly verdict: GossipVerdict; readonly signed?: SignedCommitment } {
  const heard = decodeCommitment(message)?.signed;
  if (heard === undefined) return { verdict: "reject" };
  const round = inFlight(view, heard);
  if (view === undefined || round === undefined) return { verdict: "ignore" };
  if (!hexEquals(heard.baseModelRoot, round.baseModelRoot)) return { verdict: "ignore" };
  // a repetition: it was checked when it came first
  if (commitmentsTo(words, round).some(({ signed, other }) => isRepeated(heard, signed, other)))
    return { verdict: "accept" };
  const participant = spelled(view, heard.participant);
  if (participant === undefined || !isDrawn(view, round, participant)) return { verdict: "ignore" };
  const { weight, updateRoot, contentId } = heard;
  const isPossible =
    weight >= 1 && weight <= view.rules.maxWeight && updateRoot !== zeroBytes32 && contentId !== zeroBytes32;
  const signer = isPossible ? chain.recoverSigner({ type: "commitment", ...heard }) : undefined;
  if (signer === undefined || !hexEquals(signer, participant)) return { verdict: "reject" };
  return { verdict: "accept", signed: { ...heard, participant } };
}

/**
 * Judges a gossiped word on availability in the same way: it counts when it is of a participant that committed in the round, over the
 * accumulator of its commitments, and names nothing but them.
 */
export function hearAvailability(
  message: Uint8Array,
  { view, words }: RoundState,
  chain: Pick<ChainReader, "recoverSigner">,
): { readonly verdict: GossipVerdict; readonly word?: Availability } {
  const heard = decodeAvailability(message)?.word;
  if (heard === undefined) return { verdict: "reject" };
  const round = inFlight(view, heard);
  if (view === undefined || round === undefined || round.phase === "open") return { verdict: "ignore" };
  if (!hexEquals(heard.accumulator, round.accumulator)) return { verdict: "ignore" };
  if (availabilityOf(words, round).some((word) => isRepeated(heard, word))) return { verdict: "accept" };
  const holder = commitmentOf(round, heard.holder)?.participant;
  if (holder === undefined || spelled(view, holder) === undefined) return { verdict: "ignore" };
  const signer =
    (heard.slots & ~committedSlots(round)) === 0n ? chain.recoverSigner({ type: "availability", ...heard }) : undefined;
  if (signer === undefined || !hexEquals(signer, holder)) return { verdict: "reject" };
  return { verdict: "accept", word: { ...heard, holder } };
}

/** Bitmap of the slots that have committed. */
export function committedSlots({ commitments }: Pick<RoundView, "commitments">): bigint {
  return commitments.reduce((bitmap, { slot }) => bitmap | (1n << BigInt(slot)), 0n);
}

/** Whether a message is one of these words again, field by field. */
function isRepeated<W extends SignedCommitment | Availability>(
  heard: W,
  ...known: readonly (W | undefined)[]
): boolean {
  return known.some((word) => word !== undefined && sameFields(word, heard));
}

function sameFields(a: object, b: object): boolean {
  const other = b as Record<string, unknown>;
  return Object.entries(a).every(([name, value]) => String(value).toLowerCase() === String(other[name]).toLowerCase());
}

function inFlight(
  view: TaskView | undefined,
  about: { readonly taskId: TaskId; readonly round: RoundNumber },
): RoundView | undefined {
  if (view === undefined || about.taskId !== view.taskId) return undefined;
  return roundsInFlight(view).find(({ round }) => round === about.round);
}

/** The account as the chain spells it, where it has a place in the task. */
function spelled({ enrolled }: TaskView, account: Address): Address | undefined {
  return enrolled.find(({ participant }) => hexEquals(participant, account))?.participant;
}
