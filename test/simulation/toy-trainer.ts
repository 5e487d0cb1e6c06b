import type { Trainer } from "../../node/ports/trainer.ts";
import type { VirtualClock } from "./virtual-clock.ts";

/** A trainer that pulls every parameter towards a target of its own: repeatable, and as slow as it is told. */
export function createToyTrainer(
  clock: VirtualClock,
  { target, samples, durationMs }: { target: number; samples: number; durationMs: number },
): Trainer {
  return {
    engine: "toy",
    reproducible: true,
    samples,
    async train({ parameters, seed, signal, onProgress }) {
      await clock.sleep(durationMs, signal ? { signal } : {});
      const noise = (seed % 1000) / 100_000;
      const trained = parameters.map((value, i) => value + 0.3 * (target - value) + noise * ((i % 7) - 3));
      onProgress?.({ epoch: 1, epochs: 1, loss: distance(trained, target) });
      return { parameters: trained, samples, loss: distance(trained, target) };
    },
    async evaluate(parameters, options) {
      await clock.sleep(5, options?.signal ? { signal: options.signal } : {});
      const loss = distance(parameters, target);
      return { samples, metric: 1 / (1 + loss), loss };
    },
    close: async () => undefined,
  };
}

function distance(parameters: Float32Array, target: number): number {
  return parameters.reduce((sum, value) => sum + (value - target) ** 2, 0) / parameters.length;
}
