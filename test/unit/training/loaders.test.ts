import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect } from "chai";
import fc from "fast-check";
import type { ModelSpec, TaskSpec } from "../../../node/core/task/task-spec.ts";
import { readCsv, type TableSchema } from "../../../node/training/data/csv.ts";
import { datasetByName } from "../../../node/training/data/dataset-by-name.ts";
import { parseIdx } from "../../../node/training/data/idx.ts";
import { syntheticTen } from "../../../node/training/data/synthetic.ts";
import { taskPreset } from "../../../node/training/task-presets.ts";
import { expectCode } from "../../support/expect-code.ts";

const binary: ModelSpec = { kind: "logistic-regression", inputs: 2, output: { kind: "binary" } };
const numbers: ModelSpec = { kind: "linear-regression", inputs: 2, output: { kind: "numbers", count: 1 } };

async function* pieces(text: string, size = 5): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const read = (text: string, schema: Partial<TableSchema> = {}) =>
  readCsv("table.csv", pieces(text), { model: binary, data: {}, ...schema });

async function refused(text: string, reason: RegExp, schema: Partial<TableSchema> = {}): Promise<void> {
  const error = await expectCode("INVALID_DATA", () => read(text, schema));
  expect(error.data.source).to.equal("table.csv");
  expect(error.data.reason).to.match(reason);
}

describe("training/csv", () => {
  it("reads a table: all columns but the last, which is the label", async () => {
    const data = await read("a,b,y\n1,2,0\r\n-3.5,4e-1,1\n");
    expect([...data.inputs]).to.deep.equal([1, 2, -3.5, Math.fround(0.4)]);
    expect([...data.labels]).to.deep.equal([0, 1]);
    expect(data).to.include({ samples: 2, labelWidth: 1, classCount: 2, source: "table.csv" });
    expect(data.inputShape).to.deep.equal([2]);
  });

  it("reads chosen columns in the order given, a named label, classes by their text, scaled inputs", async () => {
    const data = await read('\ufeffb,sick,"x, y",a\n2,yes,9,1\n20,no,9,10\n', {
      data: { columns: ["a", "b"], label: "sick", classes: ["no", "yes"], offset: [1, 2], scale: 0.5 },
    });
    expect([...data.inputs]).to.deep.equal([0, 0, 4.5, 9]);
    expect([...data.labels]).to.deep.equal([1, 0]);
  });

  it("reads numbers to predict", async () => {
    expect([...(await read("a,b,y\n1,2,-7.25\n", { model: numbers })).labels]).to.deep.equal([-7.25]);
  });

  it("reads inputs without labels, whether the label column is there or not", async () => {
    for (const text of ["a,b\n1,2\n", "a,b,y\n1,2,\n", "y,a,b\n?,1,2\n"]) {
      const data = await read(text, { labelled: false, data: { label: "y" } });
      expect([...data.inputs]).to.deep.equal([1, 2]);
      expect(data).to.include({ samples: 1, labelWidth: 0 });
    }
  });

  it("names file, line and column of what it cannot read", async () => {
    await refused("a,b,y\n1,2,0\n1,,0\n", /^line 3, column b: the value is missing$/);
    await refused("a,b,y\n1, ,0\n", /^line 2, column b: the value is missing$/);
    await refused("a,b,y\n1,2,\n", /^line 2, column y: the value is missing$/);
    await refused("a,b,y\n1,2,0\nx,2,0\n", /^line 3, column a: "x" is not a number$/);
    await refused("a,b,y\n1,NaN,0\n", /^line 2, column b/);
    await refused("a,b,y\n1,Infinity,0\n", /^line 2, column b/);
    await refused("a,b,y\n1,2,0\n1,2\n", /^line 3 has 2 values/);
    await refused("a,b,y\n1,2,maybe\n", /^line 2, column y: "maybe" is none of the classes$/, {
      data: { classes: ["no", "yes"] },
    });
    await refused('a,b,y\n1,"2,0\n', /./);
  });

  it("refuses a table that does not suit the model", async () => {
    await refused("a,b,c,y\n1,2,3,0\n", /3 input columns, the model takes 2/);
    await refused("a,b,y\n1,2,0\n", /no column "z"/, { data: { label: "z" } });
    await refused("a,a,y\n1,2,0\n", /two columns "a"/, { data: { columns: ["a", "y"] } });
    await refused("a,b,y\n1,2,0\n", /both an input and the label/, { data: { columns: ["a", "y"] } });
    await refused("a,b,y\n1,2,0\n", /3 values of scale/, { data: { scale: [1, 2, 3] } });
    await refused("a,b,y\n1,2,0\n", /one label/, { model: { ...numbers, output: { kind: "numbers", count: 2 } } });
    await expectCode("TOO_LITTLE_DATA", () => read("a,b,y\n"));
    await expectCode("TOO_LITTLE_DATA", () => read(""));
  });

  it("reads back any finite numbers, however the text is cut into pieces", async () => {
    // Plus zero: text knows no negative zero.
    const number = fc.double({ noNaN: true, min: -1e30, max: 1e30 }).map((value) => value + 0);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(number, number, number), { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 1, max: 30 }),
        async (rows, size) => {
          const text = `a,b,y\n${rows.map((row) => row.join()).join("\n")}\n`;
          const data = await readCsv("t", pieces(text, size), { model: numbers, data: {} });
          expect(data.inputs).to.deep.equal(Float32Array.from(rows.flatMap((row) => row.slice(0, 2))));
          expect(data.labels).to.deep.equal(Float32Array.from(rows, (row) => row[2]));
        },
      ),
      { numRuns: 40 },
    );
  });
});

/** An IDX file of bytes. */
function idx(shape: number[], values: number[]): Uint8Array {
  const file = new Uint8Array(4 + 4 * shape.length + values.length);
  file.set([0, 0, 8, shape.length]);
  const view = new DataView(file.buffer);
  shape.forEach((side, i) => {
    view.setUint32(4 + 4 * i, side);
  });
  file.set(values, 4 + 4 * shape.length);
  return file;
}

describe("training/idx", () => {
  it("reads plain and gzip files", () => {
    const file = idx([2, 1, 2], [1, 2, 3, 4]);
    for (const bytes of [file, gzipSync(file)]) {
      const { shape, values } = parseIdx("f", bytes);
      expect(shape).to.deep.equal([2, 1, 2]);
      expect([...values]).to.deep.equal([1, 2, 3, 4]);
    }
  });

  it("refuses what is not one", async () => {
    const file = idx([2, 2], [1, 2, 3, 4]);
    const wrong: [string, Uint8Array][] = [
      ["empty", new Uint8Array()],
      ["magic", Uint8Array.of(1, ...file.subarray(1))],
      ["type", Uint8Array.of(0, 0, 9, ...file.subarray(3))],
      ["no dimension", Uint8Array.of(0, 0, 8, 0)],
      ["cut header", file.subarray(0, 9)],
      ["cut values", file.subarray(0, file.length - 1)],
      ["surplus", Uint8Array.of(...file, 5)],
      ["cut gzip", gzipSync(file).subarray(0, 20)],
    ];
    for (const [name, bytes] of wrong) {
      const error = await expectCode("INVALID_DATA", () => parseIdx(name, bytes));
      expect(error.data.source).to.equal(name);
    }
  });
});

describe("training/dataset-by-name", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "fedledger-data-"));
  });
  after(() => rm(folder, { recursive: true }));

  const spec = (model: ModelSpec, data: TaskSpec["data"] = {}) => ({ spec: { model, data } });

  it("has the bundled tables whole, with the sums of their source", async () => {
    const digits = await datasetByName("digits", { spec: { ...taskPreset("digits").spec, data: {} } });
    expect(digits).to.include({ samples: 1797, classCount: 10 });
    // scikit-learn: digits.data.sum(), digits.target.sum(), and the counts of the classes.
    expect(digits.inputs.reduce((a, b) => a + b, 0)).to.equal(561718);
    expect(digits.labels.reduce((a, b) => a + b, 0)).to.equal(8070);
    const cancer = await datasetByName("breast-cancer", taskPreset("breast-cancer"));
    expect(cancer.samples).to.equal(569);
    expect(cancer.labels.reduce((a, b) => a + b, 0)).to.equal(212);
    const diabetes = await datasetByName("diabetes", taskPreset("diabetes"));
    expect(diabetes.samples).to.equal(442);
    expect(diabetes.labels.reduce((a, b) => a + b, 0)).to.equal(67243);
  });

  it("scales by the presets' offset and scale to mean 0 and deviation 1", async () => {
    for (const name of ["breast-cancer", "diabetes"]) {
      const { inputs, samples } = await datasetByName(name, taskPreset(name));
      const width = inputs.length / samples;
      for (let column = 0; column < width; column++) {
        const values = inputs.filter((_, i) => i % width === column);
        const mean = values.reduce((a, b) => a + b, 0) / samples;
        const deviation = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / samples);
        expect(mean, `${name} ${column}`).to.be.closeTo(0, 0.01);
        expect(deviation, `${name} ${column}`).to.be.closeTo(1, 0.01);
      }
    }
  });

  it("gives a table the shape that a CNN takes", async () => {
    const { inputShape } = await datasetByName("digits", taskPreset("digits", "cnn"));
    expect(inputShape).to.deep.equal([8, 8, 1]);
  });

  it("reads a CSV file, plain and gzip", async () => {
    const text = "a,b,y\n1,2,0\n3,4,1\n";
    await writeFile(join(folder, "t.csv"), text);
    await writeFile(join(folder, "t.csv.gz"), gzipSync(text));
    for (const name of ["t.csv", "t.csv.gz"]) {
      expect((await datasetByName(`csv:${join(folder, name)}`, spec(binary))).samples).to.equal(2);
    }
    await writeFile(join(folder, "broken.csv.gz"), gzipSync(text).subarray(0, 20));
    await expectCode("INVALID_DATA", () => datasetByName(`csv:${join(folder, "broken.csv.gz")}`, spec(binary)));
    await expectCode("FILE_NOT_FOUND", () => datasetByName(`csv:${join(folder, "none.csv")}`, spec(binary)));
    await expectCode("FILE_UNREADABLE", () => datasetByName(`csv:${folder}`, spec(binary)));
    await writeFile(join(folder, "labels.csv"), "a,b,y\n1,2,2\n");
    await expectCode("INVALID_DATA", () => datasetByName(`csv:${join(folder, "labels.csv")}`, spec(binary)));
  });

  it("reads MNIST's files", async () => {
    const model: ModelSpec = { kind: "logistic-regression", inputs: 4, output: { kind: "classes", count: 10 } };
    await expectCode("FILE_NOT_FOUND", () => datasetByName(`mnist:${folder}`, spec(model)));
    await writeFile(
      join(folder, "t10k-images-idx3-ubyte.gz"),
      gzipSync(idx([2, 2, 2], [0, 51, 102, 255, 0, 0, 0, 255])),
    );
    await writeFile(join(folder, "t10k-labels-idx1-ubyte"), idx([2], [7, 3]));
    const data = await datasetByName(`mnist:${folder}`, spec(model, { scale: 1 / 255 }));
    expect([...data.inputs]).to.deep.equal([0, Math.fround(0.2), Math.fround(0.4), 1, 0, 0, 0, 1]);
    expect([...data.labels]).to.deep.equal([7, 3]);
    await writeFile(join(folder, "t10k-labels-idx1-ubyte"), idx([3], [7, 3, 1]));
    await expectCode("INVALID_DATA", () => datasetByName(`mnist:${folder}`, spec(model)));
  });

  it("refuses names it does not know", async () => {
    for (const name of ["", "iris", "csv:", "csv", "mnist", "toString", "http://x"]) {
      await expectCode("INVALID_CONFIG", () => datasetByName(name, spec(binary)));
    }
  });
});

describe("training/synthetic", () => {
  it("is fixed by its seed, balanced, and of another rule for another seed", () => {
    const one = syntheticTen(1, 2000);
    expect(syntheticTen(1, 2000)).to.deep.equal(one);
    const two = syntheticTen(2, 2000);
    expect(two.labels).not.to.deep.equal(one.labels);
    for (const { labels } of [one, two]) {
      expect(labels.reduce((a, b) => a + b, 0)).to.be.within(800, 1200);
    }
  });
});
