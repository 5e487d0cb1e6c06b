import { itemAt, lastOf } from "../../core/bytes/items.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { Transform } from "../../core/task/data-spec.ts";
import type { KeyedHashes } from "../../ports/keyed-hash.ts";
import { yearOfDate } from "./year-of-date.ts";

/** What stands in a row's column: the file's text, or what a transform made of it. */
export type Cell = string | number;
/**
 * Gives up with a reason. The reason never holds the value: what is to be masked is not told in a message or a log
 * either.
 */
export type RefuseCell = (reason: string) => never;
/** A transform of the cells of one column. */
export type CellTransform = (cell: Cell, refuse: RefuseCell) => Cell;

const hashBits = 48;

/**
 * The function that a declared transform is, for one column (docs/data.md: what each gives).
 *
 * Throws DATA_SALT_MISSING where a hash needs a salt that is not at hand.
 *
 * @param column its name is a part of what is hashed, so that equal texts of two columns have nothing in common
 * afterwards
 */
export function createCellTransform(transform: Transform, column: string, hashes: KeyedHashes): CellTransform {
  switch (transform.kind) {
    case "replace": {
      const table = new Map(transform.table);
      const { otherwise } = transform;
      return (cell, refuse) =>
        table.get(String(cell)) ?? otherwise ?? refuse("the value is not in the table of its replacements");
    }
    case "hash":
      return createHash(transform, column, hashes);
    case "erase": {
      const { to = "" } = transform;
      return () => to;
    }
    case "ranges": {
      const { edges, to } = transform;
      return (cell, refuse) => {
        const place = placeIn(edges, numberOf(cell, refuse));
        if (place < 0) return refuse(`the value is outside of the ranges ${edges[0]} to ${edges.at(-1)}`);
        return to === "place" ? place : middleOf(itemAt(edges, place), itemAt(edges, place + 1));
      };
    }
    case "year": {
      const { order = "ymd" } = transform;
      return (cell, refuse) => yearOfDate(String(cell), order) ?? refuse(`the value is not a date (${order})`);
    }
    case "top-code":
      return (cell, refuse) => Math.min(numberOf(cell, refuse), transform.most);
    case "bottom-code":
      return (cell, refuse) => Math.max(numberOf(cell, refuse), transform.least);
  }
}

/** A cell's number. A text that is none is refused. */
function numberOf(cell: Cell, refuse: RefuseCell): number {
  if (isBlank(cell)) return refuse("the value is missing");
  const value = Number(cell);
  return Number.isFinite(value) ? value : refuse("the value is not a number");
}

/** Whether a cell is empty or white space. */
export function isBlank(cell: Cell): boolean {
  return typeof cell === "string" && cell.trim() === "";
}

function createHash(
  { salt, buckets, bits = 0 }: Extract<Transform, { kind: "hash" }>,
  column: string,
  hashes: KeyedHashes,
): CellTransform {
  const hash = hashes[salt];
  if (hash === undefined) {
    const [whose, flag] = salt === "task" ? ["task's", "--task-salt-file"] : ["participant's own", "--salt-file"];
    throw new FedledgerError("DATA_SALT_MISSING", { column, whose, flag });
  }
  return (cell, refuse) => {
    if (isBlank(cell)) return refuse("the value is missing");
    const digest = hash(JSON.stringify(["fedledger/hash/1", column, String(cell)]));
    const number = digest.subarray(0, hashBits / 8).reduce((sum, byte) => sum * 256 + byte, 0);
    return buckets === undefined ? Math.floor(number / 2 ** (hashBits - bits)) : number % buckets;
  };
}

/** The last range whose lower edge is not above the value; the last edge belongs to the last range; -1 outside. */
function placeIn(edges: readonly number[], value: number): number {
  if (value === edges.at(-1)) return edges.length - 2;
  if (value > lastOf(edges)) return -1;
  return edges.findLastIndex((edge) => edge <= value);
}

/** The middle of a range, in it even where its edges are neighbouring numbers or far apart. */
function middleOf(from: number, to: number): number {
  const middle = from / 2 + to / 2;
  return middle >= from && middle < to ? middle : from;
}
