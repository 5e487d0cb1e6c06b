import { FedledgerError } from "../errors/error.ts";
import { type ModelSpec, mostTestExamples } from "./task-spec.ts";

/** Labelled examples on which everybody measures a task's models. */
export interface TestSet {
  readonly examples: number;
  /** Examples × inputs, row by row. */
  readonly inputs: Float32Array;
  /** Examples × labels, row by row: a class number from 0, 0 or 1, or the numbers to predict. */
  readonly labels: Float32Array;
}

/** The four bytes "FTS1": test set, first format. */
const mark = 0x31_53_54_46;
const headerBytes = 16;

/** Numbers in one example of a model: its inputs, and its label. */
export function exampleSize(model: ModelSpec): { readonly inputs: number; readonly labels: number } {
  const inputs = model.kind === "cnn" ? model.height * model.width * model.channels : model.inputs;
  return { inputs, labels: model.output.kind === "numbers" ? model.output.count : 1 };
}

/** Length of the blob of so many examples, bytes. */
export function testSetBytes(model: ModelSpec, examples: number): number {
  const { inputs, labels } = exampleSize(model);
  return headerBytes + 4 * examples * (inputs + labels);
}

/**
 * The bytes of a test set (docs/protocol): the mark, numbers of examples, of inputs and of labels of one as uint32, all
 * inputs and all labels as float32; little-endian. Throws INVALID_TEST_SET for what {@link decodeTestSet} would refuse.
 */
export function encodeTestSet({ examples, inputs, labels }: TestSet, model: ModelSpec): Uint8Array {
  const size = exampleSize(model);
  if (inputs.length !== examples * size.inputs || labels.length !== examples * size.labels) {
    throw invalid("it has not the inputs and labels that its examples need");
  }
  const bytes = new Uint8Array(testSetBytes(model, examples));
  const view = new DataView(bytes.buffer);
  [mark, examples, size.inputs, size.labels].forEach((value, at) => {
    view.setUint32(4 * at, value, true);
  });
  inputs.forEach((value, at) => {
    view.setFloat32(headerBytes + 4 * at, value, true);
  });
  labels.forEach((value, at) => {
    view.setFloat32(headerBytes + 4 * (inputs.length + at), value, true);
  });
  decodeTestSet(bytes, model);
  return bytes;
}

/** The test set of these bytes. Throws INVALID_TEST_SET where they are none, or none for this model. */
export function decodeTestSet(bytes: Uint8Array, model: ModelSpec): TestSet {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < headerBytes || view.getUint32(0, true) !== mark) throw invalid("it does not begin with FTS1");
  const size = exampleSize(model);
  const [examples, inputs, labels] = [4, 8, 12].map((at) => view.getUint32(at, true)) as [number, number, number];
  if (inputs !== size.inputs || labels !== size.labels) {
    throw invalid(`an example has ${inputs} inputs and ${labels} labels, the model ${size.inputs} and ${size.labels}`);
  }
  if (examples < 1 || examples > mostTestExamples) {
    throw invalid(`it has ${examples} examples, 1 to ${mostTestExamples} are possible`);
  }
  if (bytes.length !== testSetBytes(model, examples)) throw invalid("its length is not that of its examples");
  const numbers = (from: number, count: number) =>
    Float32Array.from({ length: count }, (_, at) => view.getFloat32(from + 4 * at, true));
  const set = {
    examples,
    inputs: numbers(headerBytes, examples * inputs),
    labels: numbers(headerBytes + 4 * examples * inputs, examples * labels),
  };
  if (!set.inputs.every(Number.isFinite)) throw invalid("an input is not a finite number");
  checkLabels(set.labels, model);
  return set;
}

function checkLabels(labels: Float32Array, { output }: ModelSpec): void {
  if (!labels.every(Number.isFinite)) throw invalid("a label is not a finite number");
  if (output.kind === "numbers") return;
  const classes = output.kind === "classes" ? output.count : 2;
  const wrong = labels.find((label) => !Number.isInteger(label) || label < 0 || label >= classes);
  if (wrong !== undefined) throw invalid(`label ${wrong} is not a class from 0 to ${classes - 1}`);
}

function invalid(reason: string): FedledgerError {
  return new FedledgerError("INVALID_TEST_SET", { reason });
}
