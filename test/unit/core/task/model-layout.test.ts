import { expect } from "chai";
import { modelLayout } from "../../../../node/core/task/model-layout.ts";
import type { ModelSpec } from "../../../../node/core/task/task-spec.ts";
import { expectCode } from "../../../support/expect-code.ts";

const classes = (count: number) => ({ kind: "classes", count }) as const;
const summary = (model: ModelSpec): string[] =>
  modelLayout(model).tensors.map(({ name, shape, fanIn, fanOut }) => `${name} ${shape.join("x")} ${fanIn} ${fanOut}`);

describe("model layout", () => {
  it("linear regression: one dense layer of numbers", () => {
    const model = { kind: "linear-regression", inputs: 10, output: { kind: "numbers", count: 1 } } as const;
    expect(summary(model)).to.deep.equal(["dense1/kernel 10x1 10 1", "dense1/bias 1 10 1"]);
    expect(modelLayout(model).parameterCount).to.equal(11);
  });

  it("logistic regression: classes give one unit each, binary gives one", () => {
    expect(modelLayout({ kind: "logistic-regression", inputs: 784, output: classes(10) }).parameterCount).to.equal(
      7850,
    );
    expect(summary({ kind: "logistic-regression", inputs: 30, output: { kind: "binary" } })).to.deep.equal([
      "dense1/kernel 30x1 30 1",
      "dense1/bias 1 30 1",
    ]);
  });

  it("MLP: layer by layer, kernel before bias", () => {
    const hidden = [200, 200];
    const model: ModelSpec = { kind: "mlp", inputs: 784, hidden, activation: "relu", output: classes(10) };
    expect(summary(model)).to.deep.equal([
      "dense1/kernel 784x200 784 200",
      "dense1/bias 200 784 200",
      "dense2/kernel 200x200 200 200",
      "dense2/bias 200 200 200",
      "dense3/kernel 200x10 200 10",
      "dense3/bias 10 200 10",
    ]);
    expect(modelLayout(model).parameterCount).to.equal(199_210);
    expect(modelLayout(model).tensors.map(({ role }) => role)).to.deep.equal(Array(3).fill(["kernel", "bias"]).flat());
  });

  it("CNN: every convolution is followed by a pooling that halves the image, rounding down", () => {
    const convolutions = [
      { filters: 32, kernel: 5 },
      { filters: 64, kernel: 5 },
    ];
    const image = { kind: "cnn", height: 28, width: 28, channels: 1 } as const;
    const model: ModelSpec = { ...image, convolutions, hidden: [512], output: classes(10) };
    expect(summary(model).filter((line) => line.includes("kernel"))).to.deep.equal([
      "conv1/kernel 5x5x1x32 25 800",
      "conv2/kernel 5x5x32x64 800 1600",
      "dense1/kernel 3136x512 3136 512",
      "dense2/kernel 512x10 512 10",
    ]);
    expect(modelLayout(model).parameterCount).to.equal(1_663_370);
    const odd: ModelSpec = { ...model, height: 9, width: 7, convolutions: [{ filters: 2, kernel: 3 }], hidden: [] };
    expect(summary(odd)[2]).to.equal("dense1/kernel 24x10 24 10");
  });

  it("refuses a CNN whose pooling leaves no pixel, and more than 2^30 parameters", async () => {
    const convolutions = Array(3).fill({ filters: 1, kernel: 1 });
    const cnn: ModelSpec = {
      kind: "cnn",
      height: 7,
      width: 100,
      channels: 1,
      convolutions,
      hidden: [],
      output: classes(2),
    };
    await expectCode("UNSUPPORTED_MODEL", () => modelLayout(cnn));
    expect(modelLayout({ ...cnn, height: 8 }).parameterCount).to.equal(3 * 2 + 12 * 2 + 2);
    const huge: ModelSpec = { kind: "logistic-regression", inputs: 1 << 20, output: classes(1025) };
    await expectCode("UNSUPPORTED_MODEL", () => modelLayout(huge));
  });
});
