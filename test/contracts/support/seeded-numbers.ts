/** Repeatable numbers for tests: xorshift32, not for anything that needs real randomness. */
export function createSeededNumbers(seed: number) {
  let state = seed >>> 0 || 1;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
  return {
    /** An integer of 0 to `limit` - 1; `limit` is at most 2^32. */
    below: (limit: number): number => Math.floor((next() / 2 ** 32) * limit),
    /** One of the values. */
    pick<T>(values: readonly T[]): T {
      return values[Math.floor((next() / 2 ** 32) * values.length)]!;
    },
  };
}
