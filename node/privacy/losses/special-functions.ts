/**
 * log|Γ(x)|, x no integer below 1; relative error about 1e-14. Stirling's series after a shift, and the reflection
 * formula.
 */
export function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.abs(Math.sin(Math.PI * x))) - logGamma(1 - x);
  let shift = 0;
  let y = x;
  for (; y < 12; y++) shift += Math.log(y);
  const z = 1 / (y * y);
  const series = (1 / 12 - z * (1 / 360 - z * (1 / 1260 - z * (1 / 1680 - z / 1188)))) / y;
  return (y - 0.5) * Math.log(y) - y + 0.5 * Math.log(2 * Math.PI) + series - shift;
}

/** log|binomial(n, k)| for real n above 0 and an integer k from 0. */
export function logBinomial(n: number, k: number): number {
  return logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);
}

/** log(erfc(x)) to about 1e-15, absolute or relative, whichever is greater; accurate for great x, too. */
export function logErfc(x: number): number {
  if (x < -2.5) return Math.log1p(1 - Math.exp(logErfc(-x)));
  if (x <= 1) return Math.log1p(-erfSeries(x));
  // The continued fraction of erfc (Abramowitz and Stegun 7.1.14), from its far end: 8 + 250 / x^2 terms settle it.
  let fraction = x;
  for (let k = Math.ceil(8 + 250 / (x * x)); k >= 1; k--) fraction = x + k / 2 / fraction;
  return -x * x - Math.log(fraction) - 0.5 * Math.log(Math.PI);
}

/** Probability that a standard normal variable is above x; relative error below 1e-13 where it is above 1e-30. */
export function normalAbove(x: number): number {
  if (x === Number.POSITIVE_INFINITY) return 0;
  return x === Number.NEGATIVE_INFINITY ? 1 : Math.exp(logErfc(x / Math.SQRT2)) / 2;
}

/** erf(x) for |x| at most 2.5 (Abramowitz and Stegun 7.1.6: all terms of one sign). */
function erfSeries(x: number): number {
  let term = x;
  let sum = x;
  for (let k = 1; Math.abs(term) > 1e-17 * Math.abs(sum); k++) {
    term *= (2 * x * x) / (2 * k + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** log(e^a + e^b); either may be -Infinity. */
export function logAdd(a: number, b: number): number {
  const [less, more] = a < b ? [a, b] : [b, a];
  return less === Number.NEGATIVE_INFINITY ? more : more + Math.log1p(Math.exp(less - more));
}
