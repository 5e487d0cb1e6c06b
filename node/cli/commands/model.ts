import { join } from "node:path";
import { Command } from "commander";
import type { TaskSpec } from "../../core/task/task-spec.ts";
import { writeFileAtomic } from "../../system/index.ts";
import { createModelRunner, datasetByName, encodeSafetensors, encodeTfjsModel } from "../../training/index.ts";
import { defineCommand } from "../options/command.ts";
import { readSalts, saltSettings } from "../options/data-salts.ts";
import { datasetName } from "../options/dataset-name.ts";
import { required } from "../options/options.ts";
import { type RecordedModel, recordedModel } from "../results/final-model.ts";
import { openingSettings } from "../results/open-sealed.ts";
import { openRecord, recordSettings } from "../running/session.ts";
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
        const chain = await openRecord(values, log);
        const taskId = values.task ?? 1;
        const recorded = await recordedModel(chain, { ...values, taskId, signal });
        const { spec, round, modelRoot, parameters } = recorded;
        const metadata = {
          format: "pt",
          federation: chain.federation,
          chainId: String(chain.chainId),
          task: String(taskId),
          round: String(round),
          modelRoot,
        };
        const files = out.endsWith(".safetensors")
          ? [[out, encodeSafetensors(spec.model, parameters, metadata)] as const]
          : Object.entries(encodeTfjsModel(spec.model, parameters, metadata)).map(
              ([name, data]) => [join(out, name), data as string | Uint8Array] as const,
            );
        for (const [path, data] of files) await writeFileAtomic(path, data, { replace: values.force ?? false });
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
        const { spec, round, parameters } = await recordedModel(await openRecord(values, log), {
          ...values,
          taskId: values.task ?? 1,
          signal,
        });
        const runner = await createModelRunner(spec, { backend: values.backend ?? "auto" });
        const data = await datasetByName(datasetName(required(values.data, "data")), {
          spec,
          hashes: await readSalts(values),
        });
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
        const { spec, parameters } = await recordedModel(await openRecord(values, log), {
          ...values,
          taskId: values.task ?? 1,
          signal,
        });
        const runner = await createModelRunner(spec, { backend: values.backend ?? "auto" });
        const data = await datasetByName(datasetName(required(values.data, "data")), {
          spec,
          hashes: await readSalts(values),
        });
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
