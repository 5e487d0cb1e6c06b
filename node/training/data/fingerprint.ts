import { createHash } from "node:crypto";
import { toHex } from "../../core/bytes/hex.ts";
import type { Bytes32 } from "../../core/ids.ts";
import type { Dataset } from "./dataset.ts";

/** Bytes of a row's hash. */
const rowHashBytes = 32;

const label = "fedledger/data/1";

/**
 * What names a data set whatever it is called: SHA-256 of "fedledger/data/1" and of all rows' hashes, in ascending
 * order. It stays under another path, file name, compression, order of rows, order of columns, seed and held-out share;
 * and whatever a task makes of the rows, where they have hashes of their own (`Dataset.rowHashes`). It does not stay
 * where a row or column is added, taken away or renamed, or one cell is written otherwise.
 *
 * @param parts all that its owner has, what is held out too
 */
export function dataFingerprint(...parts: readonly Dataset[]): Bytes32 {
  const rows = parts.flatMap((part) => rowsOf(part).map((row) => Buffer.from(row)));
  rows.sort(Buffer.compare);
  const hash = createHash("sha256").update(label);
  for (const row of rows) hash.update(row);
  return toHex(hash.digest()) as Bytes32;
}

/** A hasher of a table's rows as they are in the file: of all columns, in the order of their names. */
export function createRowHasher(header: readonly string[]): (record: readonly string[]) => Uint8Array {
  const order = header.map((_, at) => at).sort((a, b) => compare(header[a] ?? "", header[b] ?? "") || a - b);
  const names = JSON.stringify(order.map((at) => header[at]));
  return (record) => hashOf(names, JSON.stringify(order.map((at) => record[at])));
}

/** Hash of one example: its numbers or bytes as they came, and its label. */
export function exampleHash(input: ArrayLike<number>, labels: ArrayLike<number>): Uint8Array {
  return hashOf("example", JSON.stringify([Array.from(input), Array.from(labels)]));
}

/** Row hashes one after another. */
export function joinHashes(hashes: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(hashes.length * rowHashBytes);
  for (const [row, hash] of hashes.entries()) joined.set(hash, row * rowHashBytes);
  return joined;
}

function rowsOf({ rowHashes, inputs, labels, samples }: Dataset): readonly Uint8Array[] {
  const all = Array.from({ length: samples }, (_, row) => row);
  if (rowHashes !== undefined)
    return all.map((row) => rowHashes.subarray(row * rowHashBytes, (row + 1) * rowHashBytes));
  const width = samples === 0 ? 0 : inputs.length / samples;
  const labelWidth = samples === 0 ? 0 : labels.length / samples;
  return all.map((row) =>
    exampleHash(
      inputs.subarray(row * width, (row + 1) * width),
      labels.subarray(row * labelWidth, (row + 1) * labelWidth),
    ),
  );
}

function hashOf(...texts: readonly string[]): Uint8Array {
  const hash = createHash("sha256");
  for (const text of texts) hash.update(`${text.length}:`).update(text);
  return hash.digest();
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
