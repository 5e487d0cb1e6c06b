import type { PublicMetric } from "../../api/index.ts";

/** Accuracy, 0 to 1, or R². */
export function metricOf({ correct, r2Q24 = 0n, examples }: PublicMetric): number {
  return correct === undefined ? Number(r2Q24) / 2 ** 24 : correct / examples;
}

/** Mean loss. */
export function lossOf({ lossQ24 }: PublicMetric): number {
  return Number(lossQ24) / 2 ** 24;
}

/** What a model reaches on the public test set, for people. */
export function publicText(metric: PublicMetric): string {
  const { correct, examples } = metric;
  const share = metricOf(metric).toFixed(4);
  const loss = `loss ${lossOf(metric).toFixed(4)}`;
  return correct === undefined
    ? `R² ${share} on ${examples} public examples, ${loss}`
    : `accuracy ${share} (${correct} of ${examples} public examples), ${loss}`;
}
