import { FedledgerError } from "../../core/errors/error.ts";
import type { OutputSpec, TaskSpec } from "../../core/task/task-spec.ts";
import { modelInputShape } from "../models/model-layers.ts";
import { createInputScaling } from "../table/input-scaling.ts";
import { checkDatasetFits, classCountOf, type Dataset } from "./dataset.ts";
import { exampleHash, joinHashes } from "./fingerprint.ts";

/** Examples of an application's own, in memory. */
export interface Examples {
  /** One row of numbers an example, before the scaling that the task declares: features, or pixels row by row. */
  readonly inputs: readonly ArrayLike<number>[];
  /**
   * One an example: a class number from 0, 0 or 1, or the number or numbers to predict. Absent: examples to predict
   * from.
   */
  readonly labels?: readonly (number | readonly number[])[] | undefined;
}

/**
 * Examples as a task's data set, scaled as the task declares. A task that masks columns or asks for anonymity takes
 * tables only, where columns have names. Throws INVALID_DATA, LENGTH_MISMATCH.
 */
export function datasetOf({ model, data }: Pick<TaskSpec, "model" | "data">, { inputs, labels }: Examples): Dataset {
  const source = "the examples given";
  if (data.transforms || data.anonymity)
    throw new FedledgerError("INVALID_DATA", { source, reason: "the task masks columns: it needs a table" });
  if (labels !== undefined && labels.length !== inputs.length)
    throw new FedledgerError("LENGTH_MISMATCH", { name: "labels", actual: labels.length, expected: inputs.length });
  const inputShape = modelInputShape(model);
  const width = inputShape.reduce((product, side) => product * side, 1);
  const scaled = createInputScaling(data, width, source);
  const all = new Float32Array(inputs.length * width);
  for (const [row, values] of inputs.entries()) {
    if (values.length !== width)
      throw new FedledgerError("LENGTH_MISMATCH", { name: `inputs[${row}]`, actual: values.length, expected: width });
    for (let at = 0; at < width; at++) all[row * width + at] = scaled(values[at] as number, at);
  }
  const { output } = model;
  const dataset: Dataset = {
    inputs: all,
    labels: Float32Array.from((labels ?? []).flat()),
    samples: inputs.length,
    inputShape,
    labelWidth: labels === undefined ? 0 : widthOf(output),
    classCount: classCountOf(output),
    source,
    rowHashes: joinHashes(
      inputs.map((values, row) => {
        const of = labels?.[row] ?? [];
        return exampleHash(values, typeof of === "number" ? [of] : of);
      }),
    ),
  };
  checkDatasetFits(dataset, model, { labelled: labels !== undefined });
  return dataset;
}

/** Numbers of a label. */
function widthOf(output: OutputSpec): number {
  return output.kind === "numbers" ? output.count : 1;
}
