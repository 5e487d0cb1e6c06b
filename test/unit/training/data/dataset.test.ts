import { expect } from "chai";
import fc from "fast-check";
import { holdOut, selectExamples } from "../../../../node/training/data/dataset.ts";
import { loadParticipantData } from "../../../../node/training/data/participant-data.ts";
import { taskPreset } from "../../../../node/training/task-presets.ts";
import { expectCode } from "../../../support/expect-code.ts";
import { smallModels } from "../../../support/states/small-tasks.ts";
import { randomDataset } from "../../../support/training/random-dataset.ts";

const model = smallModels[1]!;

describe("training/dataset", () => {
  it("selects rows with their labels", () => {
    const data = randomDataset(model, 5, 1);
    const chosen = selectExamples(data, [3, 0, 3]);
    expect(chosen.samples).to.equal(3);
    expect([...chosen.inputs]).to.deep.equal([3, 0, 3].flatMap((row) => [...data.inputs.slice(4 * row, 4 * row + 4)]));
    expect([...chosen.labels]).to.deep.equal([3, 0, 3].flatMap((row) => [...data.labels.slice(3 * row, 3 * row + 3)]));
  });

  it("refuses an index that is not there", async () => {
    const data = randomDataset(model, 5, 1);
    for (const index of [-1, 5, 0.5, Number.NaN])
      await expectCode("INVALID_ARGUMENT", () => selectExamples(data, [index]));
  });

  it("holds out a part: nothing lost, nothing twice, the same for the same seed", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 60 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        fc.integer({ min: 0, max: 0xffffffff }),
        (samples, fraction, seed) => {
          const data = randomDataset(model, samples, 1);
          for (let i = 0; i < samples; i++) data.inputs[4 * i] = i;
          const { train, heldOut } = holdOut(data, fraction, seed);
          expect(heldOut.samples).to.equal(Math.floor(samples * fraction));
          const rows = [train, heldOut].flatMap((part) => [...part.inputs.filter((_, i) => i % 4 === 0)]);
          expect(rows.sort((a, b) => a - b)).to.deep.equal(Array.from({ length: samples }, (_, i) => i));
          expect(holdOut(data, fraction, seed)).to.deep.equal({ train, heldOut });
        },
      ),
      { numRuns: 100 },
    );
  });

  it("refuses to hold out everything", async () => {
    for (const fraction of [1, -0.1, Number.NaN]) {
      await expectCode("INVALID_ARGUMENT", () => holdOut(randomDataset(model, 5, 1), fraction, 1));
    }
  });
});

describe("training/participant-data", () => {
  const { spec, partition } = taskPreset("breast-cancer");

  it("gives the participants of an experiment disjoint shares of all of it", async () => {
    const options = { dataset: "breast-cancer", spec, seed: 3, heldOutFraction: 0.25 };
    const shares = await Promise.all(
      [0, 1, 2, 3].map((part) => loadParticipantData({ ...options, share: { partition, parts: 4, part } })),
    );
    const rows = shares.flatMap(({ train, heldOut }) =>
      [train, heldOut].flatMap((data) =>
        Array.from({ length: data.samples }, (_, i) => data.inputs.slice(30 * i, 30 * i + 30).join()),
      ),
    );
    expect(rows).to.have.length(569);
    expect(new Set(rows).size).to.equal(569);
    for (const { train, heldOut } of shares) {
      expect(heldOut.samples).to.equal(Math.floor((train.samples + heldOut.samples) / 4));
    }
  });

  it("gives one without a share all of it", async () => {
    const { train, heldOut } = await loadParticipantData({ dataset: "breast-cancer", spec });
    expect([train.samples, heldOut.samples]).to.deep.equal([456, 113]);
  });

  it("refuses a part that is not there", async () => {
    await expectCode("INVALID_ARGUMENT", () =>
      loadParticipantData({ dataset: "breast-cancer", spec, share: { partition, parts: 3, part: 3 } }),
    );
  });
});
