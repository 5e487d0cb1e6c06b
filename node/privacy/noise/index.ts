export { clipUpdate, isWithin } from "./clip-update.ts";
export { createDiscreteGaussian } from "./discrete-gaussian.ts";
export { createDiscreteLaplace } from "./discrete-laplace.ts";
export {
  clipLanesFor,
  greatestClipLanes,
  leastNoisePlan,
  type NoisePlan,
  type NoiseRules,
  noisePlan,
} from "./noise-plan.ts";
export { createPoisson } from "./poisson.ts";
export { createPrivateRandom } from "./private-random.ts";
export { privateUpdate } from "./private-update.ts";
export { createRandomWords } from "./random-words.ts";
export { createSkellam } from "./skellam.ts";
