import { normalAbove } from "./special-functions.ts";

/** Probabilities of a loss above a bound, and of the rest, each accurate where it is small. */
export interface Tails {
  readonly above: number;
  readonly below: number;
}

/**
 * The privacy loss log(P / Q) of a pair of distributions that dominates a mechanism's neighbours (Zhu, Dong and Wang
 * 2022, arXiv 2106.08567): how often it is above a bound, by P and by Q.
 */
export interface LossTails {
  /** Losses are never above this; Infinity where there is no bound. */
  readonly most: number;
  tailsAt(loss: number): { readonly p: Tails; readonly q: Tails };
}

/** Loss of Gaussian noise: P = N(1, multiplier^2), Q = N(0, multiplier^2); the other order is the same. */
export function gaussianLoss(noiseMultiplier: number): LossTails {
  const mean = 1 / (2 * noiseMultiplier ** 2);
  return {
    most: Number.POSITIVE_INFINITY,
    tailsAt: (loss) => ({
      p: normalTails((loss - mean) * noiseMultiplier),
      q: normalTails((loss + mean) * noiseMultiplier),
    }),
  };
}

/**
 * Losses of Gaussian noise on a Poisson sample, in both orders: with the example against without it, and without it
 * against with it. With it the sum is N(1, multiplier^2) with probability `samplingRate`, else N(0, multiplier^2).
 *
 * @param samplingRate above 0 and below 1
 */
export function subsampledGaussianLosses(samplingRate: number, noiseMultiplier: number): readonly LossTails[] {
  const q = samplingRate;
  // where log(1 - q + q e^((2x - 1) / (2 s^2))) is the loss
  const placeOf = (loss: number): number => {
    // for great losses without e^loss, which is beyond all numbers from 710 on
    if (loss > 1) return noiseMultiplier ** 2 * (loss - Math.log(q) + Math.log1p((q - 1) * Math.exp(-loss))) + 0.5;
    const ratio = Math.expm1(loss) / q;
    return ratio <= -1 ? Number.NEGATIVE_INFINITY : noiseMultiplier ** 2 * Math.log1p(ratio) + 0.5;
  };
  const at = (place: number): { readonly mixed: Tails; readonly plain: Tails } => {
    const plain = normalTails(place / noiseMultiplier);
    const moved = normalTails((place - 1) / noiseMultiplier);
    const mix = (one: number, other: number) => (1 - q) * one + q * other;
    return { plain, mixed: { above: mix(plain.above, moved.above), below: mix(plain.below, moved.below) } };
  };
  return [
    {
      most: Number.POSITIVE_INFINITY,
      tailsAt(loss) {
        const { mixed, plain } = at(placeOf(loss));
        return { p: mixed, q: plain };
      },
    },
    {
      most: -Math.log1p(-q),
      tailsAt(loss) {
        const { mixed, plain } = at(placeOf(-loss));
        return { p: turned(plain), q: turned(mixed) };
      },
    },
  ];
}

/**
 * Loss of discrete Laplace noise: one lane moved by all of the sensitivity. That pair dominates every move with this L1
 * norm over several lanes: a chain of neighbours that moves one lane after another bounds their product by group
 * privacy, and for one lane that bound is met, as the best tests of all moves are the same half-lines (monotone
 * likelihood ratio). The other order is the mirror image.
 *
 * @param move sensitivity in lanes, an integer from 1
 * @param scale of the noise in lanes
 */
export function discreteLaplaceLoss(move: number, scale: number): LossTails {
  const ratio = Math.exp(-1 / scale);
  /** Of the noise being at most k. */
  const atMost = (k: number): Tails => {
    const far = (steps: number) => Math.exp(-steps / scale) / (1 + ratio);
    return k < 0 ? { above: far(-k), below: 1 - far(-k) } : { above: 1 - far(k + 1), below: far(k + 1) };
  };
  const most = move / scale;
  return {
    most,
    tailsAt(loss) {
      if (loss >= most) return { p: { above: 0, below: 1 }, q: { above: 0, below: 1 } };
      if (loss < -most) return { p: { above: 1, below: 0 }, q: { above: 1, below: 0 } };
      const last = Math.min(move - 1, Math.max(0, Math.ceil((move - loss * scale) / 2) - 1));
      return { p: atMost(last), q: atMost(last - move) };
    },
  };
}

/** Of a standard normal variable. */
function normalTails(bound: number): Tails {
  return { above: normalAbove(bound), below: normalAbove(-bound) };
}

function turned({ above, below }: Tails): Tails {
  return { above: below, below: above };
}
