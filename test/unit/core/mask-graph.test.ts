import { expect } from "chai";
import fc from "fast-check";
import { isComplete, maskGraph, maskNeighbours, ringPlaces, shareThreshold } from "../../../node/core/mask-graph.ts";
import { expectCode } from "../../support/expect-code.ts";
import { vectors } from "../../support/vectors.ts";

const anyGraph = fc
  .tuple(fc.bigInt(0n, (1n << 72n) - 1n), fc.integer({ min: 1, max: 64 }), fc.integer({ min: 0, max: 33 }))
  .map(([seed, drawn, half]) => ({ seed, drawn, neighbours: 2 * half }));

describe("mask graph", () => {
  it("agrees with the vectors", () => {
    const cases = vectors<{ kind: string; seed: string; drawn: number; neighbours: number; lists: number[][] }>(
      "masking",
    );
    const graphs = cases.filter(({ kind }) => kind === "graph");
    expect(graphs).to.have.length.above(10);
    for (const { seed, drawn, neighbours, lists } of graphs) {
      const graph = { seed: BigInt(seed), drawn, neighbours };
      expect(maskGraph(graph)).to.deep.equal(lists);
      expect(maskNeighbours(drawn - 1, graph)).to.deep.equal(lists[drawn - 1]);
    }
  });

  it("is symmetric and regular, and nobody is its own neighbour", () => {
    fc.assert(
      fc.property(anyGraph, (graph) => {
        const { drawn, neighbours } = graph;
        const degree = isComplete(graph) ? drawn - 1 : neighbours;
        const lists = maskGraph(graph);
        for (const [slot, list] of lists.entries()) {
          expect(list).to.have.length(degree);
          expect(list).to.deep.equal([...list].sort((a, b) => a - b));
          expect(list).not.to.include(slot);
          expect(list.every((other) => lists[other]!.includes(slot))).to.equal(true);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("is one ring of all, in an order that follows from the seed", () => {
    const graph = { seed: 7n, drawn: 33, neighbours: 2 };
    expect([...ringPlaces(graph)].sort((a, b) => a - b)).to.deep.equal(Array.from({ length: 33 }, (_, i) => i));
    expect(ringPlaces({ ...graph, seed: 8n })).not.to.deep.equal(ringPlaces(graph));
    const seen = new Set([0]);
    const lists = maskGraph(graph);
    for (let reach = [0]; reach.length > 0; ) {
      reach = reach.flatMap((slot) => lists[slot]!).filter((slot) => !seen.has(slot));
      for (const slot of reach) seen.add(slot);
    }
    expect(seen.size).to.equal(33);
  });

  it("refuses what is outside its ranges", async () => {
    const graph = { seed: 1n, drawn: 5, neighbours: 2 };
    for (const change of [
      { seed: 1n << 72n },
      { seed: -1n },
      { drawn: 0 },
      { drawn: 257 },
      { neighbours: 3 },
      { neighbours: -2 },
    ]) {
      await expectCode("INVALID_ARGUMENT", () => maskNeighbours(0, { ...graph, ...change }));
    }
    for (const slot of [5, -1, 0.5]) await expectCode("INVALID_ARGUMENT", () => maskNeighbours(slot, graph));
  });
});

describe("share threshold", () => {
  it("agrees with the vectors", () => {
    type Case = { kind: string; neighbourCount: number; thresholdPercent: number; expected: number };
    for (const { neighbourCount, thresholdPercent, expected } of vectors<Case>("masking").filter(
      (c) => c.kind === "threshold",
    )) {
      expect(shareThreshold(neighbourCount, thresholdPercent)).to.equal(expected);
    }
  });

  it("is more than half of them: no two disjoint groups reach it", () => {
    for (let count = 2; count <= 255; count++) {
      for (const percent of [51, 67, 100]) expect(2 * shareThreshold(count, percent)).to.be.above(count);
    }
  });

  it("refuses too few neighbours and thresholds of half or less", async () => {
    for (const [count, percent] of [
      [1, 67],
      [256, 67],
      [2.5, 67],
      [9, 50],
      [9, 101],
      [9, 66.6],
    ] as const) {
      await expectCode("INVALID_ARGUMENT", () => shareThreshold(count, percent));
    }
  });
});
