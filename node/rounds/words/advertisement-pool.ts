import { hexEquals } from "../../core/bytes/hex.ts";
import type { RoundNumber } from "../../core/ids.ts";
import type { RoundView } from "../../core/record/task-view.ts";
import type { SignedAdvertisement } from "../../core/records.ts";

/**
 * Signed keys of masked rounds, for whoever brings them to the chain: the newest of a participant and opening, as one
 * that restarted has made others. Immutable.
 */
export type AdvertisementPool = ReadonlyMap<string, SignedAdvertisement>;

/** The pool with keys in it; the same pool where it has these. The caller has checked signature and draw. */
export function addAdvertisement(pool: AdvertisementPool, signed: SignedAdvertisement): AdvertisementPool {
  const key = `${signed.start}:${signed.participant}`.toLowerCase();
  return hexEquals(pool.get(key)?.signature ?? "", signed.signature) ? pool : new Map(pool).set(key, signed);
}

/** What was heard of keys over a round's start value. */
export function advertisementsTo(
  pool: AdvertisementPool,
  { round, start }: Pick<RoundView, "round" | "start">,
): readonly SignedAdvertisement[] {
  return [...pool.values()].filter((signed) => signed.round === round && hexEquals(signed.start, start));
}

/** The pool without what concerns other rounds than these; the same pool when there is nothing of that. */
export function onlyAdvertisementsOf(pool: AdvertisementPool, rounds: readonly RoundNumber[]): AdvertisementPool {
  const kept = [...pool].filter(([, { round }]) => rounds.includes(round));
  return kept.length === pool.size ? pool : new Map(kept);
}
