/**
 * A process that opens five trainers at once, and trains with each alone and with all at once: prints their engines and
 * the SHA-256 of the results as JSON. A process of its own, so that no backend has started before.
 */
import { createHash } from "node:crypto";
import { createTfjsTrainer, type TfjsTrainer } from "../../../node/training/local/tfjs-trainer.ts";
import { initialParameters, smallModels, taskOf } from "../states/small-tasks.ts";
import { randomDataset } from "./random-dataset.ts";

const model = smallModels.find(({ kind }) => kind === "mlp")!;
const spec = taskOf(model);
const train = async (trainer: TfjsTrainer) => {
  const { parameters } = await trainer.train({ parameters: initialParameters(spec), round: 1, seed: 123 });
  const bytes = new Uint8Array(parameters.buffer, parameters.byteOffset, parameters.byteLength);
  return createHash("sha256").update(bytes).digest("hex");
};
const trainers = await Promise.all(
  [1, 2, 3, 4, 5].map((seed) =>
    createTfjsTrainer({ spec, train: randomDataset(model, 2_000, seed), heldOut: randomDataset(model, 5, 9) }),
  ),
);
const together = await Promise.all(trainers.map(train));
const alone: string[] = [];
for (const trainer of trainers) alone.push(await train(trainer));
process.stdout.write(JSON.stringify({ engines: trainers.map(({ engine }) => engine), alone, together }));
