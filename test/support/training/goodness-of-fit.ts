/** A sample counted by value. */
export function histogram(draw: () => number, draws: number): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (let i = 0; i < draws; i++) {
    const value = draw();
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return counts;
}

/**
 * Pearson's chi-square statistic in standard deviations above its mean: below 5 is a fit. Values expected fewer than
 * ten times are counted together. `probability` is the distribution on the integers.
 */
export function chiSquareExcess(
  counts: ReadonlyMap<number, number>,
  probability: (value: number) => number,
  from: number,
  to: number,
): number {
  const draws = [...counts.values()].reduce((sum, count) => sum + count, 0);
  let statistic = 0;
  let cells = 0;
  let restSeen = draws;
  let restExpected = draws;
  for (let value = from; value <= to; value++) {
    const expected = draws * probability(value);
    if (expected < 10) continue;
    const seen = counts.get(value) ?? 0;
    statistic += (seen - expected) ** 2 / expected;
    cells++;
    restSeen -= seen;
    restExpected -= expected;
  }
  if (restExpected > 5) {
    statistic += (restSeen - restExpected) ** 2 / restExpected;
    cells++;
  }
  const freedom = cells - 1;
  return (statistic - freedom) / Math.sqrt(2 * freedom);
}

/** Mean, standard deviation and kurtosis (3 for a normal distribution) of a sample. */
export function momentsOf(draw: () => number, draws: number): { mean: number; std: number; kurtosis: number } {
  let sum = 0;
  let squares = 0;
  let fourths = 0;
  for (let i = 0; i < draws; i++) {
    const value = draw();
    sum += value;
    squares += value ** 2;
    fourths += value ** 4;
  }
  const variance = squares / draws;
  return { mean: sum / draws, std: Math.sqrt(variance), kurtosis: fourths / draws / variance ** 2 };
}
