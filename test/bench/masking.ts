// Cost of masks beside references in the same run: node test/bench/masking.ts [--quick] [--json]
// Times are of the processor, on all its threads. The ratios are what counts: they survive another machine. --quick leaves out the rounds of a million parameters.
import { createCipheriv } from "node:crypto";
import { createWeightedMean } from "../../node/aggregation/index.ts";
import { deriveNodeKeys } from "../../node/chain/node-keys.ts";
import { extendAccumulator, startAccumulator } from "../../node/core/commitment.ts";
import { abiWords, toHex } from "../../node/core/hex.ts";
import type { Address } from "../../node/core/ids.ts";
import { keccak256 } from "../../node/core/keccak.ts";
import { maskGraph } from "../../node/core/mask-graph.ts";
import {
  answerUnmasking,
  collectOpenings,
  createMaskedMean,
  createMaskSecrets,
  keysHash,
  type MaskSecrets,
  maskUpdate,
  sealShares,
  type UnmaskAnswer,
} from "../../node/privacy/masking/index.ts";
import {
  addMasks,
  createScalarMaskedBlock,
  maskBlockLanes,
  prepareMasks,
} from "../../node/privacy/masking/mask-stream.ts";
import { createRandom } from "../../node/system/random.ts";

type Commitment = Parameters<typeof answerUnmasking>[1]["view"]["commitments"][number];

const random = createRandom();
const million = 1_000_000;
const masksOf32 = 33;
const repetitions = 5;

/** Processor time of this process so far, in milliseconds: unlike the clock it does not count what others do meanwhile. */
function spentMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Shortest time of each work in milliseconds, measured in turns so that all see the same machine. */
function shortest(works: readonly (() => unknown)[]): number[] {
  const times = works.map(() => Number.POSITIVE_INFINITY);
  for (let n = 0; n < repetitions; n++) {
    for (const [i, work] of works.entries()) {
      const start = spentMs();
      work();
      times[i] = Math.min(times[i]!, spentMs() - start);
    }
  }
  return times;
}

/** The masks of a participant with 32 neighbours on a million parameters, by each generator that was a candidate. */
function generators(): object[] {
  const lanes = new Int32Array(million);
  const keys = Array.from({ length: masksOf32 }, () => random.bytes(32));
  const masks = prepareMasks(keys.map((key, i) => ({ key, sign: i % 2 === 0 ? 1 : -1 })));
  const zeros = new Uint8Array(4 * maskBlockLanes);
  const chaCha = () => {
    const ciphers = keys.map((key) => createCipheriv("chacha20", key, new Uint8Array(16)));
    for (let start = 0; start < million; start += maskBlockLanes) {
      const part = lanes.subarray(start, start + maskBlockLanes);
      for (const cipher of ciphers) {
        const bytes = cipher.update(zeros.subarray(0, part.byteLength));
        const stream = new Int32Array(bytes.buffer, bytes.byteOffset, part.length);
        for (let i = 0; i < part.length; i++) part[i]! += stream[i]!;
      }
    }
  };
  // one mask of the 33: the figure is scaled
  const keccak = () => {
    const message = new Uint8Array(40);
    const view = new DataView(message.buffer);
    message.set(keys[0]!);
    for (let start = 0; start < million; start += 8) {
      view.setUint32(36, start / 8);
      const stream = new DataView(keccak256(message).buffer);
      for (let i = 0; i < 8; i++) lanes[start + i]! += stream.getInt32(4 * i, true);
    }
  };
  const block = createScalarMaskedBlock(maskBlockLanes);
  const [blakeMs, chaChaMs, keccakMs, scalarMs] = shortest([
    () => addMasks(lanes, masks),
    chaCha,
    keccak,
    () => addMasks(lanes, masks.slice(0, 1), 0, block),
  ]) as [number, number, number, number];
  const row = (generator: string, ms: number) => ({ generator, ms: Math.round(ms), "x ChaCha20": ratio(ms, chaChaMs) });
  return [
    row("BLAKE2b, WebAssembly SIMD (used)", blakeMs),
    row("BLAKE2b, JavaScript (fallback)", masksOf32 * scalarMs),
    row("ChaCha20, node:crypto (OpenSSL)", chaChaMs),
    row("keccak-256 counter mode, hash-wasm", masksOf32 * keccakMs),
  ];
}

/** A whole masked aggregation, every participant of it, beside the mean of the same updates in the open. */
async function round(parameterCount: number, drawn: number, neighbours: number): Promise<object> {
  const rules = { neighbours, thresholdPercent: 67, minUpdates: 3, drawn };
  const deployment = { chainId: 1, federation: account(0xfe) };
  const opening = { taskId: 1, round: 1, seed: BigInt(toHex(random.bytes(9))), baseModelRoot: toHex(random.bytes(32)) };
  const graph = maskGraph({ ...opening, drawn, neighbours });
  const encryption = Array.from({ length: drawn }, (_, i) => deriveNodeKeys(toHex(keccak256(abiWords(i)))).encryption);
  const receiver = (slot: number) => ({ participant: account(slot), encryptionKey: encryption[slot]!.publicKey });
  const context = { ...deployment, ...opening };

  const secrets: MaskSecrets[] = [];
  const bundles = new Map<number, Uint8Array>();
  const keysS = await each(drawn, async (slot) => {
    const own = createMaskSecrets(random);
    secrets.push(own);
    const deal = {
      context,
      from: account(slot),
      secrets: own,
      thresholdPercent: 67,
      neighbours: graph[slot]!.map(receiver),
    };
    bundles.set(slot, await sealShares(deal));
  });
  const advertisements = secrets.map(({ maskKey, seedHash }, slot) => {
    return { participant: account(slot), slot, maskKey, seedHash, sharesId: toHex(keccak256(bundles.get(slot)!)) };
  });

  // a tenth drops out after advertising; every update goes into both means as it is made, so that one is in memory at a time
  const dropped = Math.max(1, Math.floor(drawn / 10));
  const survivors = advertisements.slice(dropped);
  const keyed = { ...opening, drawn, neighbours, advertisements };
  const closed = { ...keyed, surviving: survivors.map(({ slot }) => slot) };
  const plain = createWeightedMean({ parameterCount, serverRateQ16: 65_536 });
  const sum = new Int32Array(parameterCount);
  let [maskMs, plainMs, addMs] = [0, 0, 0];
  const commitments: Commitment[] = [];
  for (const { slot, participant } of survivors) {
    const lanes = Int32Array.from({ length: parameterCount }, (_, i) => Math.imul(i + 1, 0x9e37_79b1 + 2 * slot) >> 12);
    const weight = 1 + (slot % 9);
    let start = spentMs();
    const masked = await maskUpdate({ lanes, weight, slot, secrets: secrets[slot]!, round: keyed });
    maskMs += spentMs() - start;
    start = spentMs();
    plain.add(lanes, weight);
    plainMs += spentMs() - start;
    start = spentMs();
    for (let i = 0; i < sum.length; i++) sum[i]! += masked[i]!;
    addMs += spentMs() - start;
    commitments.push({
      participant,
      slot,
      weight,
      updateRoot: toHex(random.bytes(32)),
      contentId: toHex(random.bytes(32)),
    });
  }

  const view = { ...keyed, enrolled: drawn, commitments };
  const start = startAccumulator({ ...deployment, ...opening, enrolled: drawn, drawn });
  const accumulator = [...advertisements, ...commitments].reduce(extendAccumulator, start);
  const answers: UnmaskAnswer[] = [];
  const answerS = await each(survivors.length, async (i) => {
    const { slot, participant, sharesId } = survivors[i]!;
    const own = { ...opening, ...rules, participant, slot, secrets: secrets[slot]!, sharesId };
    const { updateRoot, contentId, weight } = commitments[i]!;
    const masked = {
      baseModelRoot: opening.baseModelRoot,
      keys: keysHash(advertisements),
      updateRoot,
      contentId,
      weight,
    };
    const privateKey = encryption[slot]!.privateKey;
    const request = { ...deployment, taskId: 1, view: { ...view, accumulator }, bundles, privateKey };
    answers.push((await answerUnmasking({ secrets: own, masked, answer: undefined }, request)).answer);
  });
  // one survivor does not answer: its seed comes from shares, like the dropped ones' keys
  let openings: Uint8Array | undefined;
  const collectS = await each(1, async () => {
    const collected = await collectOpenings({
      round: closed,
      thresholdPercent: 67,
      bundles,
      answers: answers.slice(1),
    });
    openings = collected.openings;
  });
  const base = new Int32Array(parameterCount);
  let [model, expected]: (Int32Array | undefined)[] = [];
  const clipLanes = Math.floor((2 ** 31 - 1) / Number(plain.totalWeight));
  const sumS = await each(1, async () => {
    const mean = createMaskedMean({
      parameterCount,
      serverRateQ16: 65_536,
      clipLanes,
      round: closed,
      openings: openings!,
    });
    // the whole sum in the place of one update, nothing in that of the others
    for (const [i, { weight }] of commitments.entries()) mean.add(i === 0 ? sum : base, weight);
    model = mean.finish(base);
  });
  plainMs += 1000 * (await each(1, async () => (expected = plain.finish(base))));
  if (!model!.every((lane, i) => lane === expected![i])) process.stderr.write("the sums differ\n");
  const masked = { maskS: maskMs / 1000 / survivors.length, sumS: sumS + addMs / 1000 };
  const total = keysS + masked.maskS + answerS + collectS + masked.sumS;
  const bundleBytes = bundles.get(0)!.length;
  const extraBytes = bundleBytes * (1 + graph[0]!.length) + answers[0]!.seed.length + answers[0]!.shares.length;
  return {
    parameters: parameterCount,
    participants: drawn,
    neighbours: graph[0]!.length,
    "keys, shares s": seconds(keysS),
    "mask s": seconds(masked.maskS),
    "answer s": seconds(answerS),
    "collect s": seconds(collectS),
    "sum s": seconds(masked.sumS),
    "plain mean s": seconds(plainMs / 1000),
    "x plain": ratio(total, plainMs / 1000),
    "update bytes": 4 * parameterCount,
    "mask bytes": extraBytes,
  };
}

/** Mean seconds of so many runs, one after another. */
async function each(count: number, run: (i: number) => Promise<unknown>): Promise<number> {
  const start = spentMs();
  for (let i = 0; i < count; i++) await run(i);
  return (spentMs() - start) / 1000 / count;
}

function account(slot: number): Address {
  return toHex(new Uint8Array(20).fill(slot + 1));
}

function seconds(value: number): number {
  return Number(value.toPrecision(3));
}

function ratio(value: number, reference: number): number {
  return Number((value / reference).toPrecision(3));
}

const shapes: readonly Parameters<typeof round>[] = [
  [100_000, 8, 0],
  [100_000, 32, 0],
  [100_000, 100, 20],
  [million, 8, 0],
  [million, 32, 0],
  [million, 100, 20],
];
const chosen = process.argv.includes("--quick") ? shapes.slice(0, 3) : shapes;
const results = { generators: generators(), rounds: [] as object[] };
for (const shape of chosen) results.rounds.push(await round(...shape));
if (process.argv.includes("--json")) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
else {
  for (const rows of [results.generators, results.rounds]) {
    const names = Object.keys(rows[0]!);
    const texts = rows.map((row) => Object.values(row).map(String));
    const widths = names.map((name, i) => Math.max(name.length, ...texts.map((text) => text[i]!.length)));
    const line = (cells: readonly string[]) => `${cells.map((cell, i) => cell.padStart(widths[i]!)).join("  ")}\n`;
    process.stdout.write(`${line(names)}${texts.map(line).join("")}\n`);
  }
}
