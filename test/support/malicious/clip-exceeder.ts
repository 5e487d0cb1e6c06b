import { chunkTreeRoot } from "../../../node/core/chunk-tree.ts";
import { foldTask } from "../../../node/core/fold-task.ts";
import { bytesToLanes, lanesToBytes } from "../../../node/core/lanes.ts";
import { type CorruptParticipant, liesIn } from "./lie.ts";

/** Commits to its update with one lane at twice the task's clip, stored under the content id that it commits to. */
export const exceedClip =
  (lane: number): CorruptParticipant =>
  (deps, lying) => {
    const { chain, store } = deps;
    let told = false;
    return {
      ...deps,
      chain: {
        ...chain,
        async send(call, options) {
          if (call.kind !== "commit" || !liesIn(lying, call.round)) return await chain.send(call, options);
          const { rules } = foldTask(await chain.history(call.taskId));
          const bytes = await store.get(call.contentId, { lengthBytes: 4 * rules.parameterCount });
          const lanes = bytesToLanes(bytes).slice();
          lanes[lane] = Math.min(2 * rules.clipLanes, 0x7fff_ffff);
          const contentId = await store.put(lanesToBytes(lanes));
          if (!told) {
            lying.onLie({
              round: call.round,
              told: `moves parameter ${lane} by ${lanes[lane] / 2 ** rules.fractionBits} where the task allows ${rules.clipLanes / 2 ** rules.fractionBits}, and commits to that`,
            });
          }
          told = true;
          return await chain.send({ ...call, contentId, updateRoot: chunkTreeRoot(lanes) }, options);
        },
      },
    };
  };
