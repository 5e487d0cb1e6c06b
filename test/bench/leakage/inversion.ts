import type { Dataset } from "../../../node/training/index.ts";

/** How much of a victim's examples a reconstruction shows. */
export interface Inversion {
  /** Mean, over the victim's examples, of the greatest correlation with any reconstruction; 0 to 1. */
  readonly meanBest: number;
  /** Share of the victim's examples that some reconstruction shows with a correlation above {@link exactFrom}. */
  readonly exact: number;
}

/** From this correlation on a reconstructed image counts as the example itself. */
const exactFrom = 0.98;

/**
 * What the change of a first dense layer tells of the inputs it was trained on. A unit's gradient is δ·x for its kernel
 * and δ for its bias, so their quotient is the input itself where one example alone moved the unit, and a mixture where
 * several did (Phong et al. 2018, IEEE TIFS, section 3; Zhu et al. 2019, NeurIPS, reach the same by optimisation).
 *
 * @param kernel change of the kernel, inputs × units, row by row
 * @param bias change of the bias, units
 * @returns one image for each unit that moved
 */
export function reconstruct(kernel: Float64Array, bias: Float64Array): Float64Array[] {
  const units = bias.length;
  const inputs = kernel.length / units;
  const images: Float64Array[] = [];
  for (let unit = 0; unit < units; unit++) {
    if (Math.abs(bias[unit]!) < 1e-9) continue;
    images.push(Float64Array.from({ length: inputs }, (_, i) => kernel[i * units + unit]! / bias[unit]!));
  }
  return images;
}

/** Compares reconstructed images with the victim's examples. */
export function judgeInversion(images: readonly Float64Array[], victim: Dataset): Inversion {
  const width = victim.inputs.length / victim.samples;
  let sum = 0;
  let exact = 0;
  for (let row = 0; row < victim.samples; row++) {
    const example = victim.inputs.subarray(row * width, (row + 1) * width);
    const best = images.reduce((most, image) => Math.max(most, correlation(example, image)), 0);
    sum += best;
    if (best > exactFrom) exact++;
  }
  return { meanBest: sum / victim.samples, exact: exact / victim.samples };
}

/** Pearson's correlation of two images; 0 where one of them is flat. */
function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const mean = (values: ArrayLike<number>): number => {
    let sum = 0;
    for (let i = 0; i < values.length; i++) sum += values[i]!;
    return sum / values.length;
  };
  const [meanA, meanB] = [mean(a), mean(b)];
  let [product, squareA, squareB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i]! - meanA, b[i]! - meanB];
    product += x * y;
    squareA += x * x;
    squareB += y * y;
  }
  const scale = Math.sqrt(squareA * squareB);
  return scale > 0 && Number.isFinite(scale) ? product / scale : 0;
}
