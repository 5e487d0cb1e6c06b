import { expect } from "chai";
import { taskRules } from "../../../../node/api/tasks/task-rules.ts";
import { parseTaskSpec, type TaskSpec } from "../../../../node/core/task/task-spec.ts";
import { expectCode } from "../../../support/expect-code.ts";

const specOf = (hidden: readonly number[]) =>
  parseTaskSpec({
    format: "fedledger/task/1",
    name: "encrypted",
    model: { kind: "mlp", inputs: 64, hidden, activation: "relu", output: { kind: "classes", count: 10 } },
    initialSeed: 1,
    training: { objective: "fedavg", epochs: 1, batchSize: 8, learningRate: 0.1 },
    data: {},
  });

type Given = Parameters<typeof taskRules>[1];
const ruled = (spec: TaskSpec, given: Partial<Given>) => taskRules(spec, given as Given);

describe("the rules of an encrypted task", () => {
  it("fit the modulus of its sums, have a time for keys, and make a round of two updates at least", () => {
    for (const participants of [2, 5, 64]) {
      const rules = ruled(specOf([32]), { mode: "encrypted", participants });
      expect(rules.maxUpdates * rules.maxWeight * rules.clipLanes).to.be.lessThan(2 ** 29);
      expect(rules).to.include({ mode: "encrypted", rule: "weighted-mean", thresholdPercent: 0 });
      expect(rules.keyWindowS).to.be.at.least(1);
      expect(rules.minUpdates).to.be.at.least(2);
    }
  });

  it("are refused where they contradict the mode", async () => {
    const given = [
      { rule: "coordinate-median" },
      { threshold: 67 },
      { minUpdates: 1 },
      { maxWeight: 2 ** 20, fractionBits: 20 },
    ] as const;
    for (const values of given) {
      const error = await expectCode("INVALID_CONFIG", () => ruled(specOf([32]), { mode: "encrypted", ...values }));
      expect(error.message, JSON.stringify(values)).to.contain("encrypted");
    }
    const large = specOf([16_384, 16_384]);
    await expectCode("INVALID_CONFIG", () => ruled(large, { mode: "encrypted" }));
    ruled(large, { mode: "masked" });
  });
});
