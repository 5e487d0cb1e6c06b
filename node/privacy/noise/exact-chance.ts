import type { RandomWords } from "./random-words.ts";

/** A probability as an integer: within 1 of `p * 2^bits`. */
export type FixedProbability = (bits: number) => bigint;

/** What `Math.exp` and the few operations around it may be wrong by, with much room. */
const slack = 2 ** -44;

/**
 * True with probability p, exactly: a uniform number, whose bits are drawn as they are needed, is compared with p. Its
 * first 32 bits, or 53, settle it nearly always against `approximate`; where they are too near (with probability
 * 2^-43), more are drawn and compared with `exact`.
 *
 * The result is that of an unlimited comparison, so no floating-point number decides what is drawn.
 *
 * @param approximate p within 2^-44, from 0 to 1
 */
export function drawChance(words: RandomWords, approximate: number, exact: FixedProbability): boolean {
  const first = words.uint32();
  const short = approximate * 2 ** 32;
  if (first + 1 <= short - slack * 2 ** 32) return true;
  if (first >= short + slack * 2 ** 32) return false;
  const longer = first * 2 ** 21 + (words.uint32() >>> 11);
  const long = approximate * 2 ** 53;
  if (longer + 1 <= long - slack * 2 ** 53) return true;
  if (longer >= long + slack * 2 ** 53) return false;
  return compareOn(words, BigInt(longer), exact);
}

function compareOn(words: RandomWords, first: bigint, exact: FixedProbability): boolean {
  let drawn = first;
  let bits = 53;
  for (;;) {
    for (let i = 0; i < 3; i++) drawn = (drawn << 32n) | BigInt(words.uint32());
    bits += 96;
    const threshold = exact(bits);
    if (drawn + 1n <= threshold - 1n) return true;
    if (drawn >= threshold + 1n) return false;
  }
}

/**
 * `e^(numerator / denominator) * 2^bits`, within 1, by the series after dividing the exponent by a power of two.
 *
 * @param denominator above 0
 */
export function exponentialFixed(numerator: bigint, denominator: bigint, bits: number): bigint {
  // e^x = (e^(x / 2^k))^(2^k), |x| / 2^k below 2^-8; every squaring doubles the relative error, which the guard bits
  // take.
  const magnitude = (numerator < 0n ? -numerator : numerator) / denominator + 1n;
  const halvings = magnitude.toString(2).length + 8;
  const integerBits = numerator > 0n ? 2 * Number(magnitude) : 0;
  const working = BigInt(bits + 2 * halvings + integerBits + 32);
  const one = 1n << working;
  const x = (numerator << working) / (denominator << BigInt(halvings));
  let term = one;
  let sum = one;
  for (let k = 1n; term !== 0n; k++) {
    term = (term * x) / (k << working);
    sum += term;
  }
  for (let i = 0; i < halvings; i++) sum = (sum * sum) >> working;
  return sum >> (working - BigInt(bits));
}
