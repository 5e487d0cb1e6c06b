import { chunkTreeRoot } from "../../../node/core/bytes/chunk-tree.ts";
import { bytesToLanes, lanesToBytes } from "../../../node/core/bytes/lanes.ts";
import { foldTask } from "../../../node/core/record/fold-task.ts";
import { updateRootOf } from "../../../node/core/words/commitment.ts";
import { forgeCommitments } from "./commitment-forger.ts";

/** Commits to its update with one lane at twice the task's clip, stored under the content id that it commits to. */
export const exceedClip = (lane: number) =>
  forgeCommitments(async ({ honest, deps, tell, commit }) => {
    const { chain, store } = deps;
    const { rules } = foldTask(await chain.history(honest.taskId));
    const bytes = await store.get(honest.contentId, { lengthBytes: 4 * rules.parameterCount });
    const lanes = bytesToLanes(bytes).slice();
    lanes[lane] = Math.min(2 * rules.clipLanes, 0x7fff_ffff);
    const contentId = await store.put(lanesToBytes(lanes));
    const scale = 2 ** rules.fractionBits;
    tell(
      `moves parameter ${lane} by ${lanes[lane] / scale} where the task allows ${rules.clipLanes / scale}, and commits to that`,
    );
    return await commit({ ...honest, contentId, updateRoot: updateRootOf(chain.account, chunkTreeRoot(lanes)) });
  });
