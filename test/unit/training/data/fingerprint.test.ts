import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect } from "chai";
import { parseTaskSpec, type TaskSpec } from "../../../../node/core/task/task-spec.ts";
import { datasetOf } from "../../../../node/training/data/examples.ts";
import { dataFingerprint } from "../../../../node/training/data/fingerprint.ts";
import { loadParticipantData } from "../../../../node/training/data/participant-data.ts";
import { createTfjsTrainer, taskPreset } from "../../../../node/training/index.ts";
import { temporaryDirectory } from "../../../support/temporary-directory.ts";

const { spec: preset } = taskPreset("breast-cancer");
const specOf = (inputs: number, data: TaskSpec["data"]): TaskSpec =>
  parseTaskSpec({ ...preset, model: { kind: "logistic-regression", inputs, output: { kind: "binary" } }, data });
const spec = specOf(2, { columns: ["age", "dose"], label: "ill" });
const header = ["age", "dose", "ill", "ward"];
const rows = Array.from({ length: 30 }, (_, at) => [`${20 + at}`, `${at / 4}`, `${at % 2}`, `w${at % 3}`]);
const text = (names: readonly string[], of: readonly (readonly string[])[]) =>
  [names, ...of].map((row) => `${row.join(",")}\n`).join("");

describe("training/fingerprint", () => {
  let folder: Awaited<ReturnType<typeof temporaryDirectory>>;
  let files = 0;

  before(async () => {
    folder = await temporaryDirectory();
  });
  after(() => folder.remove());

  async function fingerprint(
    content: string | Uint8Array,
    more: Partial<Parameters<typeof loadParticipantData>[0]> = {},
  ) {
    const path = join(folder.path, `table-${files++}.csv${typeof content === "string" ? "" : ".gz"}`);
    await writeFile(path, content);
    const { train, heldOut } = await loadParticipantData({ spec, dataset: `csv:${path}`, ...more });
    return dataFingerprint(train, heldOut);
  }

  it("stays under another name, order of rows and columns, compression, seed and held-out share", async () => {
    const whole = text(header, rows);
    const expected = await fingerprint(whole);
    const backwards = (row: readonly string[]) => [...row].reverse();
    for (const same of [whole, text(header, [...rows].reverse()), text(backwards(header), rows.map(backwards))]) {
      expect(await fingerprint(same)).to.equal(expected);
      expect(await fingerprint(gzipSync(same))).to.equal(expected);
    }
    expect(await fingerprint(whole, { seed: 9, heldOutFraction: 0.5 })).to.equal(expected);
    expect(await fingerprint(whole, { heldOutFraction: 0 })).to.equal(expected);
  });

  it("stays whatever a task makes of the rows: another label, other inputs, scales and masks", async () => {
    const expected = await fingerprint(text(header, rows));
    for (const other of [
      specOf(1, { columns: ["dose"], label: "ill", scale: 0.1 }),
      specOf(2, { columns: ["ill", "age"], label: "ward", classes: ["w0", "w1"] }),
      specOf(2, {
        columns: ["age", "dose"],
        label: "ill",
        transforms: [{ kind: "erase", columns: ["ward"] }],
      }),
    ]) {
      const content = other.data.classes ? rows.filter((row) => row[3] !== "w2") : rows;
      const same = other.data.classes ? await fingerprint(text(header, content)) : expected;
      expect(await fingerprint(text(header, content), { spec: other })).to.equal(same);
    }
  });

  it("is another one for another row, cell, spelling or column's name, and for a part", async () => {
    const whole = text(header, rows);
    const changed = rows.map((row, at) => (at === 4 ? ["24.0", ...row.slice(1)] : row));
    const all = await Promise.all([
      ...[whole, text(header, rows.slice(1)), text(header, [...rows, rows[0]!]), text(header, changed)].map((each) =>
        fingerprint(each),
      ),
      fingerprint(text(["age", "dose", "ill", "room"], rows)),
      fingerprint(whole, { share: { partition: "iid", parts: 2, part: 0 } }),
      fingerprint(whole, { share: { partition: "iid", parts: 2, part: 1 } }),
    ]);
    expect(new Set(all).size).to.equal(all.length);
  });

  it("is that of the numbers given where examples are in memory, and a trainer tells it", async () => {
    const inputs = [...rows.keys()].map((at) => [at, at / 7]);
    const labels = [...rows.keys()].map((at) => at % 2);
    const data = datasetOf(spec, { inputs, labels });
    const scaled = datasetOf(specOf(2, { scale: 3 }), { inputs: [...inputs].reverse(), labels: [...labels].reverse() });
    expect(dataFingerprint(scaled)).to.equal(dataFingerprint(data));
    const other = datasetOf(spec, { inputs, labels: labels.map((label) => 1 - label) });
    expect(dataFingerprint(other)).to.not.equal(dataFingerprint(data));
    const trainer = await createTfjsTrainer({ spec, train: data, heldOut: other, backend: "cpu" });
    expect(trainer.dataFingerprint).to.equal(dataFingerprint(other, data));
    await trainer.close();
  });
});
