import { isUnavailable } from "../audit/is-unavailable.ts";
import { createChunkTree, type LeafTree } from "../core/chunk-tree.ts";
import { hexEquals } from "../core/hex.ts";
import { bytesToLanes } from "../core/lanes.ts";
import type { ModelSource } from "./model-source.ts";
import type { ProposedRound } from "./proposed-round.ts";
import type { TaskLook } from "./task-look.ts";

/**
 * The tree of the proposed model's blob; undefined while it is not to be had, or when the content id names other bytes.
 */
export async function proposedTree(
  source: Pick<ModelSource, "model">,
  { round, proposal }: ProposedRound,
  look: TaskLook,
): Promise<LeafTree | undefined> {
  try {
    const bytes = await source.model({ round, proposal }, look);
    if (bytes.length !== 4 * look.view.rules.parameterCount) return undefined;
    const tree = createChunkTree(bytesToLanes(bytes));
    return hexEquals(tree.root, proposal.modelRoot) ? tree : undefined;
  } catch (error) {
    look.signal.throwIfAborted();
    if (!isUnavailable(error)) throw error;
    return undefined;
  }
}
