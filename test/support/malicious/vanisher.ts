import { chunkTreeRoot } from "../../../node/core/bytes/chunk-tree.ts";
import { contentIdOf } from "../../../node/core/bytes/content-id.ts";
import { bytesToLanes, lanesToBytes } from "../../../node/core/bytes/lanes.ts";
import { foldTask } from "../../../node/core/record/fold-task.ts";
import { updateRootOf } from "../../../node/core/words/commitment.ts";
import { forgeCommitments } from "./commitment-forger.ts";

/**
 * Commits to an update that it gives to nobody: root and content id are right, of bytes that no store has ever seen.
 */
export const vanish = forgeCommitments(async ({ honest, deps, tell, commit }) => {
  const { chain, store } = deps;
  const { rules } = foldTask(await chain.history(honest.taskId));
  const lanes = bytesToLanes(await store.get(honest.contentId, { lengthBytes: 4 * rules.parameterCount })).map(
    (lane) => -lane,
  );
  tell("commits to an update, and gives its bytes to nobody");
  const contentId = await contentIdOf(lanesToBytes(lanes));
  return await commit({ ...honest, contentId, updateRoot: updateRootOf(chain.account, chunkTreeRoot(lanes)) });
});
