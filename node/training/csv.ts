import { pipeline } from "node:stream/promises";
import { parse } from "csv-parse";
import { FedledgerError } from "../core/error.ts";
import type { ModelSpec, TaskSpec } from "../core/task-spec.ts";
import type { Dataset } from "./dataset.ts";
import { createInputScaling } from "./input-scaling.ts";
import { modelInputShape } from "./model-layers.ts";

/** What a table is read as: the specification's model and data part. */
export interface TableSchema {
  readonly model: ModelSpec;
  readonly data: TaskSpec["data"];
  /** Default true; false reads no labels, and the label column may be missing: data to predict from. */
  readonly labelled?: boolean;
}

interface Row {
  readonly record: string[];
  readonly info: { readonly lines: number };
}

/**
 * Reads a table: UTF-8, comma-separated (RFC 4180), the first line names the columns.
 *
 * Inputs are `data.columns` in that order (without it, all columns but the label, in the file's order), scaled by
 * `data.offset` and `data.scale`. The label is column `data.label` (without it, the last one): a number, or one of `data.classes`
 * (without them, the class number from 0). Nothing is guessed: an empty or unreadable cell throws INVALID_DATA with file, line and column.
 *
 * @param source name for messages
 * @param text the file's content, in pieces; decompressed
 */
export async function readCsv(source: string, text: AsyncIterable<Uint8Array>, schema: TableSchema): Promise<Dataset> {
  const refuse = (reason: string): never => {
    throw new FedledgerError("INVALID_DATA", { source, reason });
  };
  const { model, data, labelled = true } = schema;
  const { output } = model;
  if (output.kind === "numbers" && output.count !== 1)
    refuse("a table gives one label, this model predicts several numbers");
  const inputShape = modelInputShape(model);
  const width = inputShape.reduce((product, side) => product * side, 1);
  const scaling = createInputScaling(data, width, source);

  const inputs: number[] = [];
  const labels: number[] = [];
  let samples = 0;
  let columns: readonly { readonly at: number; readonly name: string }[] = [];
  let label = { at: -1, name: "" };
  let header: readonly string[] | undefined;
  const readNumber = (text: string, line: number, column: string): number => {
    const value = Number(text);
    if (text.trim() === "") return refuse(`line ${line}, column ${column}: the value is missing`);
    if (!Number.isFinite(value)) return refuse(`line ${line}, column ${column}: ${quoted(text)} is not a number`);
    return value;
  };

  try {
    for await (const { record, info } of rowsOf(text)) {
      if (header === undefined) {
        header = record;
        ({ columns, label } = chooseColumns(header, schema, width, refuse));
        continue;
      }
      if (record.length !== header.length) {
        refuse(`line ${info.lines} has ${record.length} values, the first line names ${header.length} columns`);
      }
      columns.forEach(({ at, name }, i) => {
        inputs.push(scaling(readNumber(record[at]!, info.lines, name), i));
      });
      samples++;
      if (!labelled) continue;
      const text = record[label.at]!;
      if (output.kind !== "numbers" && data.classes !== undefined) {
        const found = data.classes.indexOf(text);
        if (found < 0) refuse(`line ${info.lines}, column ${label.name}: ${quoted(text)} is none of the classes`);
        labels.push(found);
      } else {
        labels.push(readNumber(text, info.lines, label.name));
      }
    }
  } catch (error) {
    if (error instanceof FedledgerError) throw error;
    throw new FedledgerError(
      "INVALID_DATA",
      { source, reason: error instanceof Error ? error.message : String(error) },
      error,
    );
  }
  if (samples === 0) throw new FedledgerError("TOO_LITTLE_DATA", { source, actual: 0, required: 1 });
  return {
    inputs: Float32Array.from(inputs),
    labels: Float32Array.from(labels),
    samples,
    inputShape,
    labelWidth: labelled ? 1 : 0,
    classCount: output.kind === "classes" ? output.count : output.kind === "binary" ? 2 : 0,
    source,
  };
}

async function* rowsOf(text: AsyncIterable<Uint8Array>): AsyncGenerator<Row> {
  const parser = parse({ bom: true, info: true, relax_column_count: true, skip_empty_lines: true });
  const fed = pipeline(text, parser);
  // Its failure is the parser's too, and is met in the loop; without this it would count as unhandled until then.
  fed.catch(() => {});
  yield* parser as AsyncIterable<Row>;
  await fed;
}

function chooseColumns(
  header: readonly string[],
  { data, labelled = true }: TableSchema,
  width: number,
  refuse: (reason: string) => never,
): { columns: { at: number; name: string }[]; label: { at: number; name: string } } {
  const find = (name: string): { at: number; name: string } => {
    const at = header.indexOf(name);
    if (at < 0) refuse(`there is no column ${quoted(name)}`);
    if (header.lastIndexOf(name) !== at) refuse(`there are two columns ${quoted(name)}`);
    return { at, name };
  };
  const labelName = data.label ?? (labelled ? header.at(-1) : undefined);
  const label =
    labelName === undefined || !(labelled || header.includes(labelName)) ? { at: -1, name: "" } : find(labelName);
  const all = header.map((name, at) => ({ at, name }));
  const columns = data.columns?.map(find) ?? all.filter(({ at }) => at !== label.at);
  if (columns.some(({ at }) => at === label.at)) refuse(`column ${quoted(label.name)} is both an input and the label`);
  if (columns.length !== width) refuse(`it has ${columns.length} input columns, the model takes ${width}`);
  return { columns, label };
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
