import { hexEquals } from "../../core/bytes/hex.ts";
import type { RoundNumber } from "../../core/ids.ts";
import type { RoundView } from "../../core/record/task-view.ts";
import type { ClosingWord } from "../../core/records.ts";

/** Closing words of masked rounds, one entry a survivor and set of commitments. Immutable. */
export type ClosingPool = ReadonlyMap<string, ClosingWord>;

/**
 * The pool with a word in it; the same pool where it has one of this survivor on this closing. The caller has checked
 * signature and round.
 */
export function addClosing(pool: ClosingPool, word: ClosingWord): ClosingPool {
  const key = `${word.round}:${word.accumulator}:${word.participant}`.toLowerCase();
  return pool.has(key) ? pool : new Map(pool).set(key, word);
}

/** The words on a closed round, with these very commitments. */
export function closingsOf(
  pool: ClosingPool,
  { round, accumulator }: Pick<RoundView, "round" | "accumulator">,
): readonly ClosingWord[] {
  return [...pool.values()].filter((word) => word.round === round && hexEquals(word.accumulator, accumulator));
}

/** The pool without what concerns other rounds than these; the same pool when there is nothing of that. */
export function onlyClosingsOf(pool: ClosingPool, rounds: readonly RoundNumber[]): ClosingPool {
  const kept = [...pool].filter(([, { round }]) => rounds.includes(round));
  return kept.length === pool.size ? pool : new Map(kept);
}
