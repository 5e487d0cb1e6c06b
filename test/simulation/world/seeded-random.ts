import type { Random } from "../../../node/ports/system.ts";

/** Repeatable randomness for simulations; never for anything else. */
export interface SeededRandom extends Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform integer from `from` to `to`, both included. */
  integer(from: number, to: number): number;
  /** True with this probability. */
  chance(probability: number): boolean;
  pick<T>(list: readonly T[]): T;
  /** An independent stream. */
  fork(): SeededRandom;
}

/** The stream of a uint32 seed (mulberry32). */
export function createSeededRandom(seed: number): SeededRandom {
  let state = seed >>> 0;
  const uint32 = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const next = (): number => uint32() / 2 ** 32;
  const integer = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1));
  return {
    next,
    integer,
    chance: (probability) => next() < probability,
    pick: (list) => list[integer(0, list.length - 1)]!,
    fork: () => createSeededRandom(uint32()),
    bytes: (length) => Uint8Array.from({ length }, () => uint32() & 0xff),
  };
}
