import { itemAt } from "../../core/bytes/items.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { DataSpec } from "../../core/task/data-spec.ts";
import type { ModelSpec } from "../../core/task/task-spec.ts";
import type { KeyedHashes } from "../../ports/keyed-hash.ts";
import { modelInputShape } from "../models/model-layers.ts";
import { type Cell, isBlank } from "../table/cell-transform.ts";
import { createInputScaling } from "../table/input-scaling.ts";
import { openTable } from "../table/masked-table.ts";
import { createRowGroups } from "../table/row-groups.ts";
import { chooseColumns, quoted } from "../table/table-columns.ts";
import type { TableMask } from "../table/table-mask.ts";
import { classCountOf, type Dataset } from "./dataset.ts";
import { createRowHasher, joinHashes } from "./fingerprint.ts";

/** What a table is read as: the specification's model and data part. */
export interface TableSchema {
  readonly model: ModelSpec;
  readonly data: DataSpec;
  /** The salts of declared hashes; default none. */
  readonly hashes?: KeyedHashes;
  /** Default true; false reads no labels, and the label column may be missing: data to predict from. */
  readonly labelled?: boolean;
}

/**
 * Reads a table: UTF-8, comma-separated (RFC 4180), the first line names the columns.
 *
 * First of all each row goes through `data.transforms`. Inputs are `data.columns` in that order (without it, all
 * columns that are left but the label, in the file's order), scaled by `data.offset` and `data.scale`. The label is
 * column `data.label` (without it, the last one): a number, or one of `data.classes` (without them, the class number
 * from 0). Where the task asks for anonymity, the rows are grouped by their quasi-identifiers. Nothing is guessed: an
 * empty or unreadable cell throws INVALID_DATA with file, line and column; of a column that a transform has made,
 * without the value. Throws TOO_LITTLE_DATA, DATA_SALT_MISSING, DATA_SALT_WRONG, too.
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
  const { mask, header, rows } = await openTable(text, { ...schema, source });
  const { inputs: columns, label } = chooseColumns(mask.columns, schema, width, refuse);
  const groups = data.anonymity && createRowGroups(mask.columns, data.anonymity.quasiIdentifiers, columns, refuse);

  const classes = output.kind === "numbers" ? undefined : data.classes;
  const inputs: number[] = [];
  const labels: number[] = [];
  const hashRow = createRowHasher(header);
  const hashes: Uint8Array[] = [];
  let samples = 0;
  for await (const { record, line } of rows) {
    const cells = mask.apply(record, line);
    const row = readRow(cells, mask, (at, what) => refuse(`line ${line}, column ${mask.columns[at]}: ${what}`));
    columns.forEach((at, i) => {
      inputs.push(scaling(row.number(at), i));
    });
    samples++;
    hashes.push(hashRow(record));
    groups?.add(cells, line);
    if (labelled) labels.push(classes === undefined ? row.number(label) : row.place(label, classes));
  }
  if (samples === 0) throw new FedledgerError("TOO_LITTLE_DATA", { source, actual: 0, required: 1 });
  return {
    inputs: Float32Array.from(inputs),
    labels: Float32Array.from(labels),
    samples,
    inputShape,
    labelWidth: labelled ? 1 : 0,
    classCount: classCountOf(output),
    source,
    rowHashes: joinHashes(hashes),
    ...(groups && { groups: groups.finish() }),
  };
}

/** Reads cells of one row; a cell that a transform has made is not shown. */
function readRow(
  cells: readonly Cell[],
  mask: Pick<TableMask, "masked">,
  refuse: (column: number, what: string) => never,
): { number(column: number): number; place(column: number, classes: readonly string[]): number } {
  const shown = (at: number) => (mask.masked[at] ? "the value" : quoted(String(cells[at])));
  return {
    number(at) {
      const cell = itemAt(cells, at);
      const value = Number(cell);
      if (isBlank(cell)) refuse(at, "the value is missing");
      if (!Number.isFinite(value)) refuse(at, `${shown(at)} is not a number`);
      return value;
    },
    place(at, classes) {
      const found = classes.indexOf(String(cells[at]));
      if (found < 0) refuse(at, `${shown(at)} is none of the classes`);
      return found;
    },
  };
}
