import FFT from "fft.js";
import { itemAt } from "../../core/bytes/items.ts";
import type { LossGrid } from "./loss-grid.ts";

/** A loss that is met so many times. */
export interface RepeatedLoss {
  readonly grid: LossGrid;
  readonly times: number;
}

const mostPlaces = 1 << 19;
/** Unit of double precision's rounding. */
const unit = 2 ** -53;
const leastOrder = 1e-9;
/** Share of delta for what lies beyond the window. */
const beyondShare = 1e-6;

/**
 * The least epsilon at `delta` of losses that are met one after another, all on one grid's step: a bound from above.
 *
 * Koskela, Jälkö and Honkela 2020 (arXiv 1906.03049) by FFT, on the distribution tilted by e^(tilt * loss), so that
 * what lies at the far end, where epsilon is, is as accurate as the middle (Koskela and Prediger 2021 do without).
 * Counted on top: what a Chernoff bound leaves above the window, what wraps around from below it, infinite losses, and
 * the FFT's rounding errors (relative l2 error of about log2(size) units; a power multiplies it).
 *
 * @param tilt above 0; any is right, and that of {@link chernoffLoss} at delta accurate
 * @returns Infinity where infinite losses alone exceed delta; undefined where the step is too fine for what it has to
 * span
 */
export function composedEpsilon(losses: readonly RepeatedLoss[], delta: number, tilt: number): number | undefined {
  const step = itemAt(losses, 0).grid.step;
  const tilted = losses.map(({ grid, times }) => ({ ...tiltBy(grid, tilt), times }));
  const total = sumOf(tilted, ({ times, logMoment }) => times * logMoment);
  const mean = sumOf(tilted, ({ times, meanSteps }) => times * meanSteps);
  const deviation = Math.sqrt(sumOf(tilted, ({ times, varianceSteps }) => times * varianceSteps));
  const beyond = delta * beyondShare;
  const top = Math.ceil(chernoffLoss(losses, beyond).loss / step);
  const wrapped = Math.min(0, Math.log(beyond) + tilt * top * step - total);
  const bottom = Math.floor(Math.min(mean - 9 * deviation, bottomOf(losses, { tilt, total, wrapped }) / step)) - 2;
  const places = 2 ** Math.ceil(Math.log2(Math.max(64, top - bottom + 2)));
  if (places > mostPlaces) return undefined;
  const weights = composeOnRing(tilted, places);
  const times = sumOf(losses, (each) => each.times);
  const infinite = sumOf(losses, (each) => each.times * each.grid.infinite);
  const largest = Math.max(...tilted.map(({ norm }) => norm));
  const error = (8 * unit * Math.log2(places) * (times + 4) * largest) / Math.sqrt(-Math.expm1(-2 * tilt * step));
  const reader = { weights, step, tilt, total, top, bottom: top - places + 2 };
  return readEpsilon(reader, { delta, counted: infinite + beyond, error });
}

/** A grid's masses times e^(tilt * loss), as a distribution, and what that does to it. */
interface TiltedGrid {
  readonly first: number;
  readonly weights: Float64Array;
  /** log of the sum before. */
  readonly logMoment: number;
  readonly meanSteps: number;
  readonly varianceSteps: number;
  /** l2 norm of the weights. */
  readonly norm: number;
}

function tiltBy({ step, first, masses }: LossGrid, tilt: number): TiltedGrid {
  const logs = masses.map((mass, i) => Math.log(mass) + tilt * (first + i) * step);
  const most = logs.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const weights = logs.map((log) => Math.exp(log - most));
  const sum = weights.reduce((a, b) => a + b, 0);
  let meanSteps = 0;
  let squares = 0;
  let norm = 0;
  for (const [i, weight] of weights.entries()) {
    const share = weight / sum;
    weights[i] = share;
    meanSteps += share * (first + i);
    squares += share * (first + i) ** 2;
    norm += share * share;
  }
  const varianceSteps = Math.max(squares - meanSteps ** 2, 0.25);
  return { first, weights, logMoment: most + Math.log(sum), meanSteps, varianceSteps, norm: Math.sqrt(norm) };
}

/**
 * A loss that all together exceed with at most this probability, by Chernoff's bound: the least over all orders s of
 * `(log E[e^(s loss)] - log probability) / s`; and that order, at which what is tilted lies around this loss.
 */
export function chernoffLoss(
  losses: readonly RepeatedLoss[],
  probability: number,
): { readonly loss: number; readonly order: number } {
  // there s times the tilted mean, less the moment's logarithm, is log(1 / probability): it rises with s
  let [low, high] = [Math.log(leastOrder), Math.log(1 / itemAt(losses, 0).grid.step)];
  while (high - low > 0.05) {
    const middle = (low + high) / 2;
    const order = Math.exp(middle);
    const spent = sumOf(losses, ({ grid, times }) => {
      const { logMoment, mean } = momentOf(grid, order);
      return times * (order * mean - logMoment);
    });
    if (spent < -Math.log(probability)) low = middle;
    else high = middle;
  }
  const order = Math.exp((low + high) / 2);
  const bound =
    (sumOf(losses, (each) => each.times * momentOf(each.grid, order).logMoment) - Math.log(probability)) / order;
  const most = sumOf(losses, ({ grid, times }) => times * (grid.first + grid.masses.length - 1) * grid.step);
  return { loss: Math.min(bound, most), order };
}

/** A loss that all together are below with at most this probability when tilted; `wrapped` is its logarithm. */
function bottomOf(
  losses: readonly RepeatedLoss[],
  { tilt, total, wrapped }: { readonly tilt: number; readonly total: number; readonly wrapped: number },
): number {
  let greatest = sumOf(losses, ({ grid, times }) => times * grid.first * grid.step);
  for (let order = tilt / 64; order < 2048 * tilt; order *= 4) {
    const moment = sumOf(losses, ({ grid, times }) => times * momentOf(grid, tilt - order).logMoment);
    greatest = Math.max(greatest, (wrapped + total - moment) / order);
  }
  return greatest;
}

/** log E[e^(order * loss)], and the mean loss of what is tilted so. */
function momentOf(
  { step, first, masses }: LossGrid,
  order: number,
): { readonly logMoment: number; readonly mean: number } {
  const shift = Math.max(order * (first + masses.length - 1) * step, order * first * step);
  let sum = 0;
  let losses = 0;
  for (let i = 0; i < masses.length; i++) {
    const loss = (first + i) * step;
    const weight = itemAt(masses, i) * Math.exp(order * loss - shift);
    sum += weight;
    losses += weight * loss;
  }
  return { logMoment: shift + Math.log(sum), mean: losses / sum };
}

/** The distribution of the sum of all, modulo so many places: at index i what is congruent to i steps. */
function composeOnRing(grids: readonly (TiltedGrid & { readonly times: number })[], places: number): Float64Array {
  const fft = new FFT(places);
  const product = new Float64Array(2 * places);
  for (let i = 0; i < places; i++) product[2 * i] = 1;
  const ring = new Float64Array(2 * places);
  const spectrum = new Float64Array(2 * places);
  for (const { first, weights, times } of grids) {
    ring.fill(0);
    for (const [i, weight] of weights.entries()) {
      const at = 2 * ((((first + i) % places) + places) % places);
      ring[at] = itemAt(ring, at) + weight;
    }
    fft.transform(spectrum, ring);
    multiplyPowers(product, spectrum, times);
  }
  fft.inverseTransform(spectrum, product);
  return spectrum;
}

/** Multiplies each complex number by the power of another, by squaring. */
function multiplyPowers(product: Float64Array, bases: Float64Array, times: number): void {
  for (let i = 0; i < product.length; i += 2) {
    let [real, imaginary] = [itemAt(product, i), itemAt(product, i + 1)];
    let [x, y] = [itemAt(bases, i), itemAt(bases, i + 1)];
    for (let left = times; left > 0; left = Math.floor(left / 2)) {
      if (left % 2 === 1) [real, imaginary] = [real * x - imaginary * y, real * y + imaginary * x];
      [x, y] = [x * x - y * y, 2 * x * y];
    }
    product[i] = real;
    product[i + 1] = imaginary;
  }
}

/**
 * Walks down from the top of the window until delta is used up: at each place the divergence is the sum over all losses
 * above of `probability * (1 - e^(loss here - loss))`.
 */
function readEpsilon(
  reader: {
    readonly weights: Float64Array;
    readonly step: number;
    readonly tilt: number;
    readonly total: number;
    readonly top: number;
    readonly bottom: number;
  },
  { delta, counted, error }: { readonly delta: number; readonly counted: number; readonly error: number },
): number {
  const { weights, step, tilt, total, top, bottom } = reader;
  const places = weights.length / 2;
  const fall = Math.exp(-step);
  if (counted >= delta) return Number.POSITIVE_INFINITY;
  let above = 0;
  let discounted = 0;
  for (let place = top; place > bottom; place--) {
    const untilt = Math.exp(total - tilt * place * step);
    const mass = Math.max(0, itemAt(weights, 2 * (((place % places) + places) % places))) * untilt;
    above += mass;
    discounted = fall * (discounted + mass);
    // rounding errors weigh most at the place below
    const excess = above + counted + error * untilt * Math.exp(tilt * step) - delta;
    if (excess > discounted) {
      return Math.max(0, (place - 1) * step + Math.min(step, Math.max(0, Math.log(excess / discounted))));
    }
  }
  return Math.max(0, bottom * step);
}

function sumOf<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((sum, item) => sum + value(item), 0);
}
