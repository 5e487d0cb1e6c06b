import { FedledgerError } from "../errors/error.ts";

/**
 * How many of its fellows must give their shares for a member's secret of a masked round to be known, and must have
 * signed its closing before it opens anything: the task's threshold of them, rounded up, and at least 2. Throws
 * INVALID_ARGUMENT for fewer than three members (such a round has no masks) or a percentage outside 51 to 100.
 *
 * @param drawn members of the round: all that were drawn, whoever of them advertises, for that number alone is bound by
 * the start value
 */
export function shareThreshold(drawn: number, thresholdPercent: number): number {
  if (!Number.isInteger(drawn) || drawn < 3 || drawn > 64) throw outside("drawn", drawn, "3 to 64");
  if (!Number.isInteger(thresholdPercent) || thresholdPercent < 51 || thresholdPercent > 100) {
    throw outside("thresholdPercent", thresholdPercent, "51 to 100");
  }
  return Math.max(2, Math.ceil(((drawn - 1) * thresholdPercent) / 100));
}

/**
 * How many of a masked round's members may be missing from it: with more nobody opens it. Throws as {@link
 * shareThreshold}.
 */
export function mayBeMissing(drawn: number, thresholdPercent: number): number {
  return drawn - 1 - shareThreshold(drawn, thresholdPercent);
}

function outside(name: string, value: number, expected: string): FedledgerError {
  return new FedledgerError("INVALID_ARGUMENT", { name, value, expected });
}
