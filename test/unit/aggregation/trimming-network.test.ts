import { expect } from "chai";
import { trimmingNetwork } from "../../../node/aggregation/trimming-network.ts";

/**
 * Runs the network on a column; what a one-sided comparator does not keep is spoilt, so that a wrong use would show.
 */
function through(count: number, trim: number, column: readonly number[]): number[] {
  const places = [...column];
  for (const { low, high, keeps } of trimmingNetwork(count, trim)) {
    const [a, b] = [places[low]!, places[high]!];
    places[low] = keeps === "high" ? Number.NaN : Math.min(a, b);
    places[high] = keeps === "low" ? Number.NaN : Math.max(a, b);
  }
  return places.slice(trim, count - trim);
}

describe("trimming network", () => {
  it("keeps the right values of every column of zeros and ones, and therefore of every column", function () {
    this.timeout(20_000);
    for (let count = 1; count <= 12; count++) {
      for (let trim = 0; 2 * trim < count; trim++) {
        for (let bits = 0; bits < 2 ** count; bits++) {
          const column = Array.from({ length: count }, (_, i) => (bits >> i) & 1);
          const expected = column.toSorted((a, b) => a - b).slice(trim, count - trim);
          const kept = through(count, trim, column);
          if (kept.toSorted((a, b) => a - b).join() !== expected.join()) {
            expect.fail(`${count} values, trim ${trim}: ${column} keeps ${kept}`);
          }
        }
      }
    }
  });

  it("needs nothing where nothing is dropped, and less than a sort otherwise", () => {
    expect(trimmingNetwork(1, 0)).to.deep.equal([]);
    expect(trimmingNetwork(64, 0)).to.deep.equal([]);
    expect(trimmingNetwork(32, 15)).to.have.length(156); // Batcher's sort of 32 has 191
    expect(trimmingNetwork(64, 31)).to.have.length(444); // of 64: 543
    expect(trimmingNetwork(3, 1)).to.deep.equal([
      { low: 0, high: 2, keeps: "both" },
      { low: 0, high: 1, keeps: "high" },
      { low: 1, high: 2, keeps: "low" },
    ]);
  });
});
