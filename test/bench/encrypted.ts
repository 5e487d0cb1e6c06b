// Encrypted updates: bytes and time for a million parameters, beside plain lanes in the same run: node
// test/bench/encrypted.ts [--quick] [--json] Times are of the processor, not of the clock: others may be at work.
// --quick takes a hundred thousand parameters.
import { weightedMean } from "../../node/aggregation/index.ts";
import { meanOfSum } from "../../node/aggregation/mean-of-sum.ts";
import { x25519PublicKey } from "../../node/chain/accounts/node-keys.ts";
import { toHex } from "../../node/core/bytes/hex.ts";
import { createBfv } from "../../node/privacy/encrypted/bfv.ts";
import { createCipherSum } from "../../node/privacy/encrypted/cipher-sum.ts";
import { groupKeyHashes, openKeyBlob, sealKeyBlob } from "../../node/privacy/encrypted/key-blob.ts";
import { drawSecretKey } from "../../node/privacy/encrypted/secret-key.ts";
import { createRandom } from "../../node/system/random.ts";

const parameterCount = process.argv.includes("--quick") ? 100_000 : 1_000_000;
const repetitions = 3;
const clipLanes = 8192;
const bfv = createBfv();
const random = createRandom();
const rows: { what: string; ms: number; bytes?: number }[] = [];

/** Shortest time of the processor in some runs, milliseconds. */
async function measure<T>(what: string, work: () => Promise<T> | T, bytesOf?: (result: T) => number): Promise<T> {
  let least = Number.POSITIVE_INFINITY;
  let result: T | undefined;
  for (let i = 0; i < repetitions; i++) {
    const before = process.cpuUsage();
    result = await work();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1000);
  }
  rows.push({ what, ms: least, ...(bytesOf && { bytes: bytesOf(result!) }) });
  return result!;
}

const lanesOf = (stream: number): Int32Array =>
  Int32Array.from({ length: parameterCount }, (_, i) => Math.imul(i + 1, 0x9e37_79b1 + 2 * stream) >> 19);

const secretKey = drawSecretKey(random);
await bfv.createPublicKey(secretKey); // loads SEAL
const publicKey = await measure("a key pair", () =>
  bfv.createPublicKey(drawSecretKey(random)).then(() => bfv.createPublicKey(secretKey)),
);
const key = { publicKey, secretKey };
const privateKey = random.bytes(32);
const account = toHex(new Uint8Array(20));
const start = toHex(new Uint8Array(32));
const context = { federation: account, taskId: 1, round: 1, start, dealer: account };
const receivers = Array.from({ length: 32 }, () => ({ account, encryptionKey: x25519PublicKey(privateKey) }));
const blob = await measure(
  "the key blob for 32",
  () => sealKeyBlob(key, context, receivers),
  ({ length }) => length,
);
await measure("opening and checking one copy", () =>
  openKeyBlob({ bfv, blob, context, hashes: groupKeyHashes(key), drawn: 32, slot: 7, me: account, privateKey }),
);
const lanes = lanesOf(1);
const cipher = await measure(
  "encrypting an update",
  () => bfv.encrypt(publicKey, lanes),
  ({ length }) => length,
);

for (const addends of [8, 32, 64]) {
  await measure(`adding ${addends} ciphertexts`, () => {
    const sum = createCipherSum(parameterCount);
    for (let k = 0; k < addends; k++) sum.add(cipher);
    return sum.finish();
  });
  const updates = Array.from({ length: addends }, () => ({ lanes, weight: 1 }));
  const base = new Int32Array(parameterCount);
  await measure(`plain lanes: mean of ${addends}`, () => weightedMean({ base, updates, serverRateQ16: 65_536 }));
}

const sum = createCipherSum(parameterCount);
for (let k = 0; k < 64; k++) sum.add(cipher);
const bytes = sum.finish();
const opened = await measure("opening a sum of 64", () => bfv.decrypt(secretKey, bytes, parameterCount));
await measure("the mean of an opened sum", () =>
  meanOfSum({ base: new Int32Array(parameterCount), sum: opened, totalWeight: 64n, clipLanes, serverRateQ16: 65_536 }),
);
const isExact = opened.every((lane, i) => lane === 64 * lanes[i]!);

const result = {
  parameterCount,
  isExact,
  plainBytes: 4 * parameterCount,
  rssMiB: process.memoryUsage().rss / 2 ** 20,
  rows,
};
if (process.argv.includes("--json")) process.stdout.write(`${JSON.stringify(result)}\n`);
else {
  process.stdout.write(
    `${parameterCount} parameters, ${4 * parameterCount} bytes as plain lanes; the sum is ${isExact ? "exact" : "WRONG"}\n`,
  );
  for (const row of rows) {
    const size = row.bytes === undefined ? "" : `  ${row.bytes} bytes`;
    process.stdout.write(`${row.what.padEnd(34)} ${row.ms.toFixed(1).padStart(9)} ms${size}\n`);
  }
}
process.exitCode = isExact ? 0 : 1;
