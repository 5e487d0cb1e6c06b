/** Randomness that nobody can predict or repeat, for a training with differential privacy. */
export interface PrivateRandom {
  /**
   * A sampler of exact discrete Gaussians: integers of this standard deviation (not its square), above 0, at most 2^40.
   */
  gaussian(noiseStd: number): () => number;
  /** True with this probability, from 0 to 1, rounded down to a multiple of 2^-53. */
  chance(probability: number): boolean;
}
