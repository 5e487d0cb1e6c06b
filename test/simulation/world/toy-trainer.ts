import type { Bytes32 } from "../../../node/core/ids.ts";
import type { Trainer } from "../../../node/ports/trainer.ts";
import type { SeededRandom } from "./seeded-random.ts";
import type { VirtualClock } from "./virtual-clock.ts";

/**
 * A trainer that pulls every parameter towards a target of its own, as slow as it is told. Like training on a GPU it
 * gives another result each time, so that only the journal keeps a restarted participant from a second answer.
 */
export function createToyTrainer(
  clock: VirtualClock,
  random: SeededRandom,
  { target, samples, durationMs }: { target: number; samples: number; durationMs: number },
): Trainer {
  return {
    engine: "toy",
    reproducible: false,
    samples,
    dataFingerprint: `0x${target.toString(16).replace(".", "").padStart(64, "0")}` as Bytes32,
    async train({ parameters, seed, signal, onProgress }) {
      await clock.sleep(durationMs, signal ? { signal } : {});
      const noise = (seed % 1000) / 100_000 + random.next() / 100;
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
