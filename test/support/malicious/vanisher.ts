import { chunkTreeRoot } from "../../../node/core/chunk-tree.ts";
import { updateRootOf } from "../../../node/core/commitment.ts";
import { contentIdOf } from "../../../node/core/content-id.ts";
import { foldTask } from "../../../node/core/fold-task.ts";
import { bytesToLanes, lanesToBytes } from "../../../node/core/lanes.ts";
import { forgeCommitments } from "./commitment-forger.ts";

/** Commits to an update that it gives to nobody: root and content id are right, of bytes that no store has ever seen. */
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
