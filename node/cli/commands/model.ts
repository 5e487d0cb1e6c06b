import { join } from "node:path";
import { Command } from "commander";
import {
  createModelRunner,
  loadDataset,
  modelFiles,
  openContent,
  type RecordedModel,
  readModel,
  type TaskReader,
  type TaskSpec,
} from "../../api/index.ts";
import { required, type Settings } from "../../config/index.ts";
import type { Log } from "../../ports/index.ts";
import { writeFilesAtomic } from "../../system/index.ts";
import { defineCommand } from "../options/command.ts";
import { readSalts, saltSettings } from "../options/data-salts.ts";
import { openingSettings, openRecordOf, readReader, recordSettings } from "../running/session.ts";
import { dateText } from "../text/bond-text.ts";

const settings = ["task", "round", ...recordSettings, "content", ...openingSettings] as const;

/** `fedledger model`. */
export function modelCommand(): Command {
  const model = new Command("model")
    .summary("the trained model: export, evaluate, predict")
    .description("The trained model, fetched and checked against the record: export it, measure it, predict with it.");
  model.addCommand(
    defineCommand({
      name: "export",
      summary: "write the model of a round as safetensors, or for TensorFlow.js",
      details:
        "--out FILE.safetensors writes float32 safetensors; any other --out is a folder for a TensorFlow.js layers model (model.json, weights.bin).",
      settings: [...settings, "out", "force"],
      run: async (values, { output, log, signal }) => {
        const out = required(values.out, "out");
        const { record, recorded } = await recordedModel(values, log, signal);
        const { round, modelRoot, parameters } = recorded;
        const isFile = out.endsWith(".safetensors");
        const made = Object.entries(modelFiles(recorded, record, isFile ? "safetensors" : "tfjs"));
        const files = made.map(([name, data]) => [isFile ? out : join(out, name), data] as const);
        await writeFilesAtomic(files, { replace: values.force ?? false });
        output.emit(
          { event: "exported", files: files.map(([path]) => path), round, modelRoot, parameters: parameters.length },
          `The model after round ${round} (${parameters.length} parameters, root ${modelRoot}) is in ${out}${standingText(recorded)}`,
        );
        return 0;
      },
    }),
  );
  model.addCommand(
    defineCommand({
      name: "evaluate",
      summary: "measure the model on a data set",
      settings: [...settings, "data", ...saltSettings, "backend"],
      run: async (values, { output, log, signal }) => {
        const { spec, round, parameters } = (await recordedModel(values, log, signal)).recorded;
        const runner = await createModelRunner(spec, { backend: values.backend ?? "auto" });
        const data = await loadDataset({ data: required(values.data, "data"), spec, hashes: await readSalts(values) });
        const { samples, metric, loss } = await runner.evaluate(parameters, data, { signal });
        output.emit(
          { event: "evaluated", round, samples, metric, loss },
          `${metricName(spec)} ${metric.toFixed(4)}, loss ${loss.toFixed(4)} on ${samples} examples (model after round ${round})`,
        );
        return 0;
      },
    }),
  );
  model.addCommand(
    defineCommand({
      name: "predict",
      summary: "predict for every row of a data set; one line each",
      details: "Text: the predicted class or numbers. --json: the probability of each class, or the numbers.",
      settings: [...settings, "data", ...saltSettings, "backend"],
      run: async (values, { output, log, signal }) => {
        const { spec, parameters } = (await recordedModel(values, log, signal)).recorded;
        const runner = await createModelRunner(spec, { backend: values.backend ?? "auto" });
        const data = await loadDataset({ data: required(values.data, "data"), spec, hashes: await readSalts(values) });
        const predicted = await runner.predict(parameters, data, { signal });
        const width = predicted.length / data.samples;
        for (let row = 0; row < data.samples; row++) {
          const values = [...predicted.subarray(row * width, (row + 1) * width)];
          output.emit({ event: "prediction", row, values }, predictionText(spec, values));
        }
        return 0;
      },
    }),
  );
  return model;
}

/** The model that the settings say, and its task's record. */
async function recordedModel(
  values: Settings<(typeof settings)[number]>,
  log: Log,
  signal: AbortSignal,
): Promise<{ readonly record: TaskReader; readonly recorded: RecordedModel }> {
  const record = { chain: await openRecordOf(values, log), taskId: values.task ?? 1 };
  const content = values.content && (await openContent({ sources: values.content }));
  const reader = () => readReader(values, log);
  return { record, recorded: await readModel(record, { round: values.round, content, reader, signal }) };
}

/** What a model's round may still come to. */
function standingText({ isVoid, finalFromS }: RecordedModel): string {
  if (isVoid) return "; its round is VOID: it was proven wrong, or stands on one that was";
  return finalFromS === undefined ? "" : `; final at ${dateText(finalFromS)}`;
}

function metricName({ model }: TaskSpec): string {
  return model.output.kind === "numbers" ? "R²" : "accuracy";
}

function predictionText({ model, data }: TaskSpec, values: readonly number[]): string {
  if (model.output.kind === "numbers") return values.map((value) => value.toPrecision(7)).join(" ");
  const index = model.output.kind === "binary" ? Number((values[0] ?? 0) >= 0.5) : values.indexOf(Math.max(...values));
  return data.classes?.[index] ?? String(index);
}
