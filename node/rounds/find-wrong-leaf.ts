import { isUnavailable } from "../audit/is-unavailable.ts";
import { createChunkTree, type LeafTree } from "../core/chunk-tree.ts";
import { hexEquals } from "../core/hex.ts";
import { bytesToLanes } from "../core/lanes.ts";
import { differingNode, type PlacedNode } from "../core/tree-nodes.ts";
import type { ModelSource, TaskLook } from "./model-source.ts";
import type { ProposedRound } from "./proposed-round.ts";
import { nodesShown } from "./round-demands.ts";

/** Where a wrong model differs from the right one, as far as it is known. */
export type WrongLeaf =
  /** A leaf of a chunk, with its path: what a challenge needs. */
  | { readonly kind: "leaf"; readonly at: PlacedNode }
  /** Only leaves behind the last chunk differ, which no challenge proves. */
  | { readonly kind: "padding" }
  /** The model's bytes are not to be had, or are others than its root's; `next` is the node to demand what is below of. */
  | { readonly kind: "withheld"; readonly next: PlacedNode };

/**
 * The first leaf at which the proposed model's tree is not that of `right`, from the model's blob where it can be had, else from what
 * was shown on the chain. The roots must differ.
 */
export async function findWrongLeaf(
  { source, right }: { readonly source: Pick<ModelSource, "model">; readonly right: Int32Array },
  round: ProposedRound,
  look: TaskLook,
): Promise<WrongLeaf> {
  const tree = createChunkTree(right);
  const proposed = await proposedTree(source, round, look);
  if (proposed !== undefined) {
    for (let index = 0; index < tree.chunkCount; index++) {
      const node = proposed.leaf(index);
      if (!hexEquals(tree.leaf(index), node)) {
        return { kind: "leaf", at: { height: 0, index, node, path: proposed.proof(index) } };
      }
    }
    return { kind: "padding" };
  }
  const { modelRoot } = round.proposal;
  const at = differingNode(tree, modelRoot, nodesShown(round))!;
  // the top of a single chunk is at height 0, too, and known by the root until its leaf was shown
  if (at.height > 0 || hexEquals(at.node, modelRoot)) return { kind: "withheld", next: at };
  return at.index < tree.chunkCount ? { kind: "leaf", at } : { kind: "padding" };
}

/** The tree of the proposed model's blob; undefined while it is not to be had, or when the content id names other bytes. */
async function proposedTree(
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
