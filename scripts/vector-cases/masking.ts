import { secp256k1 } from "@noble/curves/secp256k1.js";
import { abiWords, concatBytes, toHex } from "../../node/core/bytes/hex.ts";
import { itemAt, valueAt } from "../../node/core/bytes/items.ts";
import { keccak256 } from "../../node/core/bytes/keccak.ts";
import type { Address, Bytes32 } from "../../node/core/ids.ts";
import { shareThreshold } from "../../node/core/modes/share-threshold.ts";
import { encodeGrant } from "../../node/core/words/role-grants.ts";
import {
  type ClosedRound,
  createMaskedMean,
  createMaskSecrets,
  maskChunk,
  maskedChunk,
  maskUpdate,
  pairSeed,
  roundSides,
  seedHashOf,
  shareHash,
} from "../../node/privacy/masking/index.ts";
import { lanesHex, randomLanes } from "./lanes.ts";

const bytesOf = (label: string): Uint8Array => keccak256(new TextEncoder().encode(label));
const account = (label: string): Address => toHex(bytesOf(label).subarray(12));

/** Secrets from a keccak stream. */
function secretsOf(label: string) {
  let drawn = 0;
  return createMaskSecrets({
    bytes: (length) => keccak256(abiWords(toHex(bytesOf(label)), drawn++)).subarray(0, length),
  });
}

/** Everything that a masked round is computed from; `kind` says what a case shows. */
export async function maskingCases(): Promise<unknown[]> {
  return [
    ...streamCases(),
    ...thresholdCases(),
    ...keyCases(),
    ...shareCases(),
    ...grantCases(),
    ...(await roundCases()),
  ];
}

/** Chunks of mask streams. */
function streamCases(): unknown[] {
  const keys = [new Uint8Array(32), new Uint8Array(32).fill(255), bytesOf("stream")];
  return keys.flatMap((key) =>
    [0, 1, 15_624, 2 ** 26 - 1].map((chunk) => {
      return {
        name: `chunk ${chunk} of ${toHex(key).slice(0, 10)}`,
        kind: "stream",
        key: toHex(key),
        chunk,
        lanes: lanesHex(maskChunk(key, chunk)),
      };
    }),
  );
}

/** How many fellows it takes to open a secret, by how many are drawn. */
function thresholdCases(): unknown[] {
  const shapes = [
    [3, 51],
    [3, 100],
    [4, 67],
    [10, 67],
    [21, 67],
    [64, 67],
    [64, 51],
    [64, 100],
  ] as const;
  return shapes.map(([drawn, thresholdPercent]) => {
    const expected = shareThreshold(drawn, thresholdPercent);
    return { name: `${thresholdPercent} % of ${drawn}`, kind: "threshold", drawn, thresholdPercent, expected };
  });
}

/** Keys, seeds and their hashes, and the seed of a pair from either side. */
function keyCases(): unknown[] {
  const order = secp256k1.Point.Fn.ORDER;
  const [a, b] = [secretsOf("a"), secretsOf("b")];
  const pairs = [
    { taskId: 1, round: 1, slots: [0, 1] },
    { taskId: 0xffff_ffff, round: 7, slots: [12, 63] },
  ] as const;
  return [
    ...[a, b].map(({ seed, secretKey, maskKey, seedHash }, i) => ({
      name: `secrets ${"ab"[i]}`,
      kind: "secrets",
      seed: toHex(seed),
      seedHash,
      secretKey: toHex(secretKey),
      oddKey: toHex(secp256k1.Point.Fn.toBytes(order - BigInt(toHex(secretKey)))),
      maskKey,
    })),
    {
      name: "hash of a zero seed",
      kind: "seedHash",
      seed: toHex(new Uint8Array(32)),
      expected: seedHashOf(new Uint8Array(32)),
    },
    ...pairs.map((pair) => ({
      name: `slots ${pair.slots.join(" and ")}`,
      kind: "pair",
      ...pair,
      secretKeys: [toHex(a.secretKey), toHex(b.secretKey)],
      maskKeys: [a.maskKey, b.maskKey],
      expected: toHex(pairSeed(pair, a.secretKey, b.maskKey)),
    })),
  ];
}

/** Hashes of shares. */
function shareCases(): unknown[] {
  const share = concatBytes(bytesOf("share"), Uint8Array.of(7));
  return (["seed", "key"] as const).map((of) => ({
    name: `share of a ${of}`,
    kind: "share",
    of,
    from: account("from"),
    to: account("to"),
    share: toHex(share),
    expected: toHex(shareHash(of, account("from"), account("to"), share)),
  }));
}

/** Grants of roles as their accounts register them. */
function grantCases(): unknown[] {
  const signatures = [27, 28].map((v) =>
    toHex(concatBytes(bytesOf("r"), bytesOf("s").fill(1, 0, 1), Uint8Array.of(v))),
  );
  return (["participant", "aggregator"] as const).map((role, i) => {
    const grant = { epoch: 1 + 300 * i, role, signature: itemAt(signatures, i) };
    return { name: `grant of ${role}`, kind: "grant", ...grant, expected: encodeGrant(grant) };
  });
}

/**
 * Whole rounds: updates, what they become, openings, and the model; `lanes` are of the whole vectors, `chunks` as the
 * contract makes them.
 */
async function roundCases(): Promise<unknown[]> {
  const one = 65_536;
  const shapes = [
    { name: "three, nobody dropped", drawn: 3, silent: [], dropped: [], rate: one, parameters: 64 },
    { name: "five, one dropped", drawn: 5, silent: [], dropped: [2], rate: one, parameters: 130 },
    {
      name: "twelve, some silent, some dropped",
      drawn: 12,
      silent: [3],
      dropped: [0, 7],
      rate: 52_429,
      parameters: 64,
    },
    { name: "a liar's sum is cut", drawn: 4, silent: [], dropped: [1], rate: 1 << 20, parameters: 65, liar: 3 },
  ] as const;
  return await Promise.all(shapes.map(roundCase));
}

async function roundCase(shape: {
  readonly name: string;
  readonly drawn: number;
  /** Slots that advertise nothing. */
  readonly silent: readonly number[];
  /** Slots that advertise and do not commit. */
  readonly dropped: readonly number[];
  readonly rate: number;
  readonly parameters: number;
  /** A slot whose update is of other lanes than it may be. */
  readonly liar?: number;
}): Promise<unknown> {
  const { name, drawn, silent, dropped, rate: serverRateQ16, parameters: parameterCount, liar } = shape;
  const [taskId, round, clipLanes] = [3, 9, 1 << 20];
  const slots = Array.from({ length: drawn }, (_, slot) => slot).filter((slot) => !silent.includes(slot));
  const secrets = new Map(slots.map((slot) => [slot, secretsOf(`${name} ${slot}`)]));
  const advertisements = slots.map((slot) => ({
    participant: account(`${name} ${slot}`),
    slot,
    maskKey: valueAt(secrets, slot).maskKey,
    seedHash: valueAt(secrets, slot).seedHash,
    sharesId: toHex(bytesOf(`${name} ${slot} shares`)) as Bytes32,
    shareKey: toHex(bytesOf(`${name} ${slot} next`)) as Bytes32,
  }));
  const surviving = slots.filter((slot) => !dropped.includes(slot));
  const closed: ClosedRound<(typeof advertisements)[number]> = { taskId, round, advertisements, surviving };
  const base = randomLanes(900, parameterCount, 1 << 24);
  const updates = await Promise.all(
    surviving.map(async (slot) => {
      const lanes =
        slot === liar ? randomLanes(slot, parameterCount) : randomLanes(slot, parameterCount, clipLanes + 1);
      const weight = 10 * slot + 1;
      return {
        slot,
        weight,
        lanes,
        masked: await maskUpdate({ lanes, weight, slot, secrets: valueAt(secrets, slot), round: closed }),
      };
    }),
  );
  const sides = roundSides(closed);
  const openings = concatBytes(
    ...sides.survivors.map(({ slot }) => valueAt(secrets, slot).seed),
    ...sides.dropped.map(({ slot }) => valueAt(secrets, slot).secretKey),
  );
  const options = { parameterCount, serverRateQ16, clipLanes, round: closed, openings };
  const mean = createMaskedMean(options);
  for (const { masked, weight } of updates) mean.add(masked, weight);
  const model = mean.finish(base);
  const padded = (lanes: Int32Array, chunk: number): Int32Array => {
    const whole = new Int32Array(64);
    whole.set(lanes.subarray(64 * chunk, 64 * chunk + 64));
    return whole;
  };
  return {
    name,
    kind: "round",
    taskId,
    round,
    drawn,
    parameterCount,
    clipLanes,
    serverRateQ16,
    advertisements,
    base: lanesHex(base),
    updates: updates.map(({ slot, weight, lanes, masked }) => ({
      slot,
      weight,
      lanes: lanesHex(lanes),
      masked: lanesHex(masked),
    })),
    openings: toHex(openings),
    totalWeight: Number(mean.totalWeight),
    sum: lanesHex(mean.unmaskedSum()),
    model: lanesHex(model),
    chunks: Array.from({ length: Math.ceil(parameterCount / 64) }, (_, index) =>
      lanesHex(
        maskedChunk(
          index,
          {
            base: padded(base, index),
            updates: updates.map(({ weight, masked }) => ({ weight, lanes: padded(masked, index) })),
          },
          options,
        ),
      ),
    ),
  };
}
