import { itemAt, valueAt } from "../../core/bytes/items.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { Anonymity } from "../../core/task/data-spec.ts";
import type { RowGroups } from "../table/row-groups.ts";
import type { Dataset } from "./dataset.ts";

/** How alike the rows of a data set are: k-anonymity (Sweeney 2002). */
export interface AnonymityReport {
  /** What the task asks for. */
  readonly k: number;
  readonly quasiIdentifiers: readonly string[];
  readonly rows: number;
  /** Different combinations of the quasi-identifiers. */
  readonly groups: number;
  /** Rows of the smallest group: the data set's own k. */
  readonly smallest: number;
  /** How many groups have how many rows, ascending. */
  readonly sizes: readonly { readonly rows: number; readonly groups: number }[];
  /** Lines of the rows in groups below k: without them, the rest has it (suppression). */
  readonly linesBelow: readonly number[];
}

/** Reckons the groups up. Cost: one pass. `rows` of it is 0 for a data set without any. */
export function anonymityReport({ of, lines }: RowGroups, { k, quasiIdentifiers }: Anonymity): AnonymityReport {
  const rowsOf = new Map<number, number>();
  for (const group of of) rowsOf.set(group, (rowsOf.get(group) ?? 0) + 1);
  const groupsOf = new Map<number, number>();
  for (const rows of rowsOf.values()) groupsOf.set(rows, (groupsOf.get(rows) ?? 0) + 1);
  const sizes = [...groupsOf].map(([rows, groups]) => ({ rows, groups })).toSorted((a, b) => a.rows - b.rows);
  return {
    k,
    quasiIdentifiers,
    rows: of.length,
    groups: rowsOf.size,
    smallest: sizes[0]?.rows ?? 0,
    sizes,
    linesBelow: [...lines].filter((_, row) => valueAt(rowsOf, itemAt(of, row)) < k),
  };
}

/**
 * Throws ANONYMITY_TOO_LOW where a row shares its quasi-identifiers with fewer than `k` rows (itself counted) of the
 * data set, which must have been read with the task's `anonymity`. Does nothing where the task asks for none.
 */
export function requireAnonymity(dataset: Dataset, anonymity: Anonymity | undefined): void {
  if (anonymity === undefined) return;
  if (dataset.groups === undefined) {
    throw new FedledgerError("INVALID_DATA", {
      source: dataset.source,
      reason: "the task asks for anonymity in columns, which only a table has",
    });
  }
  const { k, rows, smallest, linesBelow } = anonymityReport(dataset.groups, anonymity);
  if (smallest >= k) return;
  throw new FedledgerError("ANONYMITY_TOO_LOW", {
    source: dataset.source,
    below: linesBelow.length,
    rows,
    k,
    smallest,
    columns: anonymity.quasiIdentifiers.join(", "),
  });
}
