// What sealing costs: cipher, content id and tree of one blob, and a keyring by its number of readers. One core.
// Run: node test/bench/sealed-blobs.ts [parameters]
import { deriveNodeKeys } from "../../node/chain/index.ts";
import { chunkTreeRoot } from "../../node/core/bytes/chunk-tree.ts";
import { contentIdOf } from "../../node/core/bytes/content-id.ts";
import { bytesToLanes } from "../../node/core/bytes/lanes.ts";
import { keyringBytes, openKeyring, readKeyring, writeKeyring } from "../../node/privacy/sealed/keyring.ts";
import { openBlob, sealBlob } from "../../node/privacy/sealed/sealed-blob.ts";
import { testBlob } from "../support/blobs.ts";
import { accountOfMember, anyContentId, sealedTask, updateName } from "../support/history/sealed-members.ts";

const parameters = Number(process.argv[2] ?? 1_000_000);
const repetitions = 9;

async function median(work: () => unknown): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < repetitions; i++) {
    const startMs = performance.now();
    await work();
    times.push(performance.now() - startMs);
  }
  return times.sort((a, b) => a - b)[repetitions >> 1]!;
}

async function tell(what: string, work: () => unknown): Promise<void> {
  process.stdout.write(`${what.padEnd(40)} ${(await median(work)).toFixed(1).padStart(8)} ms\n`);
}

const bytes = testBlob(4 * parameters, 1);
const secret = testBlob(32, 2);
const seal = {
  task: sealedTask,
  name: updateName(),
  keyring: { contentId: anyContentId, lengthBytes: keyringBytes(1) },
  secret,
};
const sealed = sealBlob(bytes, seal);
await tell(`seal ${parameters} parameters`, () => sealBlob(bytes, seal));
await tell("open them", () => openBlob(sealed, seal));
await tell("content id of the sealed blob", () => contentIdOf(sealed));
await tell("chunk tree root of the lanes", () => chunkTreeRoot(bytesToLanes(bytes)));
const owner = { task: sealedTask, sender: accountOfMember(0) };
for (const readers of [8, 32, 64]) {
  const keys = Array.from(
    { length: readers },
    (_, i) => deriveNodeKeys(`0x${(i + 1).toString(16).padStart(64, "0")}`).encryption,
  );
  const publicKeys = keys.map(({ publicKey }) => publicKey);
  const keyring = readKeyring(await writeKeyring(secret, owner, publicKeys))!;
  const size = `${keyringBytes(readers)} bytes`;
  await tell(`make a keyring of ${readers} readers (${size})`, () => writeKeyring(secret, owner, publicKeys));
  if (readers === 64) await tell("open one", () => openKeyring(keyring, owner, keys[0]!));
}
