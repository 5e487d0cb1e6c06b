import type { Bytes32 } from "../../../node/core/ids.ts";
import type { Trainer } from "../../../node/ports/trainer.ts";

/** A trainer that moves every parameter a part of the way to a target of its own, at once and reproducibly. */
export function createPullingTrainer(target: number, onTrained: () => void = () => undefined): Trainer {
  const lossOf = (parameters: Float32Array) =>
    parameters.reduce((sum, value) => sum + (value - target) ** 2, 0) / parameters.length;
  return {
    engine: "pulling",
    reproducible: true,
    samples: 20,
    dataFingerprint: `0x${"20".repeat(32)}` as Bytes32,
    async train({ parameters }) {
      onTrained();
      const moved = parameters.map((value) => value + 0.3 * (target - value));
      return { parameters: moved, samples: 20, loss: lossOf(moved) };
    },
    evaluate: async (parameters) => ({ samples: 5, metric: 1 / (1 + lossOf(parameters)), loss: lossOf(parameters) }),
    close: async () => undefined,
  };
}
