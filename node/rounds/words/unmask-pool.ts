import { hexEquals } from "../../core/bytes/hex.ts";
import type { Hex, RoundNumber } from "../../core/ids.ts";
import type { RoundView } from "../../core/record/task-view.ts";
import { shareAt, shareCount, type Unmasking } from "./mask-messages.ts";

/** What survivors told of closed masked rounds, one entry a survivor and set of commitments. Immutable. */
export type UnmaskPool = ReadonlyMap<string, Unmasking>;

/**
 * The pool with what a survivor told in it; the same pool when it adds nothing. Shares that it told before stay: it may
 * add others, so a message changes the pool at most as often as it has shares. The caller has checked author, round and
 * seed.
 */
export function addUnmasking(pool: UnmaskPool, unmasking: Unmasking): UnmaskPool {
  const key = `${unmasking.round}:${unmasking.accumulator}:${unmasking.participant}`.toLowerCase();
  const known = pool.get(key);
  const merged = known === undefined ? unmasking : { ...known, shares: mergedShares(known, unmasking) };
  return known !== undefined && merged.shares === known.shares ? pool : new Map(pool).set(key, merged);
}

/** What was told of a closed round, with these very commitments. */
export function unmaskingsOf(
  pool: UnmaskPool,
  { round, accumulator }: Pick<RoundView, "round" | "accumulator">,
): readonly Unmasking[] {
  return [...pool.values()].filter((one) => one.round === round && hexEquals(one.accumulator, accumulator));
}

/** The pool without what concerns other rounds than these; the same pool when there is nothing of that. */
export function onlyUnmaskingsOf(pool: UnmaskPool, rounds: readonly RoundNumber[]): UnmaskPool {
  const kept = [...pool].filter(([, { round }]) => rounds.includes(round));
  return kept.length === pool.size ? pool : new Map(kept);
}

/** Number of shares that a message has. */
export function sharesTold(unmasking: Unmasking): number {
  return places(unmasking).filter((place) => !isNothing(shareAt(unmasking, place))).length;
}

function mergedShares(known: Unmasking, added: Unmasking): Hex {
  const shares = places(known).map((place) => {
    const share = shareAt(known, place);
    return isNothing(share) ? shareAt(added, place) : share;
  });
  return `0x${shares.join("")}`;
}

function places(unmasking: Unmasking): readonly number[] {
  return Array.from({ length: shareCount(unmasking) }, (_, place) => place);
}

function isNothing(share: string): boolean {
  return /^0*$/.test(share);
}
