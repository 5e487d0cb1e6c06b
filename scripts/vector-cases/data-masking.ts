import { toHex } from "../../node/core/bytes/hex.ts";
import { itemAt } from "../../node/core/bytes/items.ts";
import { FedledgerError, isFedledgerError } from "../../node/core/errors/error.ts";
import type { Transform } from "../../node/core/task/data-spec.ts";
import { createKeyedHash } from "../../node/privacy/keyed-hash.ts";
import { anonymityReport } from "../../node/training/data/anonymity.ts";
import type { Cell } from "../../node/training/table/cell-transform.ts";
import { createRowGroups } from "../../node/training/table/row-groups.ts";
import { createTableMask, saltCheckOf } from "../../node/training/table/table-mask.ts";

const salts = {
  task: Uint8Array.from({ length: 32 }, (_, i) => i),
  participant: Uint8Array.from({ length: 32 }, (_, i) => 255 - i),
};
const hashes = { task: createKeyedHash(salts.task), participant: createKeyedHash(salts.participant) };
const columns = ["c"];

const dates = [
  "1980-02-29",
  "1981-02-29",
  "1980",
  "1980-07",
  "1980/7/1T08:00",
  "80-01-01",
  "1980-13-01",
  "31.12.1999",
  "",
];
const numbers = ["-1", "0", "9.5", "10", "20.5", "21", "", "x"];
const ranges = { kind: "ranges" as const, columns, edges: [0, 10, 20.5] };

const transformed: readonly (readonly [name: string, transforms: readonly Transform[], cells: readonly string[]])[] = [
  [
    "replace",
    [
      {
        kind: "replace",
        columns,
        table: [
          ["f", 1],
          ["", "none"],
        ],
      },
    ],
    ["f", "", "F"],
  ],
  ["replace the rest", [{ kind: "replace", columns, table: [["f", 1]], otherwise: 0 }], ["f", "m", ""]],
  ["hash into buckets", [{ kind: "hash", columns, salt: "task", buckets: 64 }], ["Müller", "Muller", " Müller", " "]],
  ["hash to bits", [{ kind: "hash", columns, salt: "participant", bits: 48 }], ["Müller", '"\\\n', "10115"]],
  [
    "hash of a number",
    [
      { kind: "top-code", columns, most: 7 },
      { kind: "hash", columns, salt: "task", bits: 16 },
    ],
    ["7", "7.0", "9", "0.25"],
  ],
  ["erase to a constant", [{ kind: "erase", columns, to: 3 }], ["a", ""]],
  ["ranges to their middle", [{ ...ranges, to: "middle" }], numbers],
  ["ranges to their place", [{ ...ranges, to: "place" }], numbers],
  ["year", [{ kind: "year", columns }], dates],
  [
    "year, day first",
    [{ kind: "year", columns, order: "dmy" }],
    ["31.12.1999", "12/31/1999", "1-2-2000", "1999-12-31"],
  ],
  ["year, month first", [{ kind: "year", columns, order: "mdy" }], ["12/31/1999", "31.12.1999", "2-29-1900"]],
  ["top-code", [{ kind: "top-code", columns, most: 20 }], numbers],
  ["bottom-code", [{ kind: "bottom-code", columns, least: 9.75 }], numbers],
  [
    "year, coded, in ranges",
    [
      { kind: "year", columns },
      { kind: "bottom-code", columns, least: 1940 },
      { kind: "ranges", columns, edges: [1940, 1950, 1980], to: "middle" },
    ],
    ["1931-03-23", "1950-12-10", "1980-01-01", "1981-01-01"],
  ],
];

/** Cells under each transform (null where one is refused), the check of a salt, and the groups of small tables. */
export function dataMaskingCases(): unknown[] {
  const shown = { task: toHex(salts.task), participant: toHex(salts.participant) };
  return [
    ...transformed.map(([name, transforms, cells]) => ({
      name,
      salts: shown,
      transforms,
      cells,
      results: cells.map((cell) => maskedOrNull(transforms, cell)),
    })),
    { name: "check of a salt", salt: shown.task, check: saltCheckOf(hashes.task) },
    grouped("all alike", 3, [
      ["55", "f"],
      ["55", "f"],
      ["55", "f"],
    ]),
    grouped("one alone", 2, [
      ["55", "f"],
      ["55", "m"],
      ["55", "f"],
    ]),
    grouped("texts that run together", 2, [
      ["1", "11"],
      ["11", "1"],
    ]),
    grouped("three sizes", 3, [
      ["1", "a"],
      ["2", "a"],
      ["1", "a"],
      ["1", "b"],
      ["1", "b"],
      ["1", "a"],
    ]),
  ];
}

function maskedOrNull(transforms: readonly Transform[], text: string): Cell | null {
  try {
    const mask = createTableMask(columns, { source: "vectors", data: { transforms: [...transforms] }, hashes });
    return itemAt(mask.apply([text], 1), 0);
  } catch (error) {
    if (isFedledgerError(error, "INVALID_DATA")) return null;
    throw error;
  }
}

function grouped(name: string, k: number, rows: readonly (readonly string[])[]) {
  const quasiIdentifiers = ["one", "two"];
  const groups = createRowGroups(quasiIdentifiers, quasiIdentifiers, [], (reason) => {
    throw new FedledgerError("INVALID_DATA", { source: "vectors", reason });
  });
  for (const [i, row] of rows.entries()) groups.add(row, i);
  const { smallest, sizes, linesBelow } = anonymityReport(groups.finish(), { k, quasiIdentifiers });
  return { name, k, rows, smallest, sizes: sizes.map((each) => [each.rows, each.groups]), below: linesBelow };
}
