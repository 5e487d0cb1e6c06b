import { weightedMean } from "../../../node/aggregation/index.ts";
import { decodeLanes, encodeUpdate } from "../../../node/core/bytes/fixed-point.ts";
import { initialLanes } from "../../../node/core/task/initial-model.ts";
import type { Trainer } from "../../../node/ports/trainer.ts";
import type { TaskPreset } from "../../../node/training/task-presets.ts";

/** What one round of {@link runFedAvg} brought. */
export interface FedAvgRound {
  readonly round: number;
  /** Weighted by the participants' held-out examples. */
  readonly metric: number;
  readonly loss: number;
  readonly clipped: number;
  /** Longest training of a participant. */
  readonly slowestMs: number;
}

/**
 * A federation in one process, without chain or network: the same arithmetic as the real one. Participant k is drawn in
 * a round where (k + round · drawn) modulo their number is less than the number to draw. Returns the rounds and the
 * last model.
 */
export async function runFedAvg(
  preset: Pick<TaskPreset, "spec" | "rules" | "participationBps">,
  trainers: readonly Trainer[],
  rounds: number,
  seed: number,
): Promise<{ rounds: FedAvgRound[]; lanes: Int32Array }> {
  const { fractionBits, serverRateQ16, maxWeight } = preset.rules;
  const drawn = Math.ceil((trainers.length * preset.participationBps) / 10_000);
  let lanes = initialLanes({ ...preset.spec, initialSeed: seed }, fractionBits);
  const results: FedAvgRound[] = [];
  for (let round = 1; round <= rounds; round++) {
    const parameters = decodeLanes(lanes, fractionBits);
    const updates = [];
    let clipped = 0;
    let slowestMs = 0;
    for (const [k, trainer] of trainers.entries()) {
      if ((k + round * drawn) % trainers.length >= drawn) continue;
      const startMs = performance.now();
      const trained = await trainer.train({ parameters, round, seed: (seed * 1_000_003 + round * 1009 + k) >>> 0 });
      slowestMs = Math.max(slowestMs, performance.now() - startMs);
      const update = encodeUpdate(trained.parameters, lanes, preset.rules);
      clipped += update.clipped;
      updates.push({ lanes: update.lanes, weight: Math.min(maxWeight, trained.samples) });
    }
    lanes = weightedMean({ base: lanes, updates, serverRateQ16 });
    const model = decodeLanes(lanes, fractionBits);
    let metric = 0;
    let loss = 0;
    let samples = 0;
    for (const trainer of trainers) {
      const result = await trainer.evaluate(model);
      metric += result.metric * result.samples;
      loss += result.loss * result.samples;
      samples += result.samples;
    }
    results.push({ round, metric: metric / samples, loss: loss / samples, clipped, slowestMs });
  }
  return { rounds: results, lanes };
}
