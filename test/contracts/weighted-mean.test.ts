import { expect } from "chai";
import { weightedMean } from "../../node/aggregation/weighted-mean.ts";
import { concatBytes, fromHex, toHex } from "../../node/core/hex.ts";
import { lanesToBytes } from "../../node/core/lanes.ts";
import { createLibraryHarness, type LibraryHarness } from "./support/library-harness.ts";
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

const lanesOfChunk = 64;
const int32Min = -(2 ** 31);
const int32Max = 2 ** 31 - 1;
/** Number of random cases; CI sets more. */
const fuzzCases = Number(process.env.FUZZ_CASES ?? 300);

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

  it(`agrees with node/aggregation bit for bit on ${fuzzCases} random and extreme inputs`, async function () {
    this.timeout(60_000 + 100 * fuzzCases);
    const numbers = createSeededNumbers(20_261_121);
    const counts = [1, 2, 3, 5, 16, 64];
    const extremes = [0, 1, -1, int32Min, int32Max, int32Min + 1, 0xff, -256];
    const lane = (kind: number): number => {
      if (kind === 0) return numbers.pick(extremes);
      if (kind === 1) return numbers.below(2 ** 32) + int32Min;
      return numbers.below(2 ** 12) - 2 ** 11;
    };
    const chunk = (kind: number): Int32Array =>
      kind === 3
        ? new Int32Array(lanesOfChunk).fill(numbers.pick([...extremes, -1]))
        : Int32Array.from({ length: lanesOfChunk }, () => lane(kind));
    for (let i = 0; i < fuzzCases; i++) {
      const count = counts[i % counts.length]!;
      const base = chunk(numbers.below(4));
      const updates = Array.from({ length: count }, () => ({
        lanes: chunk(numbers.below(4)),
        weight: numbers.pick([1, 1, 1 + numbers.below(1000), 1 + numbers.below(2 ** 32 - 1), 2 ** 32 - 1]),
      }));
      const serverRateQ16 = numbers.pick([65_536, 65_536, 1, 1 << 20, 1 + numbers.below(1 << 20)]);
      const given = await harness.weightedMean(
        lanesToBytes(base),
        concatBytes(...updates.map(({ lanes }) => lanesToBytes(lanes))),
        updates.map(({ weight }) => weight),
        serverRateQ16,
      );
      const expected = toHex(lanesToBytes(weightedMean({ base, updates, serverRateQ16 })));
      expect(given, `case ${i}: ${count} updates, rate ${serverRateQ16}`).equals(expected);
    }
  });

  it("refuses lengths that are not whole chunks, and weights of zero", async () => {
    const chunk = new Uint8Array(256);
    const refused = async (base: Uint8Array, updates: Uint8Array, weights: number[], error: string) =>
      expect(harness.weightedMean(base, updates, weights, 65_536)).revertedWithCustomError(harness, error);
    await refused(chunk.subarray(1), chunk, [1], "InvalidLength");
    await refused(new Uint8Array(257), chunk, [1], "InvalidLength");
    await refused(chunk, chunk.subarray(1), [1], "InvalidLength");
    await refused(chunk, chunk, [1, 1], "InvalidLength");
    await refused(chunk, new Uint8Array(0), [], "InvalidLength");
    await refused(chunk, new Uint8Array(512), [1, 0], "ZeroWeight");
  });
});
