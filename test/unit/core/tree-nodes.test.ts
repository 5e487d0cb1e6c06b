import { expect } from "chai";
import fc from "fast-check";
import {
  createChunkTree,
  createLeafTree,
  type LeafTree,
  nodeAbove,
  rootOfLeaf,
} from "../../../node/core/chunk-tree.ts";
import { hexEquals } from "../../../node/core/hex.ts";
import type { Bytes32 } from "../../../node/core/ids.ts";
import {
  differingNode,
  nodesBelow,
  nodesOfModel,
  type PlacedNode,
  type ShownNodes,
} from "../../../node/core/tree-nodes.ts";
import { expectCode } from "../../support/expect-code.ts";

/** One lane, one chunk, two chunks, the most that ten levels hold, one more, and more than two demands deep. */
const sizes = [1, 64, 65, 65_536, 65_537, 1_000_000];
const lanesOf = (length: number): Int32Array => Int32Array.from({ length }, (_, i) => Math.imul(i + 1, 0x9e3779b1));
const trees = new Map(sizes.map((length) => [length, createChunkTree(lanesOf(length))]));

/** Climbs a path with no knowledge of how it was made. */
const climb = ({ index, node, path }: PlacedNode): Bytes32 =>
  path.reduce((at, sibling, i) => (((index >> i) & 1) === 0 ? nodeAbove(at, sibling) : nodeAbove(sibling, at)), node);

/** Demands node after node of a tree that answers everything, as a challenger would; returns what it came to. */
function search(right: LeafTree, secret: LeafTree): { found: PlacedNode | undefined; demands: number } {
  const shown: ShownNodes[] = [];
  for (;;) {
    const found = differingNode(right, secret.root, shown);
    const isAnswered = shown.some(({ demand }) => demand.place === 0);
    if (found === undefined || (found.height === 0 && (right.depth > 0 || isAnswered)))
      return { found, demands: shown.length };
    const { height, index, node } = found;
    const isTop = height === right.depth;
    expect(hexEquals(node, isTop ? secret.root : secret.node(height, index)), "the demand is in the tree").to.equal(
      true,
    );
    if (!isTop) expect(climb(found)).to.equal(secret.node(right.depth, 0));
    // newest first: the order must not matter
    shown.unshift({ demand: { place: height, index, root: node }, nodes: nodesBelow(secret, height, index) });
  }
}

describe("nodes of a chunk tree", () => {
  for (const length of sizes) {
    it(`${length} lanes: every level is made of the one below, up to the root`, () => {
      const tree = trees.get(length)!;
      const chunks = Math.ceil(length / 64);
      expect(2 ** tree.depth).to.be.at.least(chunks);
      expect(2 ** tree.depth).to.be.below(2 * chunks);
      expect(tree.leaf(chunks - 1)).to.equal(tree.node(0, chunks - 1));
      expect(rootOfLeaf(length, 0, tree.node(tree.depth, 0), [])).to.equal(tree.root);
      const place = fc
        .nat(tree.depth)
        .chain((height) => fc.tuple(fc.constant(height), fc.nat(2 ** (tree.depth - height) - 1)));
      fc.assert(
        fc.property(place, ([height, index]) => {
          const nodes = nodesBelow(tree, height, index);
          expect(nodes).to.have.length(2 ** Math.min(height, 10));
          let row = nodes;
          while (row.length > 1)
            row = Array.from({ length: row.length / 2 }, (_, i) => nodeAbove(row[2 * i]!, row[2 * i + 1]!));
          expect(row[0]).to.equal(tree.node(height, index));
        }),
        { numRuns: 20 },
      );
    });

    it(`${length} lanes: any wrong leaf is found, with the path that proves it`, () => {
      const right = trees.get(length)!;
      fc.assert(
        fc.property(
          fc.nat(right.chunkCount - 1),
          fc.array(fc.nat(right.chunkCount - 1), { maxLength: 3 }),
          (first, others) => {
            const wrong = new Set([first, ...others]);
            const leaves = Array.from({ length: right.chunkCount }, (_, i) =>
              wrong.has(i) ? (`0x${"ee".repeat(32)}` as Bytes32) : right.leaf(i),
            );
            const secret = createLeafTree(length, leaves);
            const { found, demands } = search(right, secret);
            const index = Math.min(...wrong);
            expect(found).to.include({ height: 0, index, node: leaves[index] });
            expect(found!.path).to.deep.equal(secret.proof(index));
            expect(rootOfLeaf(length, index, found!.node, found!.path)).to.equal(secret.root);
            expect(demands).to.equal(Math.max(1, Math.ceil(right.depth / 10)));
          },
        ),
        {
          numRuns: length > 65_537 ? 3 : 8,
          examples: [
            [0, []],
            [right.chunkCount - 1, []],
          ],
        },
      );
    });
  }

  it("nothing differs from the right tree, and the first demand is its top", () => {
    const right = trees.get(65_537)!;
    expect(differingNode(right, right.root, [])).to.equal(undefined);
    const other = `0x${"ab".repeat(32)}` as Bytes32;
    expect(differingNode(right, other, [])).to.deep.equal({ height: 11, index: 0, node: other, path: [] });
  });

  it("finds padding that is not zero, behind the last chunk", () => {
    const right = createChunkTree(lanesOf(64 * 5));
    const nodes = Array.from({ length: 8 }, (_, i) => (i === 6 ? right.leaf(0) : right.node(0, i)));
    const { root } = createLeafTree(64 * 8, nodes);
    const found = differingNode(right, root, [{ demand: { place: 3, index: 0, root }, nodes }]);
    expect(found).to.include({ height: 0, index: 6, node: right.leaf(0) });
    expect(found!.index).to.be.at.least(right.chunkCount);
  });

  it("takes no notice of answers to other demands", () => {
    const right = trees.get(65_537)!;
    const secret = createChunkTree(lanesOf(65_537).map((lane, i) => (i === 65_536 ? lane ^ 1 : lane)));
    const top: ShownNodes = { demand: { place: 11, index: 0, root: secret.root }, nodes: nodesBelow(secret, 11, 0) };
    const elsewhere: ShownNodes = {
      demand: { place: 1, index: 0, root: secret.node(1, 0) },
      nodes: nodesBelow(secret, 1, 0),
    };
    const next = { height: 1, index: 512, node: secret.node(1, 512) };
    expect(differingNode(right, secret.root, [elsewhere, top])).to.deep.include(next);
    expect(differingNode(right, secret.root, [{ ...top, demand: { ...top.demand, root: right.root } }])).to.include({
      height: 11,
    });
  });

  it("refuses places outside, and nodes that were not shown for what they are given for", async () => {
    const lanes = lanesOf(1000);
    for (const [height, index] of [
      [5, 0],
      [4, 1],
      [0, 16],
      [-1, 0],
      [0.5, 0],
      [0, -1],
    ] as const) {
      await expectCode("INVALID_ARGUMENT", () => nodesOfModel(lanes, height, index));
    }
    expect(nodesOfModel(lanes, 4, 0)).to.deep.equal(nodesBelow(createChunkTree(lanes), 4, 0));
    const right = createChunkTree(lanes);
    const other = `0x${"ab".repeat(32)}` as Bytes32;
    for (const nodes of [nodesBelow(right, 4, 0), nodesBelow(right, 3, 1)]) {
      await expectCode("INVALID_ARGUMENT", () =>
        differingNode(right, other, [{ demand: { place: 4, index: 0, root: other }, nodes }]),
      );
    }
  });
});
