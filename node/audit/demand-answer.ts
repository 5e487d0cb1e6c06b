import { createChunkTree } from "../core/chunk-tree.ts";
import { updateRootOf } from "../core/commitment.ts";
import { hexEquals } from "../core/hex.ts";
import type { Address, Bytes32 } from "../core/ids.ts";
import type { Demand, ProvenChunk } from "../core/records.ts";
import { nodesBelow } from "../core/tree-nodes.ts";
import type { DemandCall } from "../ports/chain.ts";

/** A call that shows what was demanded. */
export type AnswerCall = Extract<DemandCall, { kind: "answerChunk" | "answerNodes" }>;

/**
 * What answers a demand: the demanded chunk of an update, of which `lanes` are to be those of `participant`, or the demanded nodes of
 * the proposed model's tree, of which `lanes` are to be the model. Undefined where the contract would not take it: these are
 * not the lanes behind the demanded root, the place is not in their tree, or an update has no participant.
 */
export function demandAnswer(demand: Demand, lanes: Int32Array, participant?: Address): AnswerCall | undefined {
  const tree = createChunkTree(lanes);
  if (demand.kind === "update-chunk") {
    if (demand.index >= tree.chunkCount || participant === undefined) return undefined;
    if (!hexEquals(updateRootOf(participant, tree.root), demand.root)) return undefined;
    const shown: ProvenChunk = { chunk: tree.chunk(demand.index), proof: tree.proof(demand.index) };
    return { kind: "answerChunk", demand, participant, shown };
  }
  const { place: height, index } = demand;
  if (height > tree.depth || index >= 2 ** (tree.depth - height)) return undefined;
  const root: Bytes32 = height === tree.depth ? tree.root : tree.node(height, index);
  return hexEquals(root, demand.root)
    ? { kind: "answerNodes", demand, nodes: nodesBelow(tree, height, index) }
    : undefined;
}
