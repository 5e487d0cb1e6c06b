import { meanOfSum } from "../../../aggregation/index.ts";
import { contentIdOf } from "../../../core/bytes/content-id.ts";
import { lanesToBytes } from "../../../core/bytes/lanes.ts";
import type { TaskRules } from "../../../core/records.ts";
import { createCipherSum } from "../../../privacy/encrypted/cipher-sum.ts";
import type { RoundSum } from "./round-sum.ts";

/** Opens the sum of a round's ciphertexts: what who holds the group key can do. */
export type OpenSum = (sum: Uint8Array) => Promise<Int32Array>;

/**
 * Of ciphertexts, whose weights are in them: anybody adds them up, the model is known to who can open the sum. A sum
 * that had to be cut is no mean of anything: nobody attests to it. `finish` rejects as `open` does.
 */
export function createEncryptedSum(rules: TaskRules, open?: OpenSum): RoundSum {
  const cipherSum = createCipherSum(rules.parameterCount);
  let totalWeight = 0n;
  return {
    add(lanes, weight) {
      cipherSum.add(lanesToBytes(lanes));
      totalWeight += BigInt(weight);
    },
    async finish(base) {
      const bytes = cipherSum.finish();
      const sum = { bytes, contentId: await contentIdOf(bytes) };
      if (open === undefined || base === undefined) return { sum, cutLanes: 0, isAttestable: false };
      const opened = await open(bytes);
      const lanes = meanOfSum({ ...rules, base, sum: opened, totalWeight });
      const limit = Number(totalWeight) * rules.clipLanes;
      const cutLanes = opened.filter((lane) => Math.abs(lane) > limit).length;
      return { lanes, sum, cutLanes, isAttestable: cutLanes === 0 };
    },
    rightChunk: () => undefined,
  };
}
