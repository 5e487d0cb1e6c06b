import { expect } from "chai";
import { chunkTreeRoot, createChunkTree, createLeafTree } from "../../../node/core/chunk-tree.ts";
import { FedledgerError } from "../../../node/core/error.ts";
import type { Bytes32 } from "../../../node/core/ids.ts";
import { lanesToBytes } from "../../../node/core/lanes.ts";
import type { DemandView } from "../../../node/core/task-view.ts";
import { nodesBelow } from "../../../node/core/tree-nodes.ts";
import { findWrongLeaf } from "../../../node/rounds/find-wrong-leaf.ts";
import type { ModelOf } from "../../../node/rounds/model-source.ts";
import { demandAgainst } from "../../support/demands.ts";
import { accounts, rules as fewRules, hashOf, members, proposedRound, viewOf } from "../../support/round-states.ts";

const signal = new AbortController().signal;

/** Looks for the wrong leaf of a proposal of this root, with what was shown, and with the blob or without. */
function search(
  right: Int32Array,
  modelRoot: Bytes32,
  options: { readonly blob?: Int32Array; readonly shown?: readonly Partial<DemandView>[] } = {},
) {
  const proposed = proposedRound();
  const round = { ...proposed, proposal: { ...proposed.proposal, modelRoot } };
  const demands = (options.shown ?? []).map((view) =>
    demandAgainst(round, accounts.a, { open: false, ...view } as Parameters<typeof demandAgainst>[2]),
  );
  const view = viewOf([round], { rules: { ...fewRules, parameterCount: right.length } });
  const source = {
    model: async ({ proposal: { contentId } }: ModelOf) => {
      if (options.blob === undefined) throw new FedledgerError("BLOB_NOT_FOUND", { contentId, providers: 0 });
      return lanesToBytes(options.blob);
    },
  };
  return findWrongLeaf({ source, right }, { ...round, demands }, { view, members, signal });
}

const right = Int32Array.from({ length: 64 * 4 + 1 }, (_, i) => i);
const wrong = right.with(70, 0);

describe("findWrongLeaf", () => {
  it("finds it in the blob, where that is there", async () => {
    const at = { height: 0, index: 1, node: createChunkTree(wrong).leaf(1), path: createChunkTree(wrong).proof(1) };
    expect(await search(right, chunkTreeRoot(wrong), { blob: wrong })).to.deep.equal({ kind: "leaf", at });
    const shown = [{ demand: { place: 3 }, shown: { nodes: nodesBelow(createChunkTree(wrong), 3, 0) } }];
    expect(await search(right, chunkTreeRoot(wrong), { shown: shown as never })).to.deep.equal({ kind: "leaf", at });
  });

  it("names the top to demand, where the bytes are others or none", async () => {
    const root = chunkTreeRoot(wrong);
    const withheld = { kind: "withheld", next: { height: 3, index: 0, node: root, path: [] } };
    expect(await search(right, root)).to.deep.equal(withheld);
    expect(await search(right, root, { blob: right })).to.deep.equal(withheld);
    expect(await search(right, root, { blob: right.slice(1) })).to.deep.equal(withheld);
  });

  it("tells the only leaf of a small model from its top", async () => {
    const small = Int32Array.of(1, 2, 3);
    const other = Int32Array.of(1, 2, 4);
    const root = chunkTreeRoot(other);
    const next = { height: 0, index: 0, node: root, path: [] };
    expect(await search(small, root)).to.deep.equal({ kind: "withheld", next });
    const leaf = createChunkTree(other).leaf(0);
    const shown = [{ demand: { place: 0 }, shown: { nodes: [leaf] } }];
    const at = { height: 0, index: 0, node: leaf, path: [] };
    expect(await search(small, root, { shown: shown as never })).to.deep.equal({ kind: "leaf", at });
  });

  it("says that only padding is wrong, of which there is no proof", async () => {
    // a vector of eight chunks whose first five are the right ones stands for a tree with false padding
    const leaves = Array.from({ length: 8 }, (_, i) => (i < 5 ? createChunkTree(right).leaf(i) : hashOf(i)));
    const padded = createLeafTree(64 * 8, leaves);
    const shown = [{ demand: { place: 3, root: hashOf(60) }, shown: { nodes: nodesBelow(padded, 3, 0) } }];
    expect(await search(right, hashOf(60), { shown: shown as never })).to.deep.equal({ kind: "padding" });
  });
});
