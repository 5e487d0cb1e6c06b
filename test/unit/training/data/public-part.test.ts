import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { contentIdOf } from "../../../../node/core/bytes/content-id.ts";
import { decodeTestSet, testSetBytes } from "../../../../node/core/task/test-set.ts";
import { datasetByName } from "../../../../node/training/data/dataset-by-name.ts";
import { loadOwnExamples } from "../../../../node/training/data/participant-data.ts";
import { namedTestSet, publicIndices } from "../../../../node/training/data/public-part.ts";
import { taskPreset } from "../../../../node/training/task-presets.ts";
import { temporaryDirectory } from "../../../support/temporary-directory.ts";

const contentId = `0x${"00".repeat(32)}` as const;

describe("the public part of named data sets", () => {
  it("is the first of every five examples, 2,000 at most, and apart from what is trained on", () => {
    for (const [samples, expected] of [
      [4, 1],
      [569, 114],
      [60_000, 2000],
    ] as const) {
      const { test, train } = publicIndices({ samples });
      expect(test.length).to.equal(expected);
      const all = [...test, ...train].sort((a, b) => a - b);
      expect(all).to.deep.equal(Array.from({ length: samples }, (_, i) => i));
      expect(test[0]).to.equal(0);
    }
  });

  // a task on a chain names these: they must not change
  const known = {
    digits: [360, "0xac85a66d99bd0b1884c40576991d30d1c96fa28d65ea3a8c3051fd199f882bf1"],
    "breast-cancer": [114, "0x1dcd16cd9e5d8950481151d01a900cd13aaae09a365af3068ed3ed2f5cdff804"],
    diabetes: [89, "0xa7f0331127c92d22dce747a61ae8637164af59a0f4db349a6609b5afdd527e69"],
  } as const;
  for (const [name, [examples, id]] of Object.entries(known)) {
    it(`of ${name} has ${examples} examples and a content id of its own`, async () => {
      const { spec } = taskPreset(name);
      const made = await namedTestSet(name, { spec });
      expect(made.examples).to.equal(examples);
      expect(made.bytes.length).to.equal(testSetBytes(spec.model, examples));
      expect(await contentIdOf(made.bytes)).to.equal(id);
    });
  }

  it("of synthetic-ten is drawn from the task's seed", async () => {
    const { spec } = taskPreset("synthetic-ten");
    const made = await Promise.all([1, 1, 2].map((seed) => namedTestSet("synthetic-ten", { spec, seed })));
    expect(made.map(({ examples }) => examples)).to.deep.equal([2000, 2000, 2000]);
    expect(made[0]!.bytes).to.deep.equal(made[1]!.bytes);
    expect(made[0]!.bytes).not.to.deep.equal(made[2]!.bytes);
  });

  it("is nobody's to train on where the task has a public test set, and everybody's where it has none", async () => {
    const { spec } = taskPreset("breast-cancer");
    const testSet = { contentId, examples: 114 };
    const whole = await datasetByName("breast-cancer", { spec });
    const { bytes } = await namedTestSet("breast-cancer", { spec });
    const row = (inputs: Float32Array, at: number) => [...inputs.subarray(30 * at, 30 * (at + 1))].join();
    const tested = decodeTestSet(bytes, spec.model);
    const rows = new Set(Array.from({ length: 114 }, (_, i) => row(tested.inputs, i)));
    const shares = await Promise.all(
      [0, 1, 2].map((part) =>
        loadOwnExamples({
          dataset: "breast-cancer",
          spec: { ...spec, testSet },
          share: { partition: "iid", parts: 3, part },
        }),
      ),
    );
    expect(shares.reduce((sum, { samples }) => sum + samples, 0)).to.equal(569 - 114);
    for (const { inputs, samples } of shares) {
      for (let at = 0; at < samples; at++) expect(rows.has(row(inputs, at))).to.equal(false);
    }
    expect((await loadOwnExamples({ dataset: "breast-cancer", spec })).samples).to.equal(whole.samples);
  });

  it("is all of a file, and of one's own file nothing", async () => {
    const folder = await temporaryDirectory();
    const path = join(folder.path, "own.csv");
    const lines = ["a,b,y", "1,2,0.5", "3,4,1.5", "5,6,2.5"];
    await writeFile(path, `${lines.join("\n")}\n`);
    const { spec } = taskPreset("diabetes");
    const own = {
      ...spec,
      data: {},
      model: { kind: "linear-regression", inputs: 2, output: { kind: "numbers", count: 1 } },
    } as const;
    const { examples, bytes } = await namedTestSet(`csv:${path}`, { spec: own });
    expect(examples).to.equal(3);
    expect([...decodeTestSet(bytes, own.model).labels]).to.deep.equal([0.5, 1.5, 2.5]);
    const testSet = { contentId, examples: 3 };
    expect((await loadOwnExamples({ dataset: `csv:${path}`, spec: { ...own, testSet } })).samples).to.equal(3);
    await folder.remove();
  });
});
