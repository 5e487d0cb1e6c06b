import { modeOf } from "../modes/mode-of.ts";
import type { TaskRules } from "../records.ts";

/** Bytes by which a sealed blob is longer than its plaintext: a tag of 16, a keyring's content id and its length. */
export const sealBytes = 16 + 32 + 4;

/**
 * Whether a task's updates and models are sealed to its members, by its specification's JSON; those of one that is none
 * are not.
 */
export function isSealed({ spec }: { readonly spec: string }): boolean {
  try {
    return (JSON.parse(spec) as { readonly blobs?: unknown } | null)?.blobs === "members";
  } catch {
    return false;
  }
}

/**
 * Number of lanes of a committed update: those of the model, or, in an encrypted task, its ciphertext's bytes taken as
 * lanes.
 */
export function updateLanesOf(rules: Pick<TaskRules, "mode" | "parameterCount">): number {
  return modeOf(rules).updateLanes(rules.parameterCount);
}

/** Length of a stored blob of so many lanes, bytes. */
export function blobLengthBytes(laneCount: number, sealed: boolean): number {
  return 4 * laneCount + (sealed ? sealBytes : 0);
}

/** Length of the stored blobs of a task's updates, bytes; its models' is the same unless the task is encrypted. */
export function updateBlobBytes(task: {
  readonly spec: string;
  readonly rules: Pick<TaskRules, "mode" | "parameterCount">;
}): number {
  return blobLengthBytes(updateLanesOf(task.rules), isSealed(task));
}
