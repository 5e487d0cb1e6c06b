/**
 * A process that trains once and prints the SHA-256 of the result: for the test that two processes give the same bits.
 * Argument: the number of the model in small-tasks.ts.
 */
import { createHash } from "node:crypto";
import { createTfjsTrainer } from "../../../node/training/local/tfjs-trainer.ts";
import { initialParameters, smallModels, taskOf } from "../states/small-tasks.ts";
import { randomDataset } from "./random-dataset.ts";

const model = smallModels[Number(process.argv[2])]!;
const spec = taskOf(model);
const trainer = await createTfjsTrainer({
  spec,
  train: randomDataset(model, 50, 3),
  heldOut: randomDataset(model, 5, 4),
  backend: "wasm",
});
const { parameters } = await trainer.train({ parameters: initialParameters(spec), round: 1, seed: 123 });
const bytes = new Uint8Array(parameters.buffer, parameters.byteOffset, parameters.byteLength);
process.stdout.write(createHash("sha256").update(bytes).digest("hex"));
