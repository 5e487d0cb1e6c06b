import { expect } from "chai";
import fc from "fast-check";
import type { Dataset } from "../../../../node/training/data/dataset.ts";
import {
  formatPartition,
  type Partition,
  parsePartition,
  partitionIndices,
} from "../../../../node/training/data/partition.ts";
import { expectCode } from "../../../support/expect-code.ts";

/** `samples` examples of `classes` classes in turn; with 0 classes the labels are numbers. */
function labelled(samples: number, classes: number): Dataset {
  return {
    inputs: new Float32Array(samples),
    labels: Float32Array.from({ length: samples }, (_, i) => (classes > 0 ? i % classes : Math.sin(i) * 100)),
    samples,
    inputShape: [1],
    labelWidth: 1,
    classCount: classes,
    source: "labelled",
  };
}

const anyPartition: fc.Arbitrary<Partition> = fc.oneof(
  fc.constant({ kind: "iid" } as const),
  fc.double({ min: 0.001, max: 100, noNaN: true }).map((alpha) => ({ kind: "dirichlet", alpha }) as const),
  fc.double({ min: 0.001, max: 100, noNaN: true }).map((alpha) => ({ kind: "quantity", alpha }) as const),
  fc.integer({ min: 1, max: 12 }).map((classesPerPart) => ({ kind: "label", classesPerPart }) as const),
);

describe("training/partition", () => {
  it("gives every example to exactly one part, and every part enough, for any division", () => {
    fc.assert(
      fc.property(
        anyPartition,
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 0, max: 10 }),
        fc.integer({ min: 0, max: 300 }),
        fc.integer({ min: 0, max: 0xffffffff }),
        (partition, parts, classes, extra, seed) => {
          const data = labelled(parts * 3 + extra, classes);
          const divided = partitionIndices(data, partition, parts, seed, { minSize: 3 });
          expect(divided).to.have.length(parts);
          for (const part of divided) {
            expect(part.length).to.be.at.least(3);
            expect(part).to.deep.equal([...part].sort((a, b) => a - b));
          }
          const all = divided.flat().sort((a, b) => a - b);
          expect(all).to.deep.equal(Array.from({ length: data.samples }, (_, i) => i));
        },
      ),
      { numRuns: 300 },
    );
  });

  it("is the same for the same seed and another for another", () => {
    const data = labelled(500, 10);
    for (const text of ["iid", "dirichlet:0.5", "label:2", "quantity:0.5"]) {
      const divide = (seed: number) => partitionIndices(data, parsePartition(text), 5, seed);
      expect(divide(1), text).to.deep.equal(divide(1));
      expect(divide(1), text).not.to.deep.equal(divide(2));
    }
  });

  it("divides evenly for iid, to within one example", () => {
    const sizes = partitionIndices(labelled(503, 10), { kind: "iid" }, 5, 1).map((part) => part.length);
    expect(sizes).to.deep.equal([101, 101, 101, 100, 100]);
  });

  it("gives a participant few classes for label:2", () => {
    const data = labelled(1000, 10);
    for (const part of partitionIndices(data, { kind: "label", classesPerPart: 2 }, 10, 4)) {
      // A shard of 50 examples lies in one class or at the border of two.
      expect(new Set(part.map((i) => data.labels[i])).size).to.be.at.most(4);
    }
  });

  it("follows Dirichlet's variance: alpha (alpha + 1) moments of the shares", () => {
    // A share of n parts has mean 1/n and variance (1/n)(1 - 1/n) / (n·alpha + 1).
    for (const alpha of [0.5, 5]) {
      const squares: number[] = [];
      for (let seed = 0; seed < 400; seed++) {
        for (const part of partitionIndices(labelled(1000, 0), { kind: "quantity", alpha }, 4, seed, { minSize: 1 })) {
          squares.push((part.length / 1000 - 1 / 4) ** 2);
        }
      }
      const variance = squares.reduce((a, b) => a + b, 0) / squares.length;
      const expected = ((1 / 4) * (3 / 4)) / (4 * alpha + 1);
      expect(variance / expected, `alpha ${alpha}`).to.be.within(0.85, 1.15);
    }
  });

  it("is more uneven for a smaller alpha, in classes and in sizes", () => {
    const data = labelled(2000, 10);
    const spread = (text: string): number => {
      const parts = partitionIndices(data, parsePartition(text), 5, 3);
      let sum = 0;
      for (const part of parts)
        for (let k = 0; k < 10; k++) sum += (part.filter((i) => data.labels[i] === k).length - 40) ** 2;
      return sum;
    };
    expect(spread("dirichlet:0.1")).to.be.greaterThan(2 * spread("dirichlet:1"));
    expect(spread("dirichlet:1")).to.be.greaterThan(2 * spread("dirichlet:100"));
    expect(spread("quantity:0.1")).to.be.greaterThan(2 * spread("quantity:100"));
  });

  it("takes tenths of the label's order for classes where labels are numbers", () => {
    const data = labelled(1000, 0);
    const spans = partitionIndices(data, { kind: "label", classesPerPart: 1 }, 10, 2).map((part) => {
      const labels = part.map((i) => data.labels[i]!);
      return Math.max(...labels) - Math.min(...labels);
    });
    for (const span of spans) expect(span).to.be.lessThan(60);
  });

  it("reads and writes its text form", async () => {
    for (const text of ["iid", "dirichlet:0.5", "label:2", "quantity:1.5"]) {
      expect(formatPartition(parsePartition(text))).to.equal(text);
    }
    const wrong = [
      "",
      "iid:1",
      "dirichlet",
      "dirichlet:",
      "dirichlet:0",
      "dirichlet:x",
      "dirichlet:Infinity",
      "label:1.5",
      "label:0",
      "label:2:3",
      "x",
    ];
    for (const text of wrong) await expectCode("INVALID_CONFIG", () => parsePartition(text));
  });

  it("refuses fewer examples than the parts need", async () => {
    await expectCode("TOO_LITTLE_DATA", () => partitionIndices(labelled(9, 2), { kind: "iid" }, 10, 1));
    await expectCode("TOO_LITTLE_DATA", () =>
      partitionIndices(labelled(99, 2), { kind: "iid" }, 5, 1, { minSize: 20 }),
    );
    await expectCode("INVALID_ARGUMENT", () => partitionIndices(labelled(9, 2), { kind: "iid" }, 0, 1));
    expect(partitionIndices(labelled(10, 2), { kind: "iid" }, 10, 1).every((part) => part.length === 1)).to.equal(true);
  });
});
