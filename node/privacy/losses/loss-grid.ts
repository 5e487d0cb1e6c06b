import type { LossTails, Tails } from "./loss-tails.ts";

/**
 * A privacy loss on multiples of a step, and at infinity, that dominates the true one. Index i of `masses` is the loss
 * `(first + i) * step`.
 */
export interface LossGrid {
  readonly step: number;
  /** Of the least loss, in steps; an integer. */
  readonly first: number;
  /** Probabilities by P. */
  readonly masses: Float64Array;
  /** Probability of an infinite loss. */
  readonly infinite: number;
}

/** Relative error that a tail's probability may have, for each unit of loss: it is counted as loss. */
const tailError = 1e-14;
/** Probabilities below have lost digits: by Q they count as none, so that all of the loss goes up. */
const leastMass = 1e-290;
const mostBuckets = 1 << 15;
const leastLoss = 1e-9;

/**
 * The loss on a grid: what lies between two points is divided between them such that its probability by P and by Q
 * stays what it is. This is "connect the dots" (Doroshenko, Ghazi, Kamath, Kumar and Manurangsi 2022, arXiv
 * 2207.04380): the divergence is exact at the points and a chord above it between them. Rounding errors of the
 * probabilities are counted as loss.
 *
 * @param cut losses above a bound that is passed with this probability count as infinite, and such below as that bound
 */
export function lossGrid(tails: LossTails, step: number, cut: number): LossGrid {
  const { lowest, highest } = rangeOf(tails, cut);
  const first = Math.floor(lowest / step);
  const last = Math.max(first + 1, Math.ceil(highest / step));
  const masses = new Float64Array(last - first + 1);
  let at = tails.tailsAt(first * step);
  masses[0] = at.p.below;
  const grow = -Math.expm1(-step);
  for (let i = 1; i < masses.length; i++) {
    const loss = (first + i - 1) * step;
    // the last point, as it is rounded, must not be below the greatest loss: that would count as infinite
    const point = (first + i) * step;
    const next = tails.tailsAt(first + i === last ? Math.max(point, highest) : point);
    const p = between(at.p, next.p);
    const q = between(at.q, next.q);
    const growth = (mass: number): number => (mass > leastMass ? Math.exp(loss + Math.log(mass)) : 0);
    const error = tailError * (1 + Math.abs(loss)) * (p.tail + growth(q.tail));
    // the part that goes up: a e^-loss + b e^-(loss + step) = q, a + b = p
    const up = Math.min(p.mass, Math.max(0, (p.mass - growth(q.mass) + error) / grow));
    masses[i - 1] = (masses[i - 1] ?? 0) + p.mass - up;
    masses[i] = up;
    at = next;
  }
  return { step, first, masses, infinite: at.p.above * (1 + 1e-9) };
}

/**
 * A step so fine that the grid's loss deviates as the true one does, to a few parts in ten thousand, or as fine as so
 * many buckets can be; and the variance of the loss.
 */
export function stepFor(tails: LossTails, cut: number): { readonly step: number; readonly variance: number } {
  const { lowest, highest } = rangeOf(tails, cut);
  const finest = Math.max((highest - lowest) / mostBuckets, leastLoss);
  for (let step = (highest - lowest) / 512; ; step = Math.max(step / 8, finest)) {
    const variance = varianceOf(lossGrid(tails, step, cut));
    const wanted = Math.sqrt(variance) / 24;
    if (wanted > step / 4 || step <= finest) return { step: Math.max(Math.min(step, wanted), finest), variance };
  }
}

function varianceOf({ step, first, masses }: LossGrid): number {
  let sum = 0;
  let squares = 0;
  for (const [i, mass] of masses.entries()) {
    const loss = (first + i) * step;
    sum += mass * loss;
    squares += mass * loss * loss;
  }
  return Math.max(squares - sum * sum, 1e-18);
}

/** Losses below and above which the loss is with probability `cut` at most. */
function rangeOf({ most, tailsAt }: LossTails, cut: number): { readonly lowest: number; readonly highest: number } {
  const highest = Math.min(
    most,
    boundary((loss) => tailsAt(loss).p.above <= cut),
  );
  const lowest = -boundary((loss) => tailsAt(-loss).p.below <= cut);
  return { lowest: Math.min(lowest, highest - leastLoss), highest };
}

/** About the least number of either sign from which on it holds, and holding. */
function boundary(holds: (value: number) => boolean): number {
  let high = 1;
  while (!holds(high)) high *= 2;
  let low = -1;
  while (holds(low) && low > -1e6) low *= 2;
  for (let i = 0; i < 40; i++) {
    const middle = (low + high) / 2;
    if (holds(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** Probability between two bounds by the tail in which less is lost, and that tail, whose error it has. */
function between(low: Tails, high: Tails): { readonly mass: number; readonly tail: number } {
  const [more, less] = low.above < 0.5 ? [low.above, high.above] : [high.below, low.below];
  return { mass: Math.max(0, more - less), tail: more };
}
