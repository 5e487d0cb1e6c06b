import { expect } from "chai";
import { medianTrim, trimBounds, trimmedMean } from "../../node/aggregation/index.ts";
import { concatBytes, fromHex, toHex } from "../../node/core/bytes/hex.ts";
import { lanesToBytes } from "../../node/core/bytes/lanes.ts";
import { createLibraryHarness, type LibraryHarness } from "./support/library-harness.ts";
import { compareBatches, createCaseNumbers, createRuleBatches, uint32Bytes } from "./support/rule-batches.ts";
import { createSeededNumbers } from "./support/seeded-numbers.ts";
import { readVectors } from "./support/vectors.ts";

interface TrimmedCase {
  readonly name: string;
  readonly trim: number;
  readonly serverRateQ16: number;
  readonly base: string;
  readonly updates: readonly string[];
  readonly bounds: string;
  readonly expected: string;
}

/** Number of random cases, each a whole chunk; CI sets more. */
const fuzzCases = Number(process.env.FUZZ_CASES ?? 400);
const lanesOfChunk = 64;
const int32Min = -(2 ** 31);
const int32Max = 2 ** 31 - 1;

const joined = (chunks: readonly Int32Array[]): Uint8Array => concatBytes(...chunks.map(lanesToBytes));

function boundsOf(updates: readonly Int32Array[], trim: number): Uint8Array {
  const { lows, highs } = trimBounds(updates, trim);
  return joined([lows, highs]);
}

describe("TrimmedMean (Solidity)", () => {
  let harness: LibraryHarness;

  before(async () => {
    ({ harness } = await createLibraryHarness());
  });

  for (const c of readVectors<TrimmedCase>("trimmed-mean")) {
    it(`agrees with the vector: ${c.name}`, async () => {
      const updates = toHex(concatBytes(...c.updates.map(fromHex)));
      expect(await harness.trimmedMean(c.base, updates, c.trim, c.bounds, c.serverRateQ16)).equals(c.expected);
    });
  }

  it(`agrees with node/aggregation bit for bit on ${fuzzCases} random and extreme chunks`, async function () {
    this.timeout(60_000 + 10 * fuzzCases);
    const batches = await createRuleBatches();
    const cases = createCaseNumbers(createSeededNumbers(20_261_122));
    await compareBatches(batches, "trimmedMeans", fuzzCases, () => {
      const count = cases.updateCount();
      const most = medianTrim(count);
      const trim = cases.pick([0, most, most, cases.below(most + 1)]);
      const serverRateQ16 = cases.rate();
      const base = cases.chunk();
      const updates = Array.from({ length: count }, () => cases.chunk());
      const rate = uint32Bytes(serverRateQ16);
      const bounds = boundsOf(updates, trim);
      return {
        input: concatBytes(Uint8Array.of(count, trim), rate, lanesToBytes(base), bounds, joined(updates)),
        expected: lanesToBytes(trimmedMean({ base, updates, trim, serverRateQ16 })),
        name: `${count} updates, trim ${trim}, rate ${serverRateQ16}`,
      };
    });
  });

  it("takes no bound but the right one, in any lane", async function () {
    this.timeout(120_000);
    const cases = createCaseNumbers(createSeededNumbers(20_261_123));
    const base = new Uint8Array(256);
    for (let i = 0; i < 60; i++) {
      const count = cases.updateCount();
      const trim = cases.below(medianTrim(count) + 1);
      const updates = Array.from({ length: count }, () => cases.chunk());
      const { lows, highs } = trimBounds(updates, trim);
      const lane = i < lanesOfChunk ? i : cases.below(lanesOfChunk);
      const wrong = cases.pick([lows, highs]);
      const right = wrong[lane]!;
      const others = [right - 1, right + 1, int32Min, int32Max, cases.pick(updates)[lane]!, cases.pick(updates)[lane]!];
      for (const other of others) {
        if (other === right || other < int32Min || other > int32Max) continue;
        wrong[lane] = other;
        const call = harness.trimmedMean(base, joined(updates), trim, joined([lows, highs]), 65_536);
        await expect(call, `${count} updates, trim ${trim}`).revertedWithCustomError(harness, "WrongBounds");
      }
      wrong[lane] = right;
      await harness.trimmedMean(base, joined(updates), trim, joined([lows, highs]), 65_536);
    }
  });

  it("refuses bounds that are exchanged, or of another trim", async () => {
    const values = [-5, -5, 0, 3, 3, 9, 12].map((value) => new Int32Array(lanesOfChunk).fill(value));
    const refused = async (trim: number, low: number, high: number) => {
      const bounds = joined([low, high].map((value) => new Int32Array(lanesOfChunk).fill(value)));
      const call = harness.trimmedMean(new Uint8Array(256), joined(values), trim, bounds, 65_536);
      await expect(call, `${trim}: ${low}, ${high}`).revertedWithCustomError(harness, "WrongBounds");
    };
    await refused(2, 3, 0);
    await refused(2, -5, 9);
    await refused(1, 0, 3);
    await refused(3, 3, 4);
    await refused(3, 2, 3);
    await refused(0, -5, 13);
    await refused(0, -6, 12);
  });

  it("refuses bounds that are not two chunks, and takes as many updates as its counters hold", async () => {
    const [chunk, two] = [new Uint8Array(256), new Uint8Array(512)];
    for (const bounds of [chunk, new Uint8Array(513), new Uint8Array(0)]) {
      const call = harness.trimmedMean(chunk, chunk, 0, bounds, 65_536);
      await expect(call).revertedWithCustomError(harness, "WrongBounds");
    }
    const most = new Uint8Array(127 * 256);
    expect(await harness.trimmedMean(chunk, most, 63, two, 65_536)).equals(toHex(chunk));
  });
});
