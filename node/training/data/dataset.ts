import { itemAt } from "../../core/bytes/items.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { ModelSpec, OutputSpec } from "../../core/task/task-spec.ts";
import type { RowGroups } from "../table/row-groups.ts";
import { createSeededRandom, shuffledIndices } from "./seeded-random.ts";

/** Examples in memory, one after another. */
export interface Dataset {
  /** samples × the product of inputShape, row by row. */
  readonly inputs: Float32Array;
  /** samples × labelWidth: a class number (from 0), 0 or 1, or the numbers to predict. */
  readonly labels: Float32Array;
  readonly samples: number;
  /** Shape of one example: [features] or [height, width, channels]. */
  readonly inputShape: readonly number[];
  /** Numbers in a label: 1 for classes and for binary, 0 where there are no labels (data to predict from). */
  readonly labelWidth: number;
  /** Number of classes (2 for binary), 0 where labels are numbers. */
  readonly classCount: number;
  /** Where it is from, for messages. */
  readonly source: string;
  /** Of a table whose task asks for anonymity: which examples are alike. */
  readonly groups?: RowGroups;
  /** samples × 32: of each example's row as it came, before a task made anything of it (fingerprint.ts). */
  readonly rowHashes?: Uint8Array;
}

/** Numbers in one example. */
export function inputSize(dataset: Dataset): number {
  return dataset.inputShape.reduce((product, side) => product * side, 1);
}

/** The chosen examples, copied, in the order given; an index may appear more than once. Throws INVALID_ARGUMENT. */
export function selectExamples(dataset: Dataset, indices: ArrayLike<number>): Dataset {
  const width = inputSize(dataset);
  const inputs = new Float32Array(indices.length * width);
  const labels = new Float32Array(indices.length * dataset.labelWidth);
  for (let row = 0; row < indices.length; row++) {
    const from = itemAt(indices, row);
    if (!Number.isInteger(from) || from < 0 || from >= dataset.samples) {
      throw new FedledgerError("INVALID_ARGUMENT", {
        name: "index",
        value: from,
        expected: `0 to ${dataset.samples - 1}`,
      });
    }
    inputs.set(dataset.inputs.subarray(from * width, (from + 1) * width), row * width);
    labels.set(
      dataset.labels.subarray(from * dataset.labelWidth, (from + 1) * dataset.labelWidth),
      row * dataset.labelWidth,
    );
  }
  const { groups: all, rowHashes } = dataset;
  const hashes = rowHashes && new Uint8Array(indices.length * 32);
  if (hashes && rowHashes) {
    for (let row = 0; row < indices.length; row++) {
      const from = itemAt(indices, row);
      hashes.set(rowHashes.subarray(from * 32, (from + 1) * 32), row * 32);
    }
  }
  const groups = all && {
    of: Uint32Array.from(indices, (from) => itemAt(all.of, from)),
    lines: Uint32Array.from(indices, (from) => itemAt(all.lines, from)),
  };
  return {
    ...dataset,
    inputs,
    labels,
    samples: indices.length,
    ...(groups && { groups }),
    ...(hashes && { rowHashes: hashes }),
  };
}

/**
 * Splits off a held-out part: the first `floor(samples * fraction)` of a seeded shuffle; the rest, in that order,
 * trains.
 *
 * @param fraction 0 to less than 1
 * @param seed uint32
 */
export function holdOut(dataset: Dataset, fraction: number, seed: number): { train: Dataset; heldOut: Dataset } {
  if (!(fraction >= 0 && fraction < 1)) {
    throw new FedledgerError("INVALID_ARGUMENT", { name: "fraction", value: fraction, expected: "0 to less than 1" });
  }
  const order = shuffledIndices(dataset.samples, createSeededRandom(seed));
  const count = Math.floor(dataset.samples * fraction);
  return {
    train: selectExamples(dataset, order.subarray(count)),
    heldOut: selectExamples(dataset, order.subarray(0, count)),
  };
}

/**
 * Throws INVALID_DATA where the data set's inputs or labels do not suit the model. Cost: one pass over both.
 *
 * @param options.labelled default true; false looks at the inputs alone
 */
export function checkDatasetFits(
  dataset: Dataset,
  model: ModelSpec,
  options: { readonly labelled?: boolean } = {},
): void {
  const refuse = (reason: string): never => {
    throw new FedledgerError("INVALID_DATA", { source: dataset.source, reason });
  };
  const width = inputSize(dataset);
  const expected = model.kind === "cnn" ? model.height * model.width * model.channels : model.inputs;
  if (width !== expected) refuse(`an example has ${width} inputs, the model takes ${expected}`);
  if (dataset.inputs.length !== dataset.samples * width)
    refuse("its inputs do not have the length that its examples need");
  if (!dataset.inputs.every(Number.isFinite)) refuse("an input is not a finite number");
  if (options.labelled ?? true) checkLabels(dataset, model.output, refuse);
}

function checkLabels(
  { labels, labelWidth, samples }: Dataset,
  output: OutputSpec,
  refuse: (reason: string) => never,
): void {
  const expected = output.kind === "numbers" ? output.count : 1;
  if (labelWidth !== expected) refuse(`a label has ${labelWidth} numbers, the model gives ${expected}`);
  if (labels.length !== samples * labelWidth) refuse("its labels do not have the length that its examples need");
  if (!labels.every(Number.isFinite)) refuse("a label is not a finite number");
  if (output.kind === "numbers") return;
  const classes = output.kind === "classes" ? output.count : 2;
  const wrong = labels.find((label) => !Number.isInteger(label) || label < 0 || label >= classes);
  if (wrong !== undefined) refuse(`label ${wrong} is not a class from 0 to ${classes - 1}`);
}

/** How many classes a model tells apart; 0 for numbers. */
export function classCountOf(output: OutputSpec): number {
  return output.kind === "classes" ? output.count : output.kind === "binary" ? 2 : 0;
}
