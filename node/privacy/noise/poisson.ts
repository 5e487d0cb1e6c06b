import { FedledgerError } from "../../core/errors/error.ts";
import { createDiscreteLaplace } from "./discrete-laplace.ts";
import { drawChance, exponentialFixed, type FixedProbability } from "./exact-chance.ts";
import type { RandomWords } from "./random-words.ts";

/** Means below this are sums of Poisson variables of mean 1. */
const leastRejected = 64;
/**
 * Logarithm of the constant of rejection, 3/5: the greatest log ratio is below it for means from 64 on
 * (docs/privacy.md).
 */
const logConstant = 0.6;

/**
 * A sampler of the Poisson distribution, exactly. From a mean of 64 on by rejection from a discrete Laplace
 * distribution about the mean (Devroye 1986, chapter X.3, with its comparisons made exact); below as a sum.
 *
 * @param mean an integer from 1 to 2^50
 * Throws INVALID_ARGUMENT.
 */
export function createPoisson(mean: number, words: RandomWords): () => number {
  if (!Number.isInteger(mean) || mean < 1 || mean > 2 ** 50) {
    throw new FedledgerError("INVALID_ARGUMENT", { name: "mean", value: mean, expected: "an integer from 1 to 2^50" });
  }
  if (mean < leastRejected) {
    return () => {
      let sum = 0;
      for (let i = 0; i < mean; i++) sum += poissonOfOne(words);
      return sum;
    };
  }
  const scale = Math.floor(Math.sqrt(mean)) + 1;
  const laplace = createDiscreteLaplace(scale, words);
  return () => {
    for (;;) {
      const offset = laplace();
      if (mean + offset < 0) continue;
      const exponent = logRatio(mean, offset) + Math.abs(offset) / scale - logConstant;
      if (drawChance(words, Math.exp(exponent), acceptance(mean, offset, scale))) return mean + offset;
    }
  };
}

/**
 * P(mean + offset) / P(mean) of the Poisson distribution, its logarithm: exact to about 2^-50 of itself and of offset /
 * sqrt(mean).
 */
export function logRatio(mean: number, offset: number): number {
  // log(mean^offset * mean! / (mean + offset)!) by Stirling's series at both ends; the two great terms are one small
  // function.
  const x = offset / mean;
  const end = mean + offset;
  if (end < 16) {
    let sum = 0;
    for (let j = 0; j < -offset; j++) sum += Math.log1p(-j / mean);
    return sum;
  }
  const tail = (n: number): number => 1 / (12 * n) - 1 / (360 * n ** 3) + 1 / (1260 * n ** 5) - 1 / (1680 * n ** 7);
  const tails = tail(end) - tail(mean);
  return -(mean * excess(x) + 0.5 * Math.log1p(x) + tails);
}

/** (1 + x) * log(1 + x) - x, without cancellation. */
function excess(x: number): number {
  if (Math.abs(x) > 0.1) return (1 + x) * Math.log1p(x) - x;
  // the sum over k >= 2 of (-x)^k / (k * (k - 1))
  let sum = 0;
  let power = x * x;
  for (let k = 2; k <= 24; k++) {
    sum += power / (k * (k - 1));
    power *= -x;
  }
  return sum;
}

/**
 * The probability of acceptance to any precision; a product of |offset| factors, which is slow and hardly ever needed.
 */
function acceptance(mean: number, offset: number, scale: number): FixedProbability {
  return (bits) => {
    const distance = Math.abs(offset);
    const working = bits + 64;
    let ratio = 1n << BigInt(working);
    const lambda = BigInt(mean);
    for (let j = 0; j < distance; j++) {
      ratio = offset > 0 ? (ratio * lambda) / (lambda + BigInt(j + 1)) : (ratio * (lambda - BigInt(j))) / lambda;
    }
    const fromLaplace = exponentialFixed(5n * BigInt(distance) - 3n * BigInt(scale), 5n * BigInt(scale), working);
    return (ratio * fromLaplace) >> BigInt(2 * working - bits);
  };
}

/** Poisson of mean 1: k with probability 2^-(k+1), accepted with 2^(k-1) / k! (for k = 0: 1/2), both exact. */
function poissonOfOne(words: RandomWords): number {
  for (;;) {
    let k = 0;
    while (words.bit()) k++;
    let factorial = 1n;
    for (let j = 2n; j <= BigInt(k); j++) factorial *= j;
    const fixed = (bits: number): bigint => (1n << BigInt(bits + k)) / (2n * factorial);
    if (drawChance(words, 2 ** (k - 1) / Number(factorial), fixed)) return k;
  }
}
