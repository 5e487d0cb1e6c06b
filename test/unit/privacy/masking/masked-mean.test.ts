import { expect } from "chai";
import fc from "fast-check";
import { weightedMean } from "../../../../node/aggregation/index.ts";
import { concatBytes, fromHex, toHex } from "../../../../node/core/bytes/hex.ts";
import { bytesToLanes, lanesToBytes } from "../../../../node/core/bytes/lanes.ts";
import type { Bytes32, Hex } from "../../../../node/core/ids.ts";
import {
  checkOpenings,
  createMaskedMean,
  createMaskSecrets,
  type MaskedMeanOptions,
  maskedChunk,
  maskUpdate,
  roundSides,
} from "../../../../node/privacy/masking/index.ts";
import { createRandom } from "../../../../node/system/random.ts";
import { expectCode } from "../../../support/expect-code.ts";
import { vectors } from "../../../support/vectors.ts";

interface RoundCase {
  readonly name: string;
  readonly kind: string;
  readonly taskId: number;
  readonly round: number;
  readonly drawn: number;
  readonly parameterCount: number;
  readonly clipLanes: number;
  readonly serverRateQ16: number;
  readonly advertisements: readonly { slot: number; maskKey: Bytes32; seedHash: Bytes32 }[];
  readonly base: Hex;
  readonly updates: readonly { slot: number; weight: number; lanes: Hex; masked: Hex }[];
  readonly openings: Hex;
  readonly totalWeight: number;
  readonly sum: Hex;
  readonly model: Hex;
  readonly chunks: readonly Hex[];
}

const lanesOf = (hex: Hex): Int32Array => bytesToLanes(fromHex(hex));
const hexOf = (lanes: Int32Array): Hex => toHex(lanesToBytes(lanes));
const rounds = vectors<RoundCase>("masking").filter(({ kind }) => kind === "round");

function optionsOf(c: RoundCase): MaskedMeanOptions {
  const surviving = c.updates.map(({ slot }) => slot);
  return { ...c, round: { ...c, surviving }, openings: fromHex(c.openings) };
}

function meanOf(c: RoundCase, options = optionsOf(c)) {
  const mean = createMaskedMean(options);
  for (const { masked, weight } of c.updates) mean.add(lanesOf(masked), weight);
  return mean;
}

// a pool: making keys is what takes time
const pool = Array.from({ length: 9 }, () => createMaskSecrets(createRandom()));
const anyRound = fc.record({
  drawn: fc.integer({ min: 3, max: 9 }),
  fates: fc.array(fc.constantFrom("survives", "survives", "drops", "silent"), { minLength: 9, maxLength: 9 }),
  weights: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 9, maxLength: 9 }),
  parameterCount: fc.integer({ min: 1, max: 70 }),
  rate: fc.integer({ min: 1, max: 1 << 20 }),
  noise: fc.integer(),
});

describe("masked mean", () => {
  for (const c of rounds) {
    it(`agrees with the vector: ${c.name}`, () => {
      const mean = meanOf(c);
      expect(Number(mean.totalWeight)).to.equal(c.totalWeight);
      expect(hexOf(mean.unmaskedSum())).to.equal(c.sum);
      expect(hexOf(mean.finish(lanesOf(c.base)))).to.equal(c.model);
      expect(checkOpenings(optionsOf(c).round, fromHex(c.openings))).to.equal(undefined);
      const bytes = concatBytes(...c.chunks.map((chunk) => fromHex(chunk)));
      expect(toHex(bytes.subarray(0, 4 * c.parameterCount))).to.equal(c.model);
      expect(bytes.subarray(4 * c.parameterCount).every((byte) => byte === 0)).to.equal(true);
      for (const [index, expected] of c.chunks.entries()) {
        const chunkOf = (hex: Hex) => {
          const chunk = new Int32Array(64);
          chunk.set(lanesOf(hex).subarray(64 * index, 64 * index + 64));
          return chunk;
        };
        const updates = c.updates.map(({ masked, weight }) => ({ lanes: chunkOf(masked), weight }));
        expect(hexOf(maskedChunk(index, { base: chunkOf(c.base), updates }, optionsOf(c)))).to.equal(expected);
      }
    });
  }

  it("is the mean of exactly the surviving updates, for any dropouts and weights", async () => {
    await fc.assert(
      fc.asyncProperty(anyRound, async ({ drawn, fates, weights, parameterCount, rate, noise }) => {
        const slots = Array.from({ length: drawn }, (_, slot) => slot);
        const advertisements = slots
          .filter((slot) => fates[slot] !== "silent")
          .map((slot) => ({ slot, ...pool[slot]! }));
        const surviving = slots.filter((slot) => fates[slot] === "survives");
        fc.pre(surviving.length > 0);
        const round = { taskId: 1, round: 2, advertisements, surviving };
        const clipLanes = 1 << 18;
        const random = (slot: number, i: number) => Math.imul(noise + 977 * slot + i, 0x9e37_79b1) >> 13;
        const base = Int32Array.from({ length: parameterCount }, (_, i) => random(99, i));
        const updates = surviving.map((slot) => ({
          slot,
          weight: weights[slot]!,
          lanes: Int32Array.from(base, (_, i) => Math.max(-clipLanes, Math.min(clipLanes, random(slot, i)))),
        }));
        const sides = roundSides(round);
        const openings = concatBytes(
          ...sides.survivors.map((each) => each.seed),
          ...sides.dropped.map((each) => each.secretKey),
        );
        expect(checkOpenings(round, openings)).to.equal(undefined);
        const options = { parameterCount, serverRateQ16: rate, clipLanes, round, openings };
        const mean = createMaskedMean(options);
        for (const { slot, weight, lanes } of updates) {
          const masked = await maskUpdate({ lanes, weight, slot, secrets: pool[slot]!, round });
          mean.add(masked, weight);
        }
        const expected = weightedMean({ base, updates, serverRateQ16: rate });
        expect(mean.finish(base)).to.deep.equal(expected);
        expect(await mean.finishInSteps(base)).to.deep.equal(expected);
        const sum = Int32Array.from(base, (_, i) =>
          updates.reduce((total, { weight, lanes }) => total + weight * lanes[i]!, 0),
        );
        expect(mean.unmaskedSum()).to.deep.equal(sum);
      }),
      { numRuns: 25 },
    );
  });

  it("cuts the sum where somebody lied, and so moves no lane beyond the clip", () => {
    const c = rounds.find(({ name }) => name.includes("liar"))!;
    const sum = lanesOf(c.sum);
    const bound = c.totalWeight * c.clipLanes;
    expect(Math.max(...sum.map(Math.abs))).to.equal(bound);
  });

  it("works across blocks of lanes, and lets itself be stopped", async () => {
    const parameterCount = 40_000;
    const advertisements = [0, 1, 2].map((slot) => ({ slot, ...pool[slot]! }));
    const round = { taskId: 1, round: 1, advertisements, surviving: [0, 2] };
    const openings = concatBytes(pool[0]!.seed, pool[2]!.seed, pool[1]!.secretKey);
    const base = Int32Array.from({ length: parameterCount }, (_, i) => i);
    const mean = createMaskedMean({ parameterCount, serverRateQ16: 65_536, clipLanes: 1000, round, openings });
    for (const slot of [0, 2]) {
      const lanes = base.map((i) => (i * (slot + 1)) % 1000);
      mean.add(await maskUpdate({ lanes, weight: 1, slot, secrets: pool[slot]!, round }), 1);
    }
    const expected = base.map((i) => i + Math.floor(((i % 1000) + ((3 * i) % 1000)) / 2));
    expect(mean.finish(base)).to.deep.equal(expected);
    const stop = new AbortController();
    stop.abort(new DOMException("enough", "AbortError"));
    for (const run of [
      () => mean.finishInSteps(base, stop.signal),
      () => maskUpdate({ lanes: base, weight: 1, slot: 0, secrets: pool[0]!, round }, { signal: stop.signal }),
    ]) {
      let reason: unknown;
      await run().catch((error: unknown) => {
        reason = error;
      });
      expect(reason).to.equal(stop.signal.reason);
    }
  });

  it("refuses sums of another number of updates, openings of another length, and chunks of another size", async () => {
    const c = rounds[1]!;
    const options = optionsOf(c);
    const base = lanesOf(c.base);
    const mean = createMaskedMean(options);
    await expectCode("INVALID_ARGUMENT", () => mean.finish(base));
    mean.add(lanesOf(c.updates[0]!.masked), 1);
    await expectCode("INVALID_ARGUMENT", () => mean.finish(base));
    await expectCode("INVALID_ARGUMENT", () => mean.unmaskedSum());
    await expectCode("LENGTH_MISMATCH", () => mean.add(base.subarray(1), 1));
    await expectCode("INVALID_ARGUMENT", () => mean.add(base, 0));
    await expectCode("LENGTH_MISMATCH", () => meanOf(c).finish(base.subarray(1)));
    const short = options.openings.subarray(32);
    await expectCode("LENGTH_MISMATCH", () => createMaskedMean({ ...options, openings: short }));
    await expectCode("LENGTH_MISMATCH", () => checkOpenings(options.round, short));
    await expectCode("INVALID_ARGUMENT", () => createMaskedMean({ ...options, serverRateQ16: 0 }));
    const updates = c.updates.map(({ masked, weight }) => ({ weight, lanes: lanesOf(masked).slice(0, 64) }));
    await expectCode("LENGTH_MISMATCH", () => maskedChunk(0, { base: base.slice(0, 63), updates }, options));
    await expectCode("INVALID_ARGUMENT", () =>
      maskedChunk(0, { base: base.slice(0, 64), updates: updates.slice(1) }, options),
    );
  });
});

describe("openings", () => {
  const c = rounds.find(({ name }) => name.includes("twelve"))!;
  const { round, openings } = optionsOf(c);
  const { survivors, dropped } = roundSides(round);
  const slots = [...survivors, ...dropped].map(({ slot }) => slot);

  it("are true or name the first slot whose piece is false", () => {
    for (const [place, slot] of slots.entries()) {
      const changed = openings.slice();
      changed[32 * place + 31]! ^= 1;
      expect(checkOpenings(round, changed)).to.equal(slot);
      changed.set(openings.subarray(0, 32), 32 * place);
      if (place > 0) expect(checkOpenings(round, changed)).to.equal(slot);
    }
    const two = openings.slice();
    two[0]! ^= 1;
    two[33]! ^= 1;
    expect(checkOpenings(round, two)).to.equal(slots[0]);
  });

  it("that are no secret key cannot be summed with", async () => {
    const changed = openings.slice().fill(0, 32 * survivors.length);
    await expectCode("MASK_KEY_INVALID", () => createMaskedMean({ ...optionsOf(c), openings: changed }));
  });
});
