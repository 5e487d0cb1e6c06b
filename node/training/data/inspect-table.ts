import { itemAt } from "../../core/bytes/items.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { DataSpec } from "../../core/task/data-spec.ts";
import type { KeyedHashes } from "../../ports/keyed-hash.ts";
import type { Cell } from "../table/cell-transform.ts";
import { openTable } from "../table/masked-table.ts";
import { chooseColumns } from "../table/table-columns.ts";
import { readTableFile } from "./bundled.ts";
import { type NamedTable, tableByName } from "./dataset-by-name.ts";

/** What becomes of one column of a file. */
export interface ColumnReport {
  readonly name: string;
  /** The place among the model's inputs, from 1. */
  readonly input?: number;
  readonly label: boolean;
  readonly quasiIdentifier: boolean;
  /** Whether a transform has made what is used of it, and whether there is nothing of it to use. */
  readonly masked: boolean;
  readonly erased: boolean;
  /** Different values in the file and after the transforms, counted up to {@link mostValues}. */
  readonly valuesBefore: number;
  readonly valuesAfter: number;
  /**
   * The first few different values: what is in the file never leaves the machine, and is for whoever may see the file.
   */
  readonly examples: readonly { readonly before: string; readonly after?: Cell }[];
}

/** What becomes of a table. */
export interface TableReport {
  readonly source: string;
  readonly rows: number;
  /** All columns of the file, in its order. */
  readonly columns: readonly ColumnReport[];
}

/** Different values of a column beyond which they are not counted any more. */
const mostValues = 1000;
const mostExamples = 3;

/**
 * Reads a table and says what its declared transforms make of it, column by column. Throws what reading it as a data
 * set throws; INVALID_DATA for a data set that is no table.
 *
 * @param name as datasetByName takes it
 * @param width inputs of the model
 */
export function inspectTable(
  name: string,
  data: DataSpec,
  width: number,
  hashes: KeyedHashes = {},
): Promise<TableReport> {
  const table = tableByName(name, data);
  if (table === undefined)
    throw new FedledgerError("INVALID_DATA", { source: name, reason: "it is no table, and has no columns" });
  return readTableFile(table.path, (text) => inspect(table, text, width, hashes));
}

async function inspect(
  { source, data }: NamedTable,
  text: AsyncIterable<Uint8Array>,
  width: number,
  hashes: KeyedHashes,
): Promise<TableReport> {
  const { mask, header, rows: records } = await openTable(text, { source, data, hashes });
  const { inputs, label } = chooseColumns(mask.columns, { data }, width, (reason) => {
    throw new FedledgerError("INVALID_DATA", { source, reason });
  });
  const columns = header.map((name, place) => ({ name, left: mask.places.indexOf(place), seen: createSeenValues() }));
  let rows = 0;
  for await (const { record, line } of records) {
    const cells = mask.apply(record, line);
    columns.forEach(({ left, seen }, place) => {
      seen.add(itemAt(record, place), cells[left]);
    });
    rows++;
  }
  return {
    source,
    rows,
    columns: columns.map(({ name, left, seen }) => ({
      name,
      ...(left >= 0 && inputs.includes(left) && { input: inputs.indexOf(left) + 1 }),
      label: left >= 0 && left === label,
      quasiIdentifier: data.anonymity?.quasiIdentifiers.includes(name) ?? false,
      masked: mask.masked[left] ?? false,
      erased: left < 0,
      ...seen.report(),
    })),
  };
}

/** Collects the different values of one column. */
function createSeenValues() {
  const before = new Set<string>();
  const after = new Set<Cell>();
  const examples: { before: string; after?: Cell }[] = [];
  return {
    add(raw: string, cell: Cell | undefined): void {
      if (examples.length < mostExamples && !before.has(raw))
        examples.push({ before: raw, ...(cell !== undefined && { after: cell }) });
      if (before.size < mostValues) before.add(raw);
      if (cell !== undefined && after.size < mostValues) after.add(cell);
    },
    report: () => ({ valuesBefore: before.size, valuesAfter: after.size, examples }),
  };
}
