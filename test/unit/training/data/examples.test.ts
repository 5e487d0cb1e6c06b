import { expect } from "chai";
import { parseTaskSpec } from "../../../../node/core/task/task-spec.ts";
import { datasetOf } from "../../../../node/training/index.ts";
import { expectCode } from "../../../support/expect-code.ts";

const task = {
  format: "fedledger/task/1",
  name: "machines",
  model: { kind: "logistic-regression", inputs: 2, output: { kind: "classes", count: 3 } },
  initialSeed: 1,
  training: { objective: "fedavg", epochs: 1, batchSize: 4, learningRate: 0.1 },
  data: { offset: [10, 0], scale: [0.5, 2] },
};
const spec = parseTaskSpec(task);

describe("examples in memory", () => {
  it("are scaled as the task declares, row by row", () => {
    const inputs = [[12, 1], Float32Array.of(8, -1)];
    const dataset = datasetOf(spec, { inputs, labels: [2, 0] });
    expect(dataset).to.deep.include({ samples: 2, inputShape: [2], labelWidth: 1, classCount: 3 });
    expect([...dataset.inputs]).to.deep.equal([1, 2, -1, -2]);
    expect([...dataset.labels]).to.deep.equal([2, 0]);
  });

  it("need no labels to be predicted from", () => {
    expect(datasetOf(spec, { inputs: [[12, 1]] })).to.deep.include({ samples: 1, labelWidth: 0 });
  });

  it("are refused where they do not fit: a short row, too few labels, no class, no number", async () => {
    await expectCode("LENGTH_MISMATCH", async () => datasetOf(spec, { inputs: [[1, 2], [1]], labels: [0, 0] }));
    await expectCode("LENGTH_MISMATCH", async () => datasetOf(spec, { inputs: [[1, 2]], labels: [] }));
    await expectCode("INVALID_DATA", async () => datasetOf(spec, { inputs: [[1, 2]], labels: [3] }));
    await expectCode("INVALID_DATA", async () => datasetOf(spec, { inputs: [[1, Number.NaN]], labels: [1] }));
  });

  it("are refused for a task that masks columns: what has no columns cannot be masked", async () => {
    const transforms = [{ kind: "top-code", columns: ["age"], most: 75 }];
    const masked = parseTaskSpec({ ...task, data: { ...task.data, columns: ["age", "sex"], transforms } });
    await expectCode("INVALID_DATA", async () => datasetOf(masked, { inputs: [[80, 1]], labels: [0] }));
  });
});
