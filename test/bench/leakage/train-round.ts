import { decodeLanes, encodeUpdate } from "../../../node/core/bytes/fixed-point.ts";
import type { TaskSpec } from "../../../node/core/task/task-spec.ts";
import { createTfjsTrainer, type Dataset } from "../../../node/training/index.ts";

/** Lanes of an experiment: 16 fraction bits, and a clip of 8. */
export const laneRules = { fractionBits: 16, clipLanes: 8 << 16 } as const;

/** One participant's update of a round. */
export interface LocalUpdate {
  /** Fixed-point change of every parameter. */
  readonly lanes: Int32Array;
  /** Number of its examples. */
  readonly weight: number;
}

/** Trains every participant once from the same model, as their nodes do. */
export async function trainRound(
  spec: TaskSpec,
  base: Int32Array,
  shares: readonly Dataset[],
  round: number,
): Promise<LocalUpdate[]> {
  const parameters = parametersOf(base);
  const updates: LocalUpdate[] = [];
  for (const [k, train] of shares.entries()) {
    const trainer = await createTfjsTrainer({ spec, train, heldOut: train });
    const trained = await trainer.train({ parameters, round, seed: round * 1009 + k });
    updates.push({ lanes: encodeUpdate(trained.parameters, base, laneRules).lanes, weight: train.samples });
  }
  return updates;
}

/** The mean change that updates give together, in parameters. */
export function meanChange(updates: readonly LocalUpdate[]): Float64Array {
  const total = updates.reduce((sum, { weight }) => sum + weight, 0);
  return Float64Array.from({ length: updates[0]!.lanes.length }, (_, lane) => {
    const sum = updates.reduce((all, { lanes, weight }) => all + weight * lanes[lane]!, 0);
    return sum / total / 2 ** laneRules.fractionBits;
  });
}

/** One update's change, in parameters. */
export function changeOf(lanes: Int32Array): Float64Array {
  return Float64Array.from(lanes, (lane) => lane / 2 ** laneRules.fractionBits);
}

/** A model's parameters. */
export function parametersOf(lanes: Int32Array): Float32Array {
  return decodeLanes(lanes, laneRules.fractionBits);
}

/** A model moved by a change. */
export function movedBy(base: Int32Array, change: Float64Array): Float32Array {
  return parametersOf(base).map((value, i) => value + change[i]!);
}
