// Cost of masks beside references in the same run: node test/bench/masking.ts [--quick] [--json]
// Times are of the processor, on all its threads. The ratios are what counts: they survive another machine. --quick
// leaves out the rounds of a million parameters.
import { createCipheriv } from "node:crypto";
import { SigningKey } from "ethers";
import { createWeightedMean } from "../../node/aggregation/index.ts";
import { accountOf } from "../../node/chain/accounts/signer.ts";
import { attestationDomain, recoverSigner } from "../../node/chain/contracts/attestation-digest.ts";
import { recordDigest } from "../../node/chain/contracts/signed-records.ts";
import { toHex } from "../../node/core/bytes/hex.ts";
import { keccak256 } from "../../node/core/bytes/keccak.ts";
import type { Address, Hex } from "../../node/core/ids.ts";
import type { Commitment } from "../../node/core/records.ts";
import { accumulatorOf, anchorOf, startValue } from "../../node/core/words/commitment.ts";
import { rememberSigners } from "../../node/participant/masked/mask-trust.ts";
import type { SignedRecord } from "../../node/ports/chain.ts";
import {
  answerUnmasking,
  checkKeys,
  collectOpenings,
  createMaskedMean,
  createMaskSecrets,
  createShareKey,
  type MaskTrust,
  maskUpdate,
  type RoundSecrets,
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

const random = createRandom();
const million = 1_000_000;
const masksOf32 = 33;
const repetitions = 5;

/**
 * Processor time of this process so far, in milliseconds: unlike the clock it does not count what others do meanwhile.
 */
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

/** The masks of a participant with 32 others on a million parameters, by each generator that was a candidate. */
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
async function round(parameterCount: number, drawn: number): Promise<object> {
  const deployment = { chainId: 1, federation: toHex(new Uint8Array(20).fill(0xfe)) as Address };
  const domain = attestationDomain(deployment.chainId, deployment.federation);
  const privateKeys = Array.from({ length: drawn }, () => toHex(random.bytes(32)));
  const accounts = privateKeys.map(accountOf);
  const sign = (slot: number, record: SignedRecord) =>
    new SigningKey(privateKeys[slot]!).sign(recordDigest(domain, record)).serialized as Hex;
  const taskId = 1;
  const about = { round: 1, headAtOpening: toHex(random.bytes(32)), baseModelRoot: toHex(random.bytes(32)) };
  const drawnOf = { ...about, seed: 0n, enrolled: drawn, drawn };
  const start = startValue({ ...deployment, taskId, ...drawnOf, historyHead: about.headAtOpening });
  const shareKeys = Array.from({ length: drawn }, () => createShareKey(random));

  const secrets: RoundSecrets[] = [];
  const bundles = new Map<number, Uint8Array>();
  const keysS = await each(drawn, async (slot) => {
    const own = createMaskSecrets(random);
    const participant = accounts[slot]!;
    const others = accounts.map((account, i) => ({ participant: account, shareKey: shareKeys[i]!.publicKey }));
    others.splice(slot, 1);
    const bundle = await sealShares({ start, from: participant, secrets: own, thresholdPercent: 67, others });
    bundles.set(slot, bundle);
    const limits = { drawn, thresholdPercent: 67, minUpdates: 3 };
    const { publicKey: shareKey } = createShareKey(random);
    const named = { taskId, round: 1, start, participant, slot, sharesId: toHex(keccak256(bundle)), shareKey };
    secrets.push({ ...named, ...limits, secrets: own, openingKey: shareKeys[slot]!.privateKey });
  });
  const advertisements = secrets.map(({ participant, slot, sharesId, shareKey, secrets: { maskKey, seedHash } }) => {
    const keys = { taskId, round: 1, participant, slot, maskKey, seedHash, sharesId, shareKey };
    return { ...keys, signature: sign(slot, { type: "advertisement", ...keys, start }) };
  });
  const keyed = { ...drawnOf, start, advertisements, anchor: anchorOf(start, advertisements) };
  // a process of its own for each participant: none has seen a signature before
  const trust = (): MaskTrust => ({
    ...deployment,
    isGranted: () => true,
    rules: { thresholdPercent: 67, minUpdates: 3 },
    drawnBySlot: new Map(accounts.map((account, slot) => [slot, account])),
    recoverSigner: rememberSigners((record) => recoverSigner(recordDigest(domain, record), record.signature)),
  });
  const trusts = new Map<number, MaskTrust>();

  // a tenth drops out after advertising; every update goes into both means as it is made, so that one is in memory at a
  // time
  const dropped = Math.max(1, Math.floor(drawn / 10));
  const survivors = secrets.slice(dropped);
  const closed = { taskId, round: 1, advertisements, surviving: survivors.map(({ slot }) => slot) };
  const plain = createWeightedMean({ parameterCount, serverRateQ16: 65_536 });
  const sum = new Int32Array(parameterCount);
  let [maskMs, plainMs, addMs] = [0, 0, 0];
  const commitments: Commitment[] = [];
  for (const own of survivors) {
    const { slot, participant } = own;
    const lanes = Int32Array.from({ length: parameterCount }, (_, i) => Math.imul(i + 1, 0x9e37_79b1 + 2 * slot) >> 12);
    const weight = 1 + (slot % 9);
    let startMs = spentMs();
    trusts.set(slot, trust());
    checkKeys(own, keyed, trusts.get(slot)!);
    const masked = await maskUpdate({ lanes, weight, slot, secrets: own.secrets, round: closed });
    maskMs += spentMs() - startMs;
    startMs = spentMs();
    plain.add(lanes, weight);
    plainMs += spentMs() - startMs;
    startMs = spentMs();
    for (let i = 0; i < sum.length; i++) sum[i]! += masked[i]!;
    addMs += spentMs() - startMs;
    const [updateRoot, contentId] = [toHex(random.bytes(32)), toHex(random.bytes(32))];
    commitments.push({ taskId, round: 1, participant, slot, weight, updateRoot, contentId });
  }

  const accumulator = accumulatorOf(keyed.anchor, commitments);
  const view = { ...keyed, commitments, accumulator };
  const words = survivors.map(({ slot, participant }) => {
    const word = { taskId, round: 1, accumulator, participant };
    return { ...word, signature: sign(slot, { type: "closing", ...word }) };
  });
  const answers: UnmaskAnswer[] = [];
  const answerS = await each(survivors.length, async (i) => {
    const own = survivors[i]!;
    const { updateRoot, contentId, weight } = commitments[i]!;
    const masked = { anchor: keyed.anchor, baseModelRoot: about.baseModelRoot, updateRoot, contentId, weight };
    const held = new Set(closed.surviving);
    const request = { view, trust: trusts.get(own.slot)!, words, held, bundles };
    answers.push((await answerUnmasking({ secrets: own, masked, closing: { accumulator } }, request)).answer);
  });
  // one survivor does not answer: its seed comes from shares, like the dropped ones' keys
  let openings: Uint8Array | undefined;
  const collectS = await each(1, async () => {
    const collected = await collectOpenings({
      round: closed,
      drawn,
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
  const extraBytes = bundleBytes * drawn + answers[0]!.seed.length + answers[0]!.shares.length;
  return {
    parameters: parameterCount,
    participants: drawn,
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

function seconds(value: number): number {
  return Number(value.toPrecision(3));
}

function ratio(value: number, reference: number): number {
  return Number((value / reference).toPrecision(3));
}

const shapes: readonly Parameters<typeof round>[] = [
  [100_000, 8],
  [100_000, 32],
  [100_000, 64],
  [million, 8],
  [million, 32],
  [million, 64],
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
