import { expect } from "chai";
import { concatBytes, fromHex, toHex } from "../../node/core/bytes/hex.ts";
import { bytesToLanes, lanesToBytes } from "../../node/core/bytes/lanes.ts";
import type { Hex } from "../../node/core/ids.ts";
import { type ClosedRound, createMaskSecrets, maskedChunk } from "../../node/privacy/masking/index.ts";
import type { SolidityAdvertisement } from "./support/facts.ts";
import { maskedRules, type SolidityRules } from "./support/federation.ts";
import { createLibraryHarness, type LibraryHarness } from "./support/library-harness.ts";
import { seededRandom } from "./support/masked-round.ts";
import { createSeededNumbers } from "./support/seeded-numbers.ts";
import { readVectors } from "./support/vectors.ts";

// biome-ignore lint/suspicious/noExplicitAny: each case of the file has the fields of its kind.
type Case = { readonly name: string; readonly kind: string } & Record<string, any>;

/** Number of random chunks; CI sets more. */
const fuzzCases = Number(process.env.MASK_CASES ?? 40);
const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const bytes32 = (value: bigint): Hex => `0x${value.toString(16).padStart(64, "0")}`;
const account = `0x${"11".repeat(20)}`;

/** A bitmap of slots. */
const bitmapOf = (slots: readonly number[]): bigint => slots.reduce((bits, slot) => bits | (1n << BigInt(slot)), 0n);

describe("Masks (Solidity)", () => {
  let harness: LibraryHarness;

  before(async () => {
    ({ harness } = await createLibraryHarness());
  });

  /** What masks do not depend on. */
  const noInputs = {
    ...{ drawn: 0, committed: 0n, keyed: 0n, totalWeight: 0, acceptedBefore: 0 },
    ...{ baseModelRoot: bytes32(0n), anchor: bytes32(0n), accumulator: bytes32(0n), openingsHash: bytes32(0n) },
  };

  /** A chunk of the model, as the library makes it of a round. */
  const chunkOf = (
    rules: SolidityRules,
    round: Pick<ClosedRound, "taskId" | "round" | "surviving">,
    given: {
      readonly advertisements: readonly SolidityAdvertisement[];
      readonly totalWeight: number;
      readonly index: number;
      readonly base: Uint8Array;
      readonly updates: Uint8Array;
      readonly openings: Uint8Array | Hex;
    },
  ): Promise<Hex> => {
    const { advertisements, totalWeight, index, base, updates, openings } = given;
    const { surviving, ...rest } = round;
    const keyed = bitmapOf(advertisements.map(({ slot }) => slot));
    const inputs = { ...noInputs, ...rest, keyed, committed: bitmapOf(surviving), totalWeight };
    return harness.maskedChunk(rules, inputs, index, base, updates, advertisements, openings);
  };

  const checks: Record<string, (c: Case) => Promise<void>> = {
    stream: async (c) => {
      expect(await harness.maskChunk(c.key, c.chunk)).equals(c.lanes);
    },
    secrets: async (c) => {
      expect(await harness.isMaskKey(c.maskKey)).equals(true);
      expect(await harness.isMaskSecret(c.secretKey, c.maskKey)).equals(true);
      expect(await harness.isMaskSecret(c.oddKey, c.maskKey)).equals(false);
    },
    pair: async (c) => {
      const [a, b] = c.slots;
      const ids = [{ ...noInputs, taskId: c.taskId, round: c.round }, a, b] as const;
      expect(await harness.pairSeed(...ids, c.secretKeys[0], c.maskKeys[1])).equals(c.expected);
      expect(await harness.pairSeed(...ids, c.secretKeys[1], c.maskKeys[0])).equals(c.expected);
    },
    round: async (c) => {
      const { parameterCount, clipLanes, serverRateQ16, taskId, round } = c;
      const rules = { ...maskedRules, parameterCount, clipLanes, serverRateQ16 };
      const padded = (lanes: Hex, chunk: number) => {
        const bytes = new Uint8Array(256);
        bytes.set(fromHex(lanes).subarray(256 * chunk, 256 * (chunk + 1)));
        return bytes;
      };
      const surviving: number[] = c.updates.map(({ slot }: { slot: number }) => slot);
      for (const [index, expected] of c.chunks.entries()) {
        const chunks = c.updates.map(({ masked }: { masked: Hex }) => padded(masked, index));
        const advertisements = c.advertisements.map((one: object) => ({
          participant: account,
          sharesId: bytes32(1n),
          shareKey: bytes32(2n),
          ...one,
        }));
        const given = {
          ...{ advertisements, totalWeight: c.totalWeight, index, openings: c.openings },
          ...{ base: padded(c.base, index), updates: concatBytes(...chunks) },
        };
        expect(await chunkOf(rules, { taskId, round, surviving }, given)).equals(expected);
      }
    },
  };
  for (const c of readVectors<Case>("masking")) {
    const check = checks[c.kind];
    if (check !== undefined) it(`agree with the vector: ${c.name}`, () => check(c));
  }

  it("take as keys exactly the x of points below the curve's order", async () => {
    // y^2 = x^3 + 7 has a solution for 1, 2, 3, 4 and 6, and none for 0 and 5
    for (const [x, expected] of [true, true, true, true, false, true].entries()) {
      expect(await harness.isMaskKey(bytes32(BigInt(x + 1))), `${x + 1}`).equals(expected);
    }
    expect(await harness.isMaskKey(bytes32(0n))).equals(false);
    for (const x of [order, order + 1n, 2n ** 256n - 1n]) expect(await harness.isMaskKey(bytes32(x))).equals(false);
  });

  it("know one secret for a key: below the order, and of the point with an even y", async () => {
    const random = seededRandom(createSeededNumbers(7));
    for (let i = 0; i < 20; i++) {
      const { secretKey, maskKey } = createMaskSecrets(random);
      const scalar = BigInt(toHex(secretKey));
      expect(await harness.isMaskSecret(secretKey, maskKey)).equals(true);
      for (const other of [0n, order - scalar, scalar ^ 1n, order]) {
        expect(await harness.isMaskSecret(bytes32(other), maskKey)).equals(false);
      }
      if (scalar + order < 2n ** 256n)
        expect(await harness.isMaskSecret(bytes32(scalar + order), maskKey)).equals(false);
    }
    // a small one, which plus the order still fits into 32 bytes
    const generator = "0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
    expect(await harness.isMaskSecret(bytes32(1n), generator)).equals(true);
    expect(await harness.isMaskSecret(bytes32(order + 1n), generator)).equals(false);
  });

  it(`agree with node/privacy bit for bit on ${fuzzCases} random and extreme chunks`, async function () {
    this.timeout(60_000 + 200 * fuzzCases);
    const numbers = createSeededNumbers(20_261_128);
    const random = seededRandom(numbers);
    const pool = Array.from({ length: 64 }, () => createMaskSecrets(random));
    const anyLanes = (limit: number) =>
      Int32Array.from({ length: 64 }, () =>
        numbers.pick([0, limit, -limit, numbers.below(2 ** 32) | 0, numbers.below(2 * limit + 1) - limit]),
      );
    for (let i = 0; i < fuzzCases; i++) {
      const drawn = i % 20 === 19 ? 64 : numbers.pick([3, 4, 5, 8, 12, 17, 20]);
      const keyed = Array.from({ length: drawn }, (_, slot) => slot).filter(() => numbers.below(8) !== 0);
      const surviving = keyed.filter(() => numbers.below(3) !== 0);
      if (surviving.length === 0) continue;
      const advertisements = keyed.map((slot): SolidityAdvertisement => {
        const { maskKey, seedHash } = pool[slot]!;
        return { participant: account, slot, maskKey, seedHash, sharesId: bytes32(1n), shareKey: bytes32(2n) };
      });
      // the order of the chain is any
      if (numbers.below(2) === 0) advertisements.reverse();
      const { clipLanes, maxWeight } = numbers.pick([
        { clipLanes: 1, maxWeight: 1 },
        { clipLanes: 1000, maxWeight: 100 },
        { clipLanes: 2 ** 25 - 1, maxWeight: 1 },
        { clipLanes: 1, maxWeight: 2 ** 25 - 1 },
      ]);
      const serverRateQ16 = numbers.pick([65_536, 1, 1 << 20, 1 + numbers.below(1 << 20)]);
      const index = numbers.pick([0, 1, 15_624, 2 ** 24 - 1, numbers.below(2 ** 24)]);
      const parameterCount = index * 64 + numbers.pick([64, 64, 1, 63, 1 + numbers.below(64)]);
      const updates = surviving.map(() => ({
        lanes: anyLanes(2 ** 31 - 1),
        weight: numbers.pick([1, maxWeight, 1 + numbers.below(maxWeight)]),
      }));
      const dropped = keyed.filter((slot) => !surviving.includes(slot));
      const openings = concatBytes(
        ...surviving.map((slot) => pool[slot]!.seed),
        ...dropped.map((slot) => pool[slot]!.secretKey),
      );
      const ids = { taskId: 1 + numbers.below(9), round: 1 + numbers.below(9) };
      const keys = advertisements as unknown as ClosedRound["advertisements"];
      const round: ClosedRound = { ...ids, advertisements: keys, surviving };
      const base = anyLanes(2 ** 31 - 1);
      const options = { parameterCount, serverRateQ16, clipLanes, round, openings };
      const expected = maskedChunk(index, { base, updates }, options);
      const rules = { ...maskedRules, parameterCount, serverRateQ16, clipLanes };
      const actual = await chunkOf(
        rules,
        { ...ids, surviving },
        {
          advertisements,
          totalWeight: updates.reduce((sum, { weight }) => sum + weight, 0),
          index,
          base: lanesToBytes(base),
          updates: concatBytes(...updates.map(({ lanes }) => lanesToBytes(lanes))),
          openings,
        },
      );
      expect(actual, `case ${i}: ${surviving.length} of ${keyed.length} of ${drawn}`).equals(
        toHex(lanesToBytes(expected)),
      );
      expect(bytesToLanes(fromHex(actual)).length).equals(64);
    }
  });
});
