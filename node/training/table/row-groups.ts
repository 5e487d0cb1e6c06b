import type { Cell } from "./cell-transform.ts";
import { findColumn } from "./table-columns.ts";

/** Which rows of a data set cannot be told apart by what others may know about people. */
export interface RowGroups {
  /**
   * For each example the number of its group, from 0 in the order of appearance: equal where all quasi-identifiers are.
   */
  readonly of: Uint32Array;
  /** For each example its line in the file. */
  readonly lines: Uint32Array;
}

/** Collects the groups of a table's rows while it is read. */
export interface RowGrouping {
  /** Takes the next row, masked. */
  add(cells: readonly Cell[], line: number): void;
  finish(): RowGroups;
}

/**
 * Groups rows by the masked values of their quasi-identifiers: the equivalence classes of Sweeney 2002. Values are
 * compared as numbers where the column is an input or a transform gives numbers, otherwise as texts.
 *
 * @param names the columns, without those that are erased
 * @param inputs places of the model's inputs
 */
export function createRowGroups(
  names: readonly string[],
  quasiIdentifiers: readonly string[],
  inputs: readonly number[],
  refuse: (reason: string) => never,
): RowGrouping {
  const places = quasiIdentifiers.map((name) => findColumn(names, name, refuse));
  const groups = new Map<string, number>();
  const of: number[] = [];
  const lines: number[] = [];
  return {
    add(cells, line) {
      const key = JSON.stringify(places.map((at) => (inputs.includes(at) ? Number(cells[at]) : cells[at])));
      const group = groups.get(key) ?? groups.size;
      groups.set(key, group);
      of.push(group);
      lines.push(line);
    },
    finish: () => ({ of: Uint32Array.from(of), lines: Uint32Array.from(lines) }),
  };
}
