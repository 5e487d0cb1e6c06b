import type { RoundNumber } from "./ids.ts";
import type { TaskRules } from "./records.ts";

const leastLength = 64;
const greatestLength = 4096;
/** Seconds of the shortest round that a ring has room for: four blocks of twelve. */
const shortestRoundS = 48;

/**
 * Length of a task's ring of words: the least power of two, 64 to 4096, that holds its rounds, or as many as fit into
 * its challenge window.
 */
export function ringLength({ rounds, challengeWindowS }: Pick<TaskRules, "rounds" | "challengeWindowS">): number {
  const needed = Math.min(rounds, Math.floor(challengeWindowS / shortestRoundS));
  let length = leastLength;
  while (length < needed && length < greatestLength) length *= 2;
  return length;
}

/** Where in the ring the word of a round stands. */
export function ringPlace(round: RoundNumber, length: number): number {
  return round % length;
}
