import type { PublicMetric } from "../../ports/public-test.ts";

const unit = 2 ** 24;

/** The metric as a number: the share of examples told rightly, or R². */
export function metricValue({ examples, correct, r2Q24 }: PublicMetric): number {
  return correct === undefined ? Number(r2Q24 ?? 0n) / unit : correct / examples;
}

/** The mean loss as a number. */
export function lossValue({ lossQ24 }: Pick<PublicMetric, "lossQ24">): number {
  return Number(lossQ24) / unit;
}

/**
 * A model's figures on the public test set as people read them: "9123 of 10000 (91.23 %), loss 0.2871", or "R² 0.8412,
 * loss 0.0513".
 */
export function metricText(metric: PublicMetric): string {
  const { examples, correct } = metric;
  const loss = `loss ${lossValue(metric).toFixed(4)}`;
  if (correct === undefined) return `R² ${metricValue(metric).toFixed(4)}, ${loss}`;
  return `${correct} of ${examples} (${(100 * metricValue(metric)).toFixed(2)} %), ${loss}`;
}
