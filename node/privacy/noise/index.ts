export { type ClipOptions, type ClippedUpdate, clipUpdate, isWithin } from "./clip-update.ts";
export { createDiscreteGaussian } from "./discrete-gaussian.ts";
export { createDiscreteLaplace } from "./discrete-laplace.ts";
export { createPoisson } from "./poisson.ts";
export { createRandomWords, type RandomWords } from "./random-words.ts";
export { createSkellam } from "./skellam.ts";
