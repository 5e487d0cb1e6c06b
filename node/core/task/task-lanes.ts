import { modelLayout } from "./model-layout.ts";
import type { TaskSpec } from "./task-spec.ts";

/** What of a specification says how many lanes its models and updates have. */
export type LanesSpec = Pick<TaskSpec, "model" | "privacy">;

/**
 * Lanes of a task's models and updates, `rules.parameterCount`: the model's parameters and, with adaptive clipping, one
 * lane behind them that carries the clip norm's logarithm (docs/protocol/specification.md). Throws UNSUPPORTED_MODEL.
 */
export function taskLaneCount(spec: LanesSpec): number {
  return modelLayout(spec.model).parameterCount + (hasClipLane(spec) ? 1 : 0);
}

/** Whether the last lane is no parameter of the model, but the state of the adaptive clip. */
export function hasClipLane({ privacy }: Pick<TaskSpec, "privacy">): boolean {
  return privacy?.unit === "participant" && privacy.adaptive !== undefined;
}

/** The lanes that are the model's parameters: a view on the same memory, for training, evaluation and export. */
export function modelPart(lanes: Int32Array, spec: LanesSpec): Int32Array {
  return lanes.subarray(0, modelLayout(spec.model).parameterCount);
}
