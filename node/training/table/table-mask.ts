import { itemAt } from "../../core/bytes/items.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import { type DataSpec, erasedColumns } from "../../core/task/data-spec.ts";
import type { KeyedHash, KeyedHashes } from "../../ports/keyed-hash.ts";
import { type Cell, type CellTransform, createCellTransform } from "./cell-transform.ts";

/** What a table is masked by. */
export interface MaskOptions {
  /** Name for messages. */
  readonly source: string;
  readonly data: Pick<DataSpec, "transforms" | "label" | "saltCheck">;
  /** The salts at hand; default none. */
  readonly hashes?: KeyedHashes;
  /** Default true; false: the label column may be missing. */
  readonly labelled?: boolean;
}

/** The transforms of a specification, for one table. */
export interface TableMask {
  /** Names of the columns that are left, in the file's order. */
  readonly columns: readonly string[];
  /** For each column that is left: whether a transform has made its cells. */
  readonly masked: readonly boolean[];
  /** The place of each column that is left, in the file. */
  readonly places: readonly number[];
  /**
   * A row's cells that are left, each as its transforms give it. Throws INVALID_DATA naming line and column, never the
   * value.
   */
  apply(record: readonly string[], line: number): Cell[];
}

/**
 * Makes the one function through which all rows of a table go before anything else sees them.
 *
 * Throws INVALID_DATA where a transform's column is not there, or there twice; DATA_SALT_MISSING; DATA_SALT_WRONG.
 *
 * @param header the file's first line
 */
export function createTableMask(header: readonly string[], options: MaskOptions): TableMask {
  const { source, data, hashes = {}, labelled = true } = options;
  const { transforms = [] } = data;
  checkSalt(data.saltCheck, hashes);
  const refuse = (reason: string): never => {
    throw new FedledgerError("INVALID_DATA", { source, reason });
  };
  const steps = header.map((): CellTransform[] => []);
  for (const transform of transforms) {
    for (const name of transform.columns) {
      if (!header.includes(name) && name === data.label && !labelled) continue;
      const [place, another] = header.flatMap((each, at) => (each === name ? [at] : []));
      if (place === undefined) return refuse(`there is no column ${JSON.stringify(name)}, which the task transforms`);
      if (another !== undefined) return refuse(`there are two columns ${JSON.stringify(name)}`);
      itemAt(steps, place).push(createCellTransform(transform, name, hashes));
    }
  }
  const gone = erasedColumns(data);
  const places = header.flatMap((name, at) => (gone.has(name) ? [] : [at]));
  return {
    columns: places.map((at) => itemAt(header, at)),
    masked: places.map((at) => itemAt(steps, at).length > 0),
    places,
    apply: (record, line) =>
      places.map((at) => {
        const refuseCell = (reason: string) => refuse(`line ${line}, column ${header[at]}: ${reason}`);
        return itemAt(steps, at).reduce((cell: Cell, step) => step(cell, refuseCell), itemAt(record, at));
      }),
  };
}

/**
 * What a specification has to recognise the task's salt by: the first 8 bytes of the hash of a fixed text, in
 * hexadecimal.
 */
export function saltCheckOf(hash: KeyedHash): string {
  return Buffer.from(hash("fedledger/salt-check/1").subarray(0, 8)).toString("hex");
}

function checkSalt(expected: string | undefined, { task }: KeyedHashes): void {
  if (expected === undefined || task === undefined) return;
  const actual = saltCheckOf(task);
  if (actual !== expected) throw new FedledgerError("DATA_SALT_WRONG", { actual, expected });
}
