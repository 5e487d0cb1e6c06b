import { isUnavailable } from "../../audit/replay/is-unavailable.ts";
import { createChunkTree, type LeafTree } from "../../core/bytes/chunk-tree.ts";
import { hexEquals } from "../../core/bytes/hex.ts";
import { bytesToLanes } from "../../core/bytes/lanes.ts";
import type { ModelSource } from "./model-source.ts";
import type { ProposedRound } from "./proposed-round.ts";
import type { TaskLook } from "./task-look.ts";

/**
 * The tree of the proposed model: of its base's lanes, or of the model that a round started from, where the root is
 * theirs; else of its blob. Undefined while nothing of that is to be had, or when the content id names other bytes.
 */
export async function proposedTree(
  source: Pick<ModelSource, "model" | "baseOf">,
  { round, baseModelRoot, proposal }: ProposedRound,
  look: TaskLook,
  baseLanes: Int32Array,
): Promise<LeafTree | undefined> {
  if (hexEquals(proposal.modelRoot, baseModelRoot)) return createChunkTree(baseLanes);
  try {
    const old = look.view.rounds.find((one) => one.round < round && hexEquals(one.baseModelRoot, proposal.modelRoot));
    if (old !== undefined) return createChunkTree(await source.baseOf(old.round, look));
  } catch (error) {
    look.signal.throwIfAborted();
    if (!isUnavailable(error)) throw error;
  }
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
