import type { PrivateRandom } from "../../ports/noise.ts";
import type { Random } from "../../ports/system.ts";
import { createDiscreteGaussian } from "./discrete-gaussian.ts";
import { createRandomWords } from "./random-words.ts";

/** What DP-SGD draws batches and noise from: a CSPRNG. */
export function createPrivateRandom(random: Random): PrivateRandom {
  const words = createRandomWords(random);
  return {
    gaussian: (noiseStd) => createDiscreteGaussian(noiseStd, words),
    chance: (probability) => words.uint53() < Math.floor(probability * 2 ** 53),
  };
}
