import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import fc from "fast-check";
import type { DataSpec } from "../../../../node/core/task/data-spec.ts";
import type { ModelSpec } from "../../../../node/core/task/task-spec.ts";
import { anonymityReport, requireAnonymity } from "../../../../node/training/data/anonymity.ts";
import { readCsv } from "../../../../node/training/data/csv.ts";
import { selectExamples } from "../../../../node/training/data/dataset.ts";
import { datasetByName } from "../../../../node/training/data/dataset-by-name.ts";
import { inspectTable } from "../../../../node/training/data/inspect-table.ts";
import { loadParticipantData } from "../../../../node/training/data/participant-data.ts";
import { expectCode } from "../../../support/expect-code.ts";

const model: ModelSpec = { kind: "logistic-regression", inputs: 1, output: { kind: "binary" } };
const read = (rows: readonly (readonly (string | number)[])[], data: DataSpec) =>
  readCsv(
    "t.csv",
    (async function* () {
      yield new TextEncoder().encode(`age,zip,x,y\n${rows.map((row) => [...row, 1, 0].join()).join("\n")}\n`);
    })(),
    { model, data: { columns: ["x"], label: "y", ...data } },
  );

const anonymity = { k: 3, quasiIdentifiers: ["age", "zip"] };

describe("training/anonymity", () => {
  it("reckons as a comparison of all pairs of rows does", async () => {
    const row = fc.tuple(fc.integer({ min: 0, max: 59 }), fc.constantFrom("a", "b", ""));
    const width = fc.constantFrom(1, 10, 30);
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 1, maxLength: 40 }),
        width,
        fc.integer({ min: 2, max: 6 }),
        async (rows, by, k) => {
          const edges = Array.from({ length: 60 / by + 1 }, (_, i) => i * by);
          const task = { ...anonymity, k };
          const { groups } = await read(rows, {
            transforms: [{ kind: "ranges", columns: ["age"], edges, to: "place" }],
            anonymity: task,
          });
          const report = anonymityReport(groups!, task);
          const place = (age: number) => Math.min(Math.floor(age / by), 60 / by - 1);
          const alike = rows.map(
            ([age, zip]) => rows.filter((each) => place(each[0]) === place(age) && each[1] === zip).length,
          );
          expect(report.smallest).to.equal(Math.min(...alike));
          expect(report.linesBelow).to.deep.equal(alike.flatMap((size, i) => (size < k ? [i + 2] : [])));
          expect(report.rows).to.equal(rows.length);
          expect(report.groups).to.be.closeTo(
            alike.reduce((sum, size) => sum + 1 / size, 0),
            1e-9,
          );
          expect(report.sizes.reduce((sum, each) => sum + each.rows * each.groups, 0)).to.equal(rows.length);
          // without the lines named, the rest has it
          const left = rows.flatMap((_, i) => (report.linesBelow.includes(i + 2) ? [] : [i]));
          const rest = anonymityReport(
            selectExamples(
              await read(rows, {
                anonymity: task,
                transforms: [{ kind: "ranges", columns: ["age"], edges, to: "place" }],
              }),
              left,
            ).groups!,
            task,
          );
          expect(rest.smallest === 0 || rest.smallest >= k).to.equal(true);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("compares as numbers what is an input or comes out of a transform as one, and texts as they are", async () => {
    const rows = [
      ["1", "a"],
      ["1.0", "a"],
      ["01", "a "],
    ];
    const numberOf = async (data: DataSpec) => new Set((await read(rows, data)).groups!.of).size;
    const age = { ...anonymity, quasiIdentifiers: ["age"] };
    expect(await numberOf({ anonymity: age })).to.equal(3);
    expect(await numberOf({ columns: ["age"], anonymity: age })).to.equal(1);
    expect(await numberOf({ transforms: [{ kind: "top-code", columns: ["age"], most: 9 }], anonymity: age })).to.equal(
      1,
    );
    expect(await numberOf({ anonymity: { ...anonymity, quasiIdentifiers: ["zip"] } })).to.equal(2);
  });

  it("does not run two columns' texts together", async () => {
    const { groups } = await read(
      [
        ["1", "11"],
        ["11", "1"],
      ],
      { anonymity },
    );
    expect([...groups!.of]).to.deep.equal([0, 1]);
  });

  it("refuses below k, and only then", async () => {
    const rows = [
      ["7", "a"],
      ["7", "a"],
      ["7", "a"],
      ["8", "a"],
      ["8", "a"],
    ];
    const data = await read(rows, { anonymity });
    const error = await expectCode("ANONYMITY_TOO_LOW", () => requireAnonymity(data, anonymity));
    expect(error.data).to.include({ below: 2, rows: 5, k: 3, smallest: 2, columns: "age, zip" });
    requireAnonymity(data, { ...anonymity, k: 2 });
    requireAnonymity(selectExamples(data, [0, 1, 2]), anonymity);
    requireAnonymity(data, undefined);
    expect((await read(rows, {})).groups).to.equal(undefined);
  });

  it("refuses a quasi-identifier that is not there, and data without columns", async () => {
    await expectCode("INVALID_DATA", () => read([["7", "a"]], { anonymity: { k: 2, quasiIdentifiers: ["street"] } }));
    const spec = { model: { ...model, inputs: 10 }, data: { anonymity } };
    for (const name of ["synthetic-ten", "mnist:nowhere"]) {
      await expectCode("INVALID_DATA", () => datasetByName(name, { spec }));
      await expectCode("INVALID_DATA", () => inspectTable(name, spec.data, 10));
    }
    const { groups: _, ...without } = await datasetByName("synthetic-ten", { spec: { ...spec, data: {} }, samples: 5 });
    await expectCode("INVALID_DATA", () => requireAnonymity(without, anonymity));
  });

  it("keeps a participant from training: all of its rows count, its share where it has one", async () => {
    const folder = await mkdtemp(join(tmpdir(), "fedledger-anonymity-"));
    const path = join(folder, "t.csv");
    await writeFile(path, `age,zip,x,y\n${"7,a,1,0\n".repeat(30)}${"8,a,1,1\n".repeat(3)}`);
    const options = { dataset: `csv:${path}`, spec: { model, data: { columns: ["x"], label: "y", anonymity } } };
    const { train, heldOut } = await loadParticipantData(options);
    expect(train.samples + heldOut.samples).to.equal(33);
    const share = { partition: "iid", parts: 3, part: 0 };
    await expectCode("ANONYMITY_TOO_LOW", () => loadParticipantData({ ...options, share }));
    await rm(folder, { recursive: true });
  });
});

describe("training/inspect-table", () => {
  it("says of each column what it is used as and what becomes of it", async () => {
    const { rows, columns } = await inspectTable(
      "diabetes",
      {
        columns: ["bmi", "age"],
        transforms: [
          { kind: "erase", columns: ["s1"] },
          { kind: "ranges", columns: ["age"], edges: [0, 50, 100], to: "middle" },
        ],
        anonymity: { k: 2, quasiIdentifiers: ["age", "sex"] },
      },
      2,
    );
    expect(rows).to.equal(442);
    expect(columns.map(({ name }) => name)).to.deep.equal([
      "age",
      "sex",
      "bmi",
      "bp",
      "s1",
      "s2",
      "s3",
      "s4",
      "s5",
      "s6",
      "progression",
    ]);
    const [age, sex, bmi, , s1] = columns;
    expect(age).to.deep.include({
      input: 2,
      quasiIdentifier: true,
      masked: true,
      erased: false,
      valuesBefore: 58,
      valuesAfter: 2,
    });
    expect(age?.examples[0]).to.deep.equal({ before: "59", after: 75 });
    expect(sex).to.deep.include({ label: false, quasiIdentifier: true, masked: false });
    expect(sex).not.to.have.property("input");
    expect(bmi).to.deep.include({ input: 1, quasiIdentifier: false, masked: false });
    expect(s1).to.deep.include({ erased: true, valuesAfter: 0 });
    expect(s1?.examples.every((each) => !("after" in each))).to.equal(true);
    expect(columns.at(-1)).to.deep.include({ label: true, masked: false });
  });
});
