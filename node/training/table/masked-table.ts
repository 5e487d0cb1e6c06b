import { pipeline } from "node:stream/promises";
import { parse } from "csv-parse";
import { FedledgerError, isFedledgerError } from "../../core/errors/error.ts";
import { createTableMask, type MaskOptions, type TableMask } from "./table-mask.ts";

/** One row of a file. */
export interface TableRow {
  /** As it is in the file, each column's text. */
  readonly record: readonly string[];
  /** Line of the file on which it ends, from 1. */
  readonly line: number;
}

/** A table that is being read. */
export interface OpenTable {
  readonly mask: TableMask;
  /** The file's columns, in its order. */
  readonly header: readonly string[];
  /** All rows behind the first line, each with as many values as it names columns. */
  readonly rows: AsyncIterable<TableRow>;
}

/**
 * Opens a table (UTF-8, comma-separated, RFC 4180, the first line names the columns) and makes the mask for its rows.
 *
 * Rejects with INVALID_DATA, TOO_LITTLE_DATA for an empty file, and what {@link createTableMask} throws; `rows` with
 * INVALID_DATA.
 *
 * @param text the file's content, in pieces; decompressed
 */
export async function openTable(text: AsyncIterable<Uint8Array>, options: MaskOptions): Promise<OpenTable> {
  const { source } = options;
  const rows = rowsOf(text, source);
  const first = await rows.next();
  if (first.done) throw new FedledgerError("TOO_LITTLE_DATA", { source, actual: 0, required: 1 });
  const header = first.value.record;
  const mask = createTableMask(header, options);
  const checked = async function* (): AsyncGenerator<TableRow> {
    for await (const row of rows) {
      if (row.record.length !== header.length) {
        throw new FedledgerError("INVALID_DATA", {
          source,
          reason: `line ${row.line} has ${row.record.length} values, the first line names ${header.length} columns`,
        });
      }
      yield row;
    }
  };
  return { mask, header, rows: checked() };
}

async function* rowsOf(text: AsyncIterable<Uint8Array>, source: string): AsyncGenerator<TableRow> {
  const parser = parse({ bom: true, info: true, relax_column_count: true, skip_empty_lines: true });
  const fed = pipeline(text, parser);
  // Its failure is the parser's too, and is met in the loop; without this it would count as unhandled until then.
  fed.catch(() => {});
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>)
      yield { record, line: info.lines };
    await fed;
  } catch (error) {
    if (isFedledgerError(error)) throw error;
    throw new FedledgerError("INVALID_DATA", { source, reason: brokenAt(error) });
  }
}

/** What is wrong with a table and where, by csv-parse's code: its message has a part of the cell in it. */
function brokenAt(error: unknown): string {
  const { code = "unreadable", lines } = error as { readonly code?: string; readonly lines?: number };
  return `${code.replace(/^CSV_/, "").replaceAll("_", " ").toLowerCase()}${lines === undefined ? "" : ` at line ${lines}`}`;
}
