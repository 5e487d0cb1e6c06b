// Exponential and logarithm from additions, multiplications and divisions of binary64 alone, in a fixed order: the same
// bits on every machine. A language's own functions may differ in the last bit from one library to the next.

/** ln 2 in two parts: the first has 32 trailing zero bits, so that its product with an exponent is exact. */
const ln2High = 0.6931471803691238;
const ln2Low = 1.9082149292705877e-10;
/** Only chooses the power of two that is split off. */
const log2e = Math.LOG2E;
const expTerms = 14;
const logTerms = 12;

/** e^x; 0 below -745, infinity above 709. Docs: docs/protocol, public test set. */
export function exactExp(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x > 709) return Number.POSITIVE_INFINITY;
  if (x < -745) return 0;
  const k = Math.floor(x * log2e + 0.5);
  const r = x - k * ln2High - k * ln2Low;
  let sum = 1;
  for (let n = expTerms; n >= 1; n--) sum = 1 + (r / n) * sum;
  const half = Math.floor(k / 2);
  return sum * powerOfTwo(half) * powerOfTwo(k - half);
}

/** Natural logarithm of a number of at least 1. */
export function exactLog(x: number): number {
  if (!(x < Number.POSITIVE_INFINITY)) return x;
  let m = x;
  let e = 0;
  while (m > Math.SQRT2) {
    m /= 2;
    e++;
  }
  const s = (m - 1) / (m + 1);
  const square = s * s;
  let sum = 1 / (2 * logTerms + 1);
  for (let n = logTerms - 1; n >= 0; n--) sum = 1 / (2 * n + 1) + square * sum;
  return e * ln2High + (e * ln2Low + 2 * s * sum);
}

/** Hyperbolic tangent. */
export function exactTanh(x: number): number {
  if (x > 20) return 1;
  if (x < -20) return -1;
  const e = exactExp(2 * x);
  return (e - 1) / (e + 1);
}

/** 2^k for -1022 <= k <= 1023, by repeated exact products. */
function powerOfTwo(k: number): number {
  const base = k < 0 ? 0.5 : 2;
  let power = 1;
  for (let n = Math.abs(k); n > 0; n--) power *= base;
  return power;
}
