import { bytesToLanes } from "../../../node/core/bytes/lanes.ts";
import { epsilonBound } from "../../../node/privacy/accountant/index.ts";
import { createBfv, drawSecretKey } from "../../../node/privacy/encrypted/index.ts";
import { createMaskedMean, createMaskSecrets, maskUpdate } from "../../../node/privacy/masking/index.ts";
import { clipUpdate, createDiscreteGaussian, createRandomWords } from "../../../node/privacy/noise/index.ts";
import { createRandom } from "../../../node/system/index.ts";
import { changeOf, type LocalUpdate, laneRules, meanChange, parametersOf } from "./train-round.ts";

/** What an aggregator sees of a round, by mode. */
export interface View {
  readonly name: string;
  /** What it may take for the change that participant k made; the attack keeps what tells most. */
  changes(k: number): readonly Float64Array[];
}

/** Of the whole noise over the L2 clip of an update, in the noisy views. */
const noiseMultiplier = 1;
const clipNorm = 1;
const delta = 1e-5;

const random = createRandom();

/** The views of one round: every one is made by the code that the nodes run. */
export async function viewsOf(updates: readonly LocalUpdate[], base: Int32Array): Promise<View[]> {
  const masked = await masksOf(updates);
  const opened = changeOf(masked.sum).map((value) => value / masked.totalWeight);
  const ciphers = await ciphersOf(updates);
  const epsilon = epsilonBound([{ mechanism: { kind: "gaussian", noiseMultiplier }, times: 1 }], delta).epsilon.toFixed(
    1,
  );
  const noisy = updates.map((update) => clipped(update, base));
  return [
    { name: "transparent: the update", changes: (k) => [changeOf(updates[k]!.lanes)] },
    { name: "masked: what was committed", changes: (k) => [changeOf(masked.lanes[k]!)] },
    { name: "encrypted: what was committed", changes: (k) => [changeOf(ciphers[k]!)] },
    { name: "masked or encrypted: the opened sum of ten", changes: () => [opened] },
    {
      name: `transparent, noise of epsilon ${epsilon} a round: the update`,
      changes: (k) => [changeOf(withNoise(noisy[k]!.lanes, 1))],
    },
    {
      name: `masked, noise of epsilon ${epsilon} a round: the opened sum`,
      changes: () => [
        meanChange(noisy.map((update) => ({ ...update, lanes: withNoise(update.lanes, updates.length) }))),
      ],
    },
  ];
}

/** Masks every update as in a round in which nobody drops out, and opens the sum. */
async function masksOf(updates: readonly LocalUpdate[]) {
  const secrets = updates.map(() => createMaskSecrets(random));
  const advertisements = secrets.map(({ maskKey, seedHash }, slot) => ({ slot, maskKey, seedHash }));
  const graph = { seed: 1n, drawn: updates.length, neighbours: 0 };
  const round = { taskId: 1, round: 1, ...graph, advertisements, surviving: advertisements.map(({ slot }) => slot) };
  const lanes = await Promise.all(
    updates.map((update, slot) => maskUpdate({ ...update, slot, secrets: secrets[slot]!, round })),
  );
  const openings = new Uint8Array(32 * updates.length);
  secrets.forEach(({ seed }, slot) => {
    openings.set(seed, 32 * slot);
  });
  const mean = createMaskedMean({
    parameterCount: lanes[0]!.length,
    serverRateQ16: 1 << 16,
    clipLanes: laneRules.clipLanes,
    round,
    openings,
  });
  updates.forEach(({ weight }, slot) => {
    mean.add(lanes[slot]!, weight);
  });
  return { lanes, sum: mean.unmaskedSum(), totalWeight: Number(mean.totalWeight) };
}

/** Every update under one group key; of the bytes, as many as the model has lanes. */
async function ciphersOf(updates: readonly LocalUpdate[]): Promise<Int32Array[]> {
  const bfv = createBfv();
  const publicKey = await bfv.createPublicKey(drawSecretKey(random));
  const ciphers: Int32Array[] = [];
  for (const { lanes, weight } of updates) {
    const cipher = await bfv.encrypt(
      publicKey,
      lanes.map((lane) => weight * lane),
    );
    ciphers.push(bytesToLanes(cipher).subarray(0, lanes.length));
  }
  return ciphers;
}

/** An update within the clip norm, of weight 1, as a task with noise wants it. */
function clipped({ lanes }: LocalUpdate, base: Int32Array): LocalUpdate {
  const { fractionBits } = laneRules;
  const clipNormLanes = clipNorm * 2 ** fractionBits;
  const local = parametersOf(base.map((lane, i) => lane + lanes[i]!));
  return { lanes: clipUpdate(local, base, { fractionBits, clipNormLanes, norm: "l2" }).lanes, weight: 1 };
}

/** The update with its share of the noise: one of so many shares that make the whole. */
function withNoise(lanes: Int32Array, shares: number): Int32Array {
  const noiseStdLanes = (noiseMultiplier * clipNorm * 2 ** laneRules.fractionBits) / Math.sqrt(shares);
  const draw = createDiscreteGaussian(noiseStdLanes, createRandomWords(random));
  return lanes.map((lane) => lane + draw());
}
