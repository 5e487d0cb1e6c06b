import { itemAt } from "../../core/bytes/items.ts";
import type { Dataset } from "./dataset.ts";
import { createSeededRandom } from "./seeded-random.ts";

/** Number of inputs of the textbook example. */
const width = 10;

/**
 * The textbook example's data: ten standard normal inputs, and a binary label by a rule that a straight line only half
 * separates: 1 where `Σ wᵢ·xᵢ + 2·(|x₀| − |x₁|) > 0`, with w normal, drawn once from the seed. No noise: all of it can
 * be learnt.
 *
 * @param seed uint32, of the rule and the samples
 * @param samples default 10,000: ten clients' 1,000 each
 */
export function syntheticTen(seed: number, samples = 10_000): Dataset {
  const random = createSeededRandom(seed);
  const weights = Array.from({ length: width }, () => random.normal());
  const inputs = new Float32Array(samples * width);
  const labels = new Float32Array(samples);
  for (let row = 0; row < samples; row++) {
    let sum = 0;
    for (let i = 0; i < width; i++) {
      const x = Math.fround(random.normal());
      inputs[row * width + i] = x;
      sum += itemAt(weights, i) * x;
    }
    sum += 2 * (Math.abs(itemAt(inputs, row * width)) - Math.abs(itemAt(inputs, row * width + 1)));
    labels[row] = sum > 0 ? 1 : 0;
  }
  return { inputs, labels, samples, inputShape: [width], labelWidth: 1, classCount: 2, source: "synthetic-ten" };
}
