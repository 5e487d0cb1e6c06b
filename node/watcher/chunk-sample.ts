import type { Random } from "../ports/system.ts";
import { randomBelow } from "../rounds/random-below.ts";

/** How much of each round a watcher recomputes: a share of the chunks, above 0 to 1, or a number of them. */
export type SampleSize = { readonly share: number } | { readonly chunks: number };

/** What recomputing random chunks may miss. */
export interface SampleOdds {
  /** Chunks drawn anew for each proposal. */
  readonly chunks: number;
  /** Chunks of a model. */
  readonly of: number;
  /** Probability that the only wrong chunk of a model is not among them. */
  readonly missOne: number;
  /** Probability that of one wrong chunk in a hundred (at least one) none is among them. */
  readonly missHundredth: number;
}

/** The number of chunks to draw of so many, at least one. */
export function chunksToDraw(size: SampleSize, chunkCount: number): number {
  const wanted = "share" in size ? Math.ceil(size.share * chunkCount) : size.chunks;
  return Math.max(1, Math.min(chunkCount, wanted));
}

/** What drawing so many of a model's chunks may miss. */
export function sampleOdds(size: SampleSize, chunkCount: number): SampleOdds {
  const chunks = chunksToDraw(size, chunkCount);
  const odds = (wrong: number) => missProbability(chunkCount, chunks, wrong);
  return { chunks, of: chunkCount, missOne: odds(1), missHundredth: odds(Math.ceil(chunkCount / 100)) };
}

/**
 * Probability that none of `wrong` wrong chunks is among `drawn` of `count`, all sets of that size being equally likely:
 * C(count - wrong, drawn) / C(count, drawn), as a product of `wrong` factors.
 */
export function missProbability(count: number, drawn: number, wrong: number): number {
  let missed = 1;
  for (let i = 0; i < wrong; i++) missed *= Math.max(0, count - drawn - i) / (count - i);
  return missed;
}

/** Draws chunks of a model without repetition, each set of that size equally likely, in ascending order (Floyd's algorithm). */
export function drawChunks(chunkCount: number, drawn: number, random: Random): readonly number[] {
  const chosen = new Set<number>();
  for (let top = chunkCount - drawn; top < chunkCount; top++) {
    const candidate = randomBelow(top + 1, random);
    chosen.add(chosen.has(candidate) ? top : candidate);
  }
  return [...chosen].sort((a, b) => a - b);
}
