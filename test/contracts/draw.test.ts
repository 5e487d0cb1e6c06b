import { expect } from "chai";
import { drawnCount, slotOf } from "../../node/core/words/draw.ts";
import { createLibraryHarness, type LibraryHarness } from "./support/library-harness.ts";
import { readVectors } from "./support/vectors.ts";

interface DrawCase {
  readonly name: string;
  readonly seed: string;
  readonly minUpdates: number;
  readonly maxUpdates: number;
  readonly participationBps: number;
  readonly enrolled: number;
  readonly drawn: number;
  readonly slots: readonly number[];
}

describe("Draw (Solidity)", () => {
  let harness: LibraryHarness;

  before(async () => {
    ({ harness } = await createLibraryHarness());
  });

  for (const c of readVectors<DrawCase>("draw")) {
    it(`agrees with the vector: ${c.name}`, async () => {
      expect(await harness.drawSize(c.enrolled, c.minUpdates, c.maxUpdates, c.participationBps)).equals(
        BigInt(c.drawn),
      );
      expect(await harness.slots(c.seed, c.enrolled, c.drawn)).deep.equals(c.slots.map(BigInt));
    });
  }

  it("agrees with node/core for every size from 1 to 130, and is a permutation", async () => {
    let seed = 0x1234_5678_9abc_def0n;
    for (let enrolled = 1; enrolled <= 130; enrolled++) {
      seed = (seed * 6_364_136_223_846_793_005n + 1n) % (1n << 64n);
      const drawn = Math.min(enrolled, 1 + (enrolled % 7));
      const slots = ((await harness.slots(seed, enrolled, drawn)) as bigint[]).map(Number);
      expect(slots).deep.equals(Array.from({ length: enrolled }, (_, index) => slotOf(index, enrolled, drawn, seed)));
      expect(new Set(slots).size).equals(enrolled);
    }
  });

  it("agrees with node/core on the number to draw", async () => {
    for (const enrolled of [1, 2, 3, 9, 64, 65, 1000, 262_143]) {
      for (const participationBps of [1, 3333, 5000, 10_000]) {
        const rules = { minUpdates: 2, maxUpdates: 50, participationBps };
        const expected = BigInt(drawnCount(rules, enrolled));
        expect(await harness.drawSize(enrolled, 2, 50, participationBps)).equals(expected);
      }
    }
  });

  it("agrees with node/core in the largest task", async () => {
    const seed = (1n << 64n) - 1n;
    for (const index of [0, 1, 77_777, 262_142]) {
      const expected = BigInt(slotOf(index, 262_143, 64, seed));
      expect(await harness.slotOf(seed, index, 262_143, 64)).equals(expected);
    }
  });
});
