import { itemAt } from "../../core/bytes/items.ts";
/** A small exact generator for shuffles and experiments. Not for secrets. */
export interface SeededRandom {
  /** The next uint32. */
  uint32(): number;
  /** Uniform in [0, 1), a multiple of 2^-32. */
  uniform(): number;
  /** Uniform in {0, ..., bound - 1}, by multiply and shift: `floor(uint32 * bound / 2^32)`. `bound` from 1 to 2^21. */
  below(bound: number): number;
  /** Standard normal (Box and Muller). Uses Math.log and Math.cos: repeatable on one JavaScript engine only. */
  normal(): number;
}

/**
 * xoshiro128** 1.1 (Blackman and Vigna 2021, "Scrambled linear pseudorandom number generators"), its state filled by
 * four steps of SplitMix32 from the seed. All of it is integer arithmetic modulo 2^32: the same everywhere.
 *
 * @param seed uint32
 */
export function createSeededRandom(seed: number): SeededRandom {
  let filler = seed >>> 0;
  const fill = (): number => {
    filler = (filler + 0x9e3779b9) | 0;
    let z = filler;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return z ^ (z >>> 16);
  };
  let a = fill();
  let b = fill();
  let c = fill();
  let d = fill();
  const uint32 = (): number => {
    const product = Math.imul(b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = (d << 11) | (d >>> 21);
    return result;
  };
  const uniform = (): number => uint32() / 2 ** 32;
  return {
    uint32,
    uniform,
    below: (bound) => Math.floor((uint32() * bound) / 2 ** 32),
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
  };
}

/** The numbers 0 to `count - 1` in an order drawn from the generator (Fisher and Yates, from the last place down). */
export function shuffledIndices(count: number, random: SeededRandom): Uint32Array {
  const order = new Uint32Array(count);
  for (let i = 0; i < count; i++) order[i] = i;
  for (let i = count - 1; i > 0; i--) {
    const j = random.below(i + 1);
    const held = itemAt(order, i);
    order[i] = itemAt(order, j);
    order[j] = held;
  }
  return order;
}
