import { expect } from "chai";
import { type DataSpec, erasedColumns } from "../../../../node/core/task/data-spec.ts";
import { canonicalTaskSpec, parseTaskSpec } from "../../../../node/core/task/task-spec.ts";
import { taskPreset } from "../../../../node/training/task-presets.ts";
import { expectCode } from "../../../support/expect-code.ts";

const { spec } = taskPreset("diabetes");
const parse = (data: unknown) => parseTaskSpec({ ...spec, data });

const everything: DataSpec = {
  columns: ["age", "sex", "city"],
  label: "y",
  transforms: [
    { kind: "erase", columns: ["name", "note"] },
    { kind: "erase", columns: ["room"], to: 0 },
    { kind: "year", columns: ["age"], order: "dmy" },
    { kind: "bottom-code", columns: ["age"], least: 1930 },
    { kind: "top-code", columns: ["age"], most: 2020 },
    { kind: "ranges", columns: ["age"], edges: [1930, 1980.5, 2020], to: "middle" },
    {
      kind: "replace",
      columns: ["sex"],
      table: [
        ["f", 0],
        ["m", "1"],
      ],
      otherwise: -1,
    },
    { kind: "hash", columns: ["city"], salt: "task", buckets: 64 },
    { kind: "hash", columns: ["ward"], salt: "participant", bits: 16 },
  ],
  saltCheck: "39d57d9599111c3e",
  anonymity: { k: 5, quasiIdentifiers: ["age", "sex"] },
};

describe("data specification", () => {
  it("leaves the canonical form of a task without transforms as it was", () => {
    expect(canonicalTaskSpec(spec)).to.equal(
      '{"data":{"offset":[48.52,1.468,26.38,94.65,189.1,115.4,49.79,4.07,4.641,91.26],"scale":[0.0764,2.004,0.2266,0.07236,' +
        '0.02893,0.03292,0.0774,0.7758,1.916,0.08711]},"format":"fedledger/task/1","initialSeed":1,"model":{"inputs":10,' +
        '"kind":"linear-regression","output":{"count":1,"kind":"numbers"}},"name":"diabetes-linear-regression",' +
        '"training":{"batchSize":16,"epochs":5,"learningRate":0.02,"objective":"fedavg"}}',
    );
  });

  it("takes every transform, and gives it back from canonical JSON", () => {
    const whole = parse(everything);
    expect(whole.data).to.deep.equal(everything);
    expect(parseTaskSpec(JSON.parse(canonicalTaskSpec(whole)))).to.deep.equal(whole);
  });

  it("names what is erased without a constant", () => {
    expect([...erasedColumns(everything)]).to.deep.equal(["name", "note"]);
    expect([...erasedColumns({})]).to.deep.equal([]);
  });

  const transform = (each: unknown) => ({ transforms: [each] });
  const refused: Record<string, [path: RegExp, data: unknown]> = {
    "an unknown kind": [/^data\.transforms\.0/, transform({ kind: "shuffle", columns: ["a"] })],
    "an unknown field": [/^data\.transforms\.0/, transform({ kind: "year", columns: ["a"], zone: "UTC" })],
    "no column": [/^data\.transforms\.0\.columns/, transform({ kind: "year", columns: [] })],
    "a column twice": [/^data\.transforms\.0\.columns/, transform({ kind: "year", columns: ["a", "a"] })],
    "a salt in the specification": [
      /^data\.transforms\.0/,
      transform({ kind: "hash", columns: ["a"], salt: "00".repeat(32), buckets: 8 }),
    ],
    "a hash without a size": [/^data\.transforms\.0/, transform({ kind: "hash", columns: ["a"], salt: "task" })],
    "a hash of two sizes": [
      /^data\.transforms\.0/,
      transform({ kind: "hash", columns: ["a"], salt: "task", buckets: 8, bits: 8 }),
    ],
    "one bucket": [/buckets/, transform({ kind: "hash", columns: ["a"], salt: "task", buckets: 1 })],
    "too many bits": [/bits/, transform({ kind: "hash", columns: ["a"], salt: "task", bits: 49 })],
    "an empty table": [/table/, transform({ kind: "replace", columns: ["a"], table: [] })],
    "a value replaced twice": [
      /table/,
      transform({
        kind: "replace",
        columns: ["a"],
        table: [
          ["x", 1],
          ["x", 2],
        ],
      }),
    ],
    "one edge": [/edges/, transform({ kind: "ranges", columns: ["a"], edges: [1], to: "place" })],
    "edges that do not ascend": [/edges/, transform({ kind: "ranges", columns: ["a"], edges: [1, 1], to: "place" })],
    "an infinite bound": [/most/, transform({ kind: "top-code", columns: ["a"], most: Number.POSITIVE_INFINITY })],
    "a column that is erased and changed": [
      /^data\.transforms/,
      {
        transforms: [
          { kind: "erase", columns: ["a"] },
          { kind: "year", columns: ["a"] },
        ],
      },
    ],
    "an erased input": [/^data\.columns/, { ...transform({ kind: "erase", columns: ["a"] }), columns: ["a"] }],
    "an erased label": [/^data\.label/, { ...transform({ kind: "erase", columns: ["a"] }), label: "a" }],
    "an erased quasi-identifier": [
      /^data\.anonymity/,
      { ...transform({ kind: "erase", columns: ["a"] }), anonymity: { k: 2, quasiIdentifiers: ["a"] } },
    ],
    "k of 1": [/^data\.anonymity\.k/, { anonymity: { k: 1, quasiIdentifiers: ["a"] } }],
    "no quasi-identifier": [/^data\.anonymity\.quasi/, { anonymity: { k: 2, quasiIdentifiers: [] } }],
    "a check that is none": [/^data\.saltCheck/, { ...everything, saltCheck: "39D57D9599111C3E" }],
    "a check of a salt that nothing uses": [/^data\.saltCheck/, { saltCheck: "39d57d9599111c3e" }],
  };
  for (const [what, [path, data]] of Object.entries(refused)) {
    it(`refuses ${what}`, async () => {
      const error = await expectCode("INVALID_TASK_SPEC", () => parse(data));
      expect(error.data.reason).to.match(path);
    });
  }
});
