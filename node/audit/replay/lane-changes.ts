import type { TaskRules } from "../../core/records.ts";

/** Greatest change of a lane between two models of the same length. */
export function greatestChange(a: Int32Array, b: Int32Array): number {
  let greatest = 0;
  for (let i = 0; i < a.length; i++) greatest = Math.max(greatest, Math.abs(b[i]! - a[i]!));
  return greatest;
}

/**
 * First lane that a model is further from its base than any updates within the clip can move it, −1 where there is
 * none: what can be checked of a decryption without the key.
 */
export function firstBeyondClip(
  base: Int32Array,
  model: Int32Array,
  { clipLanes, serverRateQ16 }: Pick<TaskRules, "clipLanes" | "serverRateQ16">,
): number {
  const most = Math.ceil((clipLanes * serverRateQ16) / 2 ** 16);
  return model.findIndex((lane, i) => Math.abs(lane - base[i]!) > most);
}

/**
 * The first lane beyond the clip (-1: none), and the bits of the magnitudes of all lanes that are not cut to the clip.
 */
export function scanLanes(lanes: Int32Array, clipLanes: number): { outside: number; informationBits: number } {
  let outside = -1;
  let informationBits = 0;
  for (let i = 0; i < lanes.length; i++) {
    const magnitude = Math.abs(lanes[i]!);
    if (magnitude > clipLanes && outside === -1) outside = i;
    if (magnitude < clipLanes) informationBits += 32 - Math.clz32(magnitude);
  }
  return { outside, informationBits };
}
