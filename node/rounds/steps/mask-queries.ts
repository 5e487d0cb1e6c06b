import { fullSignature } from "../../core/bytes/compact-signature.ts";
import { hexEquals } from "../../core/bytes/hex.ts";
import type { Address, Bytes32, Hex, RoundNumber } from "../../core/ids.ts";
import type { RoundView, TaskView } from "../../core/record/task-view.ts";
import type { Advertisement } from "../../core/records.ts";
import { slotOf } from "../../core/words/draw.ts";
import type { ChainReader, SignedRecord } from "../../ports/chain.ts";

/** The account's advertisement in the round, if it has made one. */
export function advertisementOf({ advertisements = [] }: RoundView, account: Address): Advertisement | undefined {
  return advertisements.find(({ participant }) => hexEquals(participant, account));
}

/** The advertisements of all others than a slot's, ascending: of those with whom it shares masks. */
export function fellowsIn({ advertisements = [] }: RoundView, slot: number): readonly Advertisement[] {
  return advertisements.filter((other) => other.slot !== slot).sort((a, b) => a.slot - b.slot);
}

/** Who is drawn, by slot. Places do not move while a round runs. Takes some hashes for each place of the task. */
export function drawnBySlot(
  { enrolled: places }: Pick<TaskView, "enrolled">,
  { enrolled, drawn, seed }: Pick<RoundView, "enrolled" | "drawn" | "seed">,
): ReadonlyMap<number, Address> {
  const bySlot = new Map<number, Address>();
  for (const [index, { account }] of places.slice(0, enrolled).entries()) {
    const slot = slotOf(index, enrolled, drawn, seed);
    if (slot < drawn) bySlot.set(slot, account);
  }
  return bySlot;
}

/** A word by which an account names the X25519 key to which others seal its shares. */
export interface ShareKeyWord {
  readonly shareKey: Bytes32;
  readonly word: SignedRecord & { readonly signature: Hex };
}

/**
 * The newest word on an account's share key, as the record has it: a key that it set by itself, or an advertisement.
 * Undefined where there is none.
 *
 * @param before looks at advertisements of rounds before this one only: that of a round names the key for the next
 */
export function shareKeyWordOf(
  view: Pick<TaskView, "taskId" | "shareKeys" | "rounds">,
  account: Address,
  before: RoundNumber = Number.POSITIVE_INFINITY,
): ShareKeyWord | undefined {
  const { taskId, rounds } = view;
  // a key that it set by itself leaves the map with its next advertisement
  const set = [...view.shareKeys].find(([owner]) => hexEquals(owner, account))?.[1];
  if (set?.length === 2 + 2 * setBytes) {
    const shareKey = set.slice(0, 66) as Bytes32;
    return { shareKey, word: { type: "share-key", taskId, shareKey, signature: fullSignature(`0x${set.slice(66)}`) } };
  }
  for (const { round, start, advertisements } of rounds.toReversed()) {
    const made =
      round < before ? advertisements?.find(({ participant }) => hexEquals(participant, account)) : undefined;
    if (made !== undefined) return { shareKey: made.shareKey, word: { type: "advertisement", ...made, start } };
  }
  return undefined;
}

/**
 * The key to which an account's shares of a round are sealed, by its newest word before that round. Undefined, too,
 * where the word is not signed by it.
 */
export function shareKeyOf(
  view: Pick<TaskView, "taskId" | "shareKeys" | "rounds">,
  { round }: Pick<RoundView, "round">,
  account: Address,
  recoverSigner: ChainReader["recoverSigner"],
): Bytes32 | undefined {
  const newest = shareKeyWordOf(view, account, round);
  const signer = newest && recoverSigner(newest.word);
  return signer !== undefined && hexEquals(signer, account) ? newest?.shareKey : undefined;
}

/** Bytes of a key that an account set by itself: 32 of X25519 key, 64 of signature. */
const setBytes = 96;
