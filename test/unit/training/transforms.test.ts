import { createHmac } from "node:crypto";
import { expect } from "chai";
import fc from "fast-check";
import type { DataSpec, Transform } from "../../../node/core/task/data-spec.ts";
import type { ModelSpec } from "../../../node/core/task/task-spec.ts";
import type { KeyedHashes } from "../../../node/ports/keyed-hash.ts";
import { createKeyedHash } from "../../../node/privacy/keyed-hash.ts";
import { readCsv } from "../../../node/training/data/csv.ts";
import { createCellTransform } from "../../../node/training/table/cell-transform.ts";
import { saltCheckOf } from "../../../node/training/table/table-mask.ts";
import { yearOfDate } from "../../../node/training/table/year-of-date.ts";
import { expectCode } from "../../support/expect-code.ts";

const salt = Uint8Array.from({ length: 32 }, (_, i) => i);
const hashes: KeyedHashes = {
  task: createKeyedHash(salt),
  participant: createKeyedHash(salt.toReversed()),
};
const refuse = (reason: string): never => {
  throw new RangeError(reason);
};
const on = (cell: string | number, transform: Transform) =>
  createCellTransform(transform, transform.columns[0]!, hashes)(cell, refuse);

const model = (inputs: number): ModelSpec => ({ kind: "logistic-regression", inputs, output: { kind: "binary" } });
const read = (text: string, data: DataSpec, inputs: number, given: KeyedHashes = hashes, labelled = true) =>
  readCsv(
    "t.csv",
    (async function* () {
      yield new TextEncoder().encode(text);
    })(),
    { model: model(inputs), data, hashes: given, labelled },
  );

describe("training/cell-transform", () => {
  it("replaces by a table, with or without a rest", () => {
    const transform = {
      kind: "replace",
      columns: ["a"],
      table: [
        ["f", 0],
        ["m", "x"],
      ],
    } satisfies Transform;
    expect(on("f", transform)).to.equal(0);
    expect(on("m", transform)).to.equal("x");
    expect(() => on("d", transform)).to.throw(RangeError, "not in the table");
    expect(on("d", { ...transform, otherwise: 9 })).to.equal(9);
    expect(on("constructor", { ...transform, otherwise: 9 })).to.equal(9);
    expect(on(3, { ...transform, table: [["3", 4]] })).to.equal(4);
  });

  it("hashes under the salt named, by column: the vector of docs/data.md", () => {
    const transform = { kind: "hash", columns: ["name"], salt: "task", buckets: 64 } satisfies Transform;
    expect(on("Müller", transform)).to.equal(27);
    const { buckets: _, ...rest } = transform;
    expect(on("Müller", { ...rest, bits: 16 })).to.equal(19700);
    expect(on("Müller", { ...rest, columns: ["other"], bits: 48 })).not.to.equal(on("Müller", { ...rest, bits: 48 }));
    expect(on("Müller", { ...rest, salt: "participant", bits: 48 })).not.to.equal(on("Müller", { ...rest, bits: 48 }));
    expect(() => on(" ", transform)).to.throw(RangeError, "missing");
  });

  it("puts into ranges: each from its edge to before the next, the last with its end", () => {
    const transform = { kind: "ranges", columns: ["a"], edges: [0, 10, 20.5], to: "place" } satisfies Transform;
    expect(["0", "9.99", "10", "20.5"].map((text) => on(text, transform))).to.deep.equal([0, 0, 1, 1]);
    expect(["3", 12].map((cell) => on(cell, { ...transform, to: "middle" }))).to.deep.equal([5, 15.25]);
    for (const text of ["-0.1", "20.51", "", "x", "NaN", "Infinity"])
      expect(() => on(text, transform)).to.throw(RangeError, /outside|missing|not a number/);
  });

  it("codes top and bottom", () => {
    expect(["89", "90", "104.5"].map((text) => on(text, { kind: "top-code", columns: ["a"], most: 90 }))).to.deep.equal(
      [89, 90, 90],
    );
    expect(
      ["-3", "18", "19"].map((text) => on(text, { kind: "bottom-code", columns: ["a"], least: 18 })),
    ).to.deep.equal([18, 18, 19]);
    expect(() => on("old", { kind: "top-code", columns: ["a"], most: 90 })).to.throw(RangeError);
  });

  it("takes the year of dates, and nothing that is none", () => {
    const years = (order: "ymd" | "dmy" | "mdy", texts: string[]) => texts.map((text) => yearOfDate(text, order));
    expect(
      years("ymd", [
        "1980-02-29",
        "1980/2/9",
        "1980.12.31",
        "1980",
        "1980-07",
        "1980-07-01T23:59:59Z",
        " 1980-07-01 08:00",
      ]),
    ).to.deep.equal(Array(7).fill(1980));
    expect(years("dmy", ["31.12.1999", "1/2/1999"])).to.deep.equal([1999, 1999]);
    expect(years("mdy", ["12/31/1999", "2-1-1999"])).to.deep.equal([1999, 1999]);
    expect(
      years("ymd", [
        "1981-02-29",
        "1900-02-29",
        "1980-13-01",
        "1980-00-01",
        "1980-04-31",
        "80-01-01",
        "1980-01/02",
        "0000",
        "x",
        "",
      ]),
    ).to.deep.equal(Array(10).fill(undefined));
    expect(years("dmy", ["12/31/1999", "1999-01-01", "1.1.99"])).to.deep.equal(Array(3).fill(undefined));
  });

  it("changes nothing the second time: ranges to their middle, top- and bottom-code, year, a constant", () => {
    const edges = fc
      .uniqueArray(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 2, maxLength: 12 })
      .map((each) => [...new Set(each.map((edge) => edge + 0))].toSorted((a, b) => a - b))
      .filter((each) => each.length >= 2);
    const value = fc.double({ noNaN: true, noDefaultInfinity: true });
    const transforms: fc.Arbitrary<Transform> = fc.oneof(
      edges.map((each): Transform => ({ kind: "ranges", columns: ["a"], edges: each, to: "middle" })),
      value.map((most): Transform => ({ kind: "top-code", columns: ["a"], most })),
      value.map((least): Transform => ({ kind: "bottom-code", columns: ["a"], least })),
      value.map((to): Transform => ({ kind: "erase", columns: ["a"], to })),
    );
    fc.assert(
      fc.property(transforms, value, (transform, at) => {
        const { edges: [low, ...rest] = [] } = transform.kind === "ranges" ? transform : {};
        const inside = low === undefined ? at : Math.min(Math.max(at, low), rest.at(-1)!);
        const once = on(String(inside), transform);
        expect(on(once, transform)).to.equal(once);
      }),
    );
    fc.assert(
      fc.property(
        fc.date({ min: new Date("1000-01-01"), max: new Date("9999-12-31"), noInvalidDate: true }),
        (date) => {
          const once = on(date.toISOString(), { kind: "year", columns: ["a"] });
          expect(once).to.equal(date.getUTCFullYear());
          expect(on(once, { kind: "year", columns: ["a"] })).to.equal(once);
        },
      ),
    );
  });

  it("hashes as node:crypto does, whatever the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 2, max: 1 << 24 }), (text, buckets) => {
        fc.pre(text.trim() !== "");
        const message = JSON.stringify(["fedledger/hash/1", "c", text]);
        const head = createHmac("sha256", salt).update(message, "utf8").digest().readUIntBE(0, 6);
        expect(on(text, { kind: "hash", columns: ["c"], salt: "task", buckets })).to.equal(head % buckets);
      }),
    );
  });
});

describe("training/table-mask", () => {
  const table = "name,born,zip,sex,income,y\nAda,1815-12-10,1010,f,120,yes\nAlan,1912-06-23,2020,m,90,no\n";
  const data: DataSpec = {
    label: "y",
    classes: ["0", "1"],
    transforms: [
      { kind: "erase", columns: ["name"] },
      { kind: "year", columns: ["born"] },
      { kind: "bottom-code", columns: ["born"], least: 1900 },
      { kind: "hash", columns: ["zip"], salt: "task", buckets: 1024 },
      {
        kind: "replace",
        columns: ["sex"],
        table: [
          ["f", 1],
          ["m", 0],
        ],
      },
      { kind: "top-code", columns: ["income"], most: 100 },
      {
        kind: "replace",
        columns: ["y"],
        table: [
          ["no", 0],
          ["yes", 1],
        ],
      },
    ],
  };

  it("is made before anything else sees the rows: inputs, label and order of columns", async () => {
    const { inputs, labels } = await read(table, data, 4);
    expect([...inputs.subarray(0, 1), ...inputs.subarray(2, 5)]).to.deep.equal([1900, 1, 100, 1912]);
    expect([...labels]).to.deep.equal([1, 0]);
    const chosen = await read(table, { ...data, columns: ["income", "born"], offset: [90, 1900], scale: 0.5 }, 2);
    expect([...chosen.inputs]).to.deep.equal([5, 0, 0, 6]);
  });

  it("gives nobody a raw value of a hashed or erased column", async () => {
    const cell = fc.stringMatching(/^[a-z]{1,12}$/);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(cell, cell, fc.integer({ min: 1_000_000, max: 9_999_999 })), { minLength: 1, maxLength: 20 }),
        async (rows) => {
          const text = `name,city,number,y\n${rows.map((row) => [...row, 0].join()).join("\n")}\n`;
          const { inputs } = await read(
            text,
            {
              transforms: [
                { kind: "erase", columns: ["name"] },
                { kind: "hash", columns: ["city"], salt: "participant", buckets: 512 },
                { kind: "hash", columns: ["number"], salt: "task", bits: 16 },
              ],
            },
            2,
          );
          const numbers = new Set(rows.map(([, , number]) => number));
          expect(inputs.every((value) => Number.isInteger(value) && value >= 0 && value < 65536)).to.equal(true);
          expect([...inputs].some((value) => numbers.has(value))).to.equal(false);
        },
      ),
      { numRuns: 50 },
    );
  });

  it("says line and column of what it refuses, and never the value", async () => {
    const wrong: [text: string, reason: RegExp][] = [
      [table.replace("1912-06-23", "soon"), /^line 3, column born: the value is not a date \(ymd\)$/],
      [table.replace(",m,", ",secret,"), /^line 3, column sex: the value is not in the table/],
      [table.replace(",90,", ",secret,"), /^line 3, column income: the value is not a number$/],
      [table.replace(",90,", ",,"), /^line 3, column income: the value is missing$/],
      [table.replace("2020", " "), /^line 3, column zip: the value is missing$/],
      [table.replace("name,", "id,"), /^there is no column "name", which the task transforms$/],
      [table.replace("zip,", "sex,"), /^there is no column "zip"/],
    ];
    for (const [text, reason] of wrong) {
      const error = await expectCode("INVALID_DATA", () => read(text, data, 4));
      expect(error.data.reason).to.match(reason);
      expect(error.message).not.to.match(/secret|soon/);
    }
    const quote = await expectCode("INVALID_DATA", () => read(table.replace("Alan", 'secret"'), data, 4));
    expect(quote.message + String(quote.cause)).not.to.contain("secret");
    const twice = table.replace("income", "sex").replaceAll("name", "nom");
    await expectCode("INVALID_DATA", () => read(twice, data, 4));
    // a text that a transform leaves where a number is needed
    const texts: DataSpec = { ...data, transforms: [{ kind: "replace", columns: ["sex"], table: [["f", "secret"]] }] };
    const error = await expectCode("INVALID_DATA", () => read("sex,y\nf,0\n", texts, 1));
    expect(error.data.reason).to.equal("line 2, column sex: the value is not a number");
    const labels: DataSpec = { ...data, transforms: [{ kind: "erase", columns: ["y"], to: "secret" }] };
    const none = await expectCode("INVALID_DATA", () => read("a,y\n1,0\n", labels, 1));
    expect(none.data.reason).to.equal("line 2, column y: the value is none of the classes");
  });

  it("needs the salts that are named, and the task's own", async () => {
    const missing = await expectCode("DATA_SALT_MISSING", () => read(table, data, 4, {}));
    expect(missing.data).to.include({ column: "zip", flag: "--task-salt-file" });
    const own: DataSpec = { transforms: [{ kind: "hash", columns: ["a"], salt: "participant", buckets: 8 }] };
    const alone = await expectCode("DATA_SALT_MISSING", () => read("a,y\n1,0\n", own, 1, { task: hashes.task! }));
    expect(alone.data).to.include({ flag: "--salt-file" });
    const saltCheck = saltCheckOf(hashes.task!);
    expect(saltCheck).to.equal("39d57d9599111c3e");
    expect((await read(table, { ...data, saltCheck }, 4)).samples).to.equal(2);
    await expectCode("DATA_SALT_WRONG", () => read(table, { ...data, saltCheck }, 4, { task: hashes.participant! }));
  });

  it("predicts from a table without its label", async () => {
    const without = table.replaceAll(/,(y|yes|no)$/gm, "");
    const { inputs, labelWidth } = await read(without, data, 4, hashes, false);
    expect(labelWidth).to.equal(0);
    expect(inputs).to.deep.equal((await read(table, data, 4)).inputs);
  });

  it("takes an erased column for one that is not there: the last one left is the label", async () => {
    const { inputs, labels } = await read(
      "a,y,note\n3,1,x\n",
      { transforms: [{ kind: "erase", columns: ["note"] }] },
      1,
    );
    expect([...inputs, ...labels]).to.deep.equal([3, 1]);
  });
});
