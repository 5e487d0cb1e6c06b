import { expect } from "chai";
import { weightedMean } from "../../node/aggregation/weighted-mean.ts";
import { concatBytes, fromHex, toHex } from "../../node/core/bytes/hex.ts";
import { lanesToBytes } from "../../node/core/bytes/lanes.ts";
import { createLibraryHarness, type LibraryHarness } from "./support/library-harness.ts";
import { compareBatches, createCaseNumbers, createRuleBatches, uint32Bytes } from "./support/rule-batches.ts";
import { createSeededNumbers } from "./support/seeded-numbers.ts";
import { readVectors } from "./support/vectors.ts";

interface MeanCase {
  readonly name: string;
  readonly serverRateQ16: number;
  readonly base: string;
  readonly weights: readonly number[];
  readonly updates: readonly string[];
  readonly expected: string;
}

/** Number of random cases, each a whole chunk; CI sets more. */
const fuzzCases = Number(process.env.FUZZ_CASES ?? 400);

describe("WeightedMean (Solidity)", () => {
  let harness: LibraryHarness;

  before(async () => {
    ({ harness } = await createLibraryHarness());
  });

  for (const c of readVectors<MeanCase>("weighted-mean")) {
    it(`agrees with the vector: ${c.name}`, async () => {
      const updates = toHex(concatBytes(...c.updates.map(fromHex)));
      expect(await harness.weightedMean(c.base, updates, c.weights, c.serverRateQ16)).equals(c.expected);
    });
  }

  it(`agrees with node/aggregation bit for bit on ${fuzzCases} random and extreme chunks`, async function () {
    this.timeout(60_000 + 10 * fuzzCases);
    const batches = await createRuleBatches();
    const cases = createCaseNumbers(createSeededNumbers(20_261_121));
    await compareBatches(batches, "weightedMeans", fuzzCases, () => {
      const serverRateQ16 = cases.rate();
      const base = cases.chunk();
      const updates = Array.from({ length: cases.updateCount() }, () => ({
        lanes: cases.chunk(),
        weight: cases.pick([1, 1, 1 + cases.below(1000), 1 + cases.below(2 ** 32 - 1), 2 ** 32 - 1]),
      }));
      const numbers = uint32Bytes(serverRateQ16);
      const weights = uint32Bytes(...updates.map(({ weight }) => weight));
      const lanes = updates.map((update) => lanesToBytes(update.lanes));
      return {
        input: concatBytes(Uint8Array.of(updates.length), numbers, lanesToBytes(base), weights, ...lanes),
        expected: lanesToBytes(weightedMean({ base, updates, serverRateQ16 })),
        name: `${updates.length} updates, rate ${serverRateQ16}`,
      };
    });
  });
});
