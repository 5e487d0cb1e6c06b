import type { Dataset, ModelRunner } from "../../../node/training/index.ts";

/**
 * Loss-threshold membership inference (Yeom et al. 2018, CSF; Nasr et al. 2019, S&P, for what a server sees): whoever
 * holds a model guesses that examples with a small loss were trained on.
 *
 * @returns the area under the guess's ROC curve: 0.5 tells nothing, 1 tells members from others without error
 */
export async function membershipAuc(
  runner: ModelRunner,
  parameters: Float32Array,
  members: Dataset,
  others: Dataset,
): Promise<number> {
  const inside = await lossesOf(runner, parameters, members);
  const outside = await lossesOf(runner, parameters, others);
  let wins = 0;
  for (const member of inside) {
    for (const other of outside) wins += member < other ? 1 : member === other ? 0.5 : 0;
  }
  return wins / (inside.length * outside.length);
}

/** Cross-entropy of every example of a data set with classes. */
async function lossesOf(runner: ModelRunner, parameters: Float32Array, data: Dataset): Promise<number[]> {
  const probabilities = await runner.predict(parameters, data);
  const classes = probabilities.length / data.samples;
  return Array.from(data.labels, (label, row) => -Math.log(Math.max(1e-12, probabilities[row * classes + label]!)));
}
