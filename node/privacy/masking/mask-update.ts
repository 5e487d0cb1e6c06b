import { itemAt } from "../../core/bytes/items.ts";
import { inSteps } from "../in-steps.ts";
import type { MaskSecrets } from "./mask-keys.ts";
import { addMasks, maskBlockLanes, prepareMasks } from "./mask-stream.ts";
import { type KeyedRound, updateMasks } from "./round-masks.ts";

/**
 * The masked update `y = w·q + masks` modulo 2^32 (docs/protocol/masks.md): lanes in no way to be told from random ones
 * as long as one other keeps its secrets. To be made once for these secrets: see {@link answerUnmasking} and the
 * journal's records.
 *
 * @param lanes the update q; not modified
 * @param weight 1 to the task's maxWeight
 * Rejects with MASK_KEY_INVALID, and the signal's reason.
 */
export async function maskUpdate(
  {
    lanes,
    weight,
    slot,
    secrets,
    round,
  }: {
    readonly lanes: Int32Array;
    readonly weight: number;
    readonly slot: number;
    readonly secrets: Pick<MaskSecrets, "seed" | "secretKey">;
    readonly round: KeyedRound;
  },
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<Int32Array> {
  const masks = prepareMasks(updateMasks(round, slot, secrets));
  const masked = new Int32Array(lanes.length);
  await inSteps(maskBlocks(), options.signal);
  return masked;

  function* maskBlocks(): Generator<number> {
    for (let start = 0; start < lanes.length; start += maskBlockLanes) {
      const block = masked.subarray(start, start + maskBlockLanes);
      for (let i = 0; i < block.length; i++) block[i] = Math.imul(weight, itemAt(lanes, start + i));
      addMasks(block, masks, start);
      yield block.length * masks.length;
    }
  }
}
