import type { RoundNumber } from "../ids.ts";
import type { TaskRules } from "../records.ts";
import type { TaskView } from "./task-view.ts";

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

/** Most numbers that an opening may pass over. */
export const mostPassedRounds = 64;

/** Where in the ring the word of a round stands. */
export function ringPlace(round: RoundNumber, length: number): number {
  return round % length;
}

/**
 * The number that the next round has at this time: the least above the newest round's in whose place no word is still
 * provable; undefined where every one in reach is.
 */
export function nextRoundNumber(
  { rounds, rules }: Pick<TaskView, "rounds" | "rules">,
  nowS: number,
): RoundNumber | undefined {
  const length = ringLength(rules);
  const newest = rounds.at(-1)?.round ?? 0;
  const taken = new Set(
    rounds
      // a word that is provable stands where it was written, however many numbers were passed over since
      .filter(({ result }) => result !== undefined && nowS <= result.provableUntilS)
      .map(({ round }) => ringPlace(round, length)),
  );
  for (let number = newest + 1; number <= newest + 1 + mostPassedRounds; number++) {
    if (!taken.has(ringPlace(number, length))) return number;
  }
  return undefined;
}
