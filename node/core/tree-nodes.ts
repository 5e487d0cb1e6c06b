import { createChunkTree, type LeafTree, nodeAbove } from "./chunk-tree.ts";
import { FedledgerError } from "./error.ts";
import { hexEquals } from "./hex.ts";
import type { Bytes32 } from "./ids.ts";
import type { Demand } from "./records.ts";

/** Most levels that the contract shows at a time: 1024 nodes. */
const mostLevels = 10;

/** A node of a proposed model's tree, with what proves its place. */
export interface PlacedNode {
  /** Above the leaves; the depth of the tree for the top. */
  readonly height: number;
  /** From 0, of that height. */
  readonly index: number;
  /** Its hash; of the top, whose hash need not be known, the model's root. What a demand for the nodes below it names as `root`. */
  readonly node: Bytes32;
  /** Siblings from the node upward. */
  readonly path: readonly Bytes32[];
}

/** Nodes that were shown on the chain, from left to right, and the demand they answer; of a DemandView. */
export interface ShownNodes {
  readonly demand: Pick<Demand, "place" | "index" | "root">;
  readonly nodes: readonly Bytes32[];
}

/** Number of levels that a demand for a node of this height is answered with: 2 to its power nodes are shown. */
export function levelsShown(height: number): number {
  return Math.min(height, mostLevels);
}

/** The nodes that a demand for this node is answered with, from left to right: min(height, 10) levels below it. Throws INVALID_ARGUMENT outside the tree. */
export function nodesBelow(tree: LeafTree, height: number, index: number): Bytes32[] {
  tree.node(height, index);
  const levels = levelsShown(height);
  return Array.from({ length: 2 ** levels }, (_, i) => tree.node(height - levels, index * 2 ** levels + i));
}

/** {@link nodesBelow} of the tree of a model's lanes. Throws INVALID_ARGUMENT for no lanes, or outside the tree. */
export function nodesOfModel(lanes: Int32Array, height: number, index: number): Bytes32[] {
  return nodesBelow(createChunkTree(lanes), height, index);
}

/**
 * The first place, from the left, where a proposed model's tree differs from the right one, as far down as its nodes were shown:
 * at height 0 a leaf (`node`) and its path, all that a challenge needs of the proposed model; above, the next node to demand (the top at
 * first). Undefined where nothing differs: the roots are equal.
 *
 * A leaf at an index from right.chunkCount on is padding, which must be zero and is not: no chunk is wrong there.
 * `shown` may hold other demands and be in any order. Throws INVALID_ARGUMENT where shown nodes do not make the node that they were shown
 * for, which the contract does not let through.
 */
export function differingNode(
  right: LeafTree,
  modelRoot: Bytes32,
  shown: readonly ShownNodes[],
): PlacedNode | undefined {
  if (hexEquals(right.root, modelRoot)) return undefined;
  let at: PlacedNode = { height: right.depth, index: 0, node: modelRoot, path: [] };
  for (let isTop = true; isTop || at.height > 0; isTop = false) {
    const { height, index, node } = at;
    const answer = shown.find(
      ({ demand }) => demand.place === height && demand.index === index && hexEquals(demand.root, node),
    );
    if (answer === undefined) return at;
    at = below(right, at, answer.nodes);
  }
  return at;
}

/** The first of the nodes shown below a node that is not the right tree's. */
function below(right: LeafTree, { height, index, path }: PlacedNode, nodes: readonly Bytes32[]): PlacedNode {
  const expected = nodesBelow(right, height, index);
  const first = expected.findIndex((node, i) => !hexEquals(node, nodes[i] ?? "0x"));
  if (nodes.length !== expected.length || first < 0) {
    const wanted = `${expected.length} nodes that differ from the right ones`;
    throw new FedledgerError("INVALID_ARGUMENT", { name: "nodes", value: nodes.length, expected: wanted });
  }
  return {
    height: height - levelsShown(height),
    index: index * expected.length + first,
    node: nodes[first]!,
    path: [...siblingsIn(nodes, first), ...path],
  };
}

/** The siblings of a place of a row, up to the node above the whole row. */
function siblingsIn(nodes: readonly Bytes32[], place: number): Bytes32[] {
  const siblings: Bytes32[] = [];
  let row = nodes;
  for (let at = place; row.length > 1; at >>= 1) {
    siblings.push(row[at ^ 1]!);
    row = Array.from({ length: row.length / 2 }, (_, i) => nodeAbove(row[2 * i]!, row[2 * i + 1]!));
  }
  return siblings;
}
