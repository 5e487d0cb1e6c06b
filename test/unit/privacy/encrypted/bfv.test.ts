import { expect } from "chai";
import fc from "fast-check";
import { toHex } from "../../../../node/core/bytes/hex.ts";
import { keccak256 } from "../../../../node/core/bytes/keccak.ts";
import { createBfv } from "../../../../node/privacy/encrypted/bfv.ts";
import { createCipherSum } from "../../../../node/privacy/encrypted/cipher-sum.ts";
import { blockBytes, cipherModulus, plainModulus, sumLimit } from "../../../../node/privacy/encrypted/parameters.ts";
import { drawSecretKey } from "../../../../node/privacy/encrypted/secret-key.ts";
import { createRandom } from "../../../../node/system/random.ts";
import { expectCode } from "../../../support/expect-code.ts";
import { openBlock } from "../../../support/states/plain-bfv.ts";

const bfv = createBfv();
const secretKey = drawSecretKey(createRandom());
const other = drawSecretKey(createRandom());
let publicKey: Uint8Array;

before(async () => {
  publicKey = await bfv.createPublicKey(secretKey);
});

describe("encrypted updates", () => {
  it("are opened to the exact sum, at every extreme, negative lanes too", async () => {
    const value = fc.oneof(
      fc.constantFrom(0, 1, -1, sumLimit - 1, 1 - sumLimit),
      fc.integer({ min: 1 - sumLimit, max: sumLimit - 1 }),
    );
    const lists = fc.array(fc.array(value, { minLength: 9, maxLength: 9 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(lists, async (updates) => {
        const sum = createCipherSum(9);
        for (const values of updates) sum.add(await bfv.encrypt(publicKey, Int32Array.from(values)));
        const opened = await bfv.decrypt(secretKey, sum.finish(), 9);
        // exact below 2^29; beyond it the sum modulo 2^30, as it is written
        const expected = opened.map((_, i) => wrapped(updates.reduce((total, values) => total + values[i]!, 0)));
        expect([...opened]).to.deep.equal([...expected]);
      }),
      { numRuns: 10 },
    );
  });

  it("of 64 participants leave noise to spare, more than any noise they can have", async () => {
    const lane = Math.floor((sumLimit - 1) / 64);
    const values = Int32Array.from({ length: 4097 }, (_, i) => (i % 2 === 0 ? lane : -lane));
    const sum = createCipherSum(values.length);
    let fresh = 0;
    for (let k = 0; k < 64; k++) {
      const cipher = await bfv.encrypt(publicKey, values);
      if (k === 0) fresh = openBlock(secretKey, cipher.subarray(0, blockBytes)).noise;
      sum.add(cipher);
    }
    const bytes = sum.finish();
    expect([...(await bfv.decrypt(secretKey, bytes, values.length))]).to.deep.equal(Array.from(values, (v) => 64 * v));
    const { values: plain, noise } = openBlock(secretKey, bytes.subarray(0, blockBytes));
    expect(plain).to.deep.equal(Array.from(values.subarray(0, 4096), (v) => 64 * v));
    // docs/exactness.md: a fresh ciphertext's noise is at most 1,538, and q / 2t is beyond 64 of them
    expect(fresh).to.be.lessThan(1538);
    expect(64 * 1538).to.be.lessThan(cipherModulus / (2 * plainModulus));
    expect(noise).to.be.lessThan(64 * 1538);
  }).timeout(30_000);

  it("are opened to what the definition says, without SEAL, whatever the bytes", async () => {
    const noise = createRandom().bytes(blockBytes);
    // high bytes are never 0xff: every coefficient is below q
    for (let i = 5; i < noise.length; i += 6) noise[i]! &= 0x7f;
    const opened = await bfv.decrypt(secretKey, noise, 4096);
    expect([...opened]).to.deep.equal(openBlock(secretKey, noise).values);
  });

  it("are never the same bytes twice, and not opened by another key", async () => {
    const values = Int32Array.from({ length: 100 }, (_, i) => i);
    const [one, two] = [await bfv.encrypt(publicKey, values), await bfv.encrypt(publicKey, values)];
    expect(toHex(keccak256(one))).not.to.equal(toHex(keccak256(two)));
    const opened = await bfv.decrypt(other, one, 100);
    expect(opened.filter((value, i) => value === i).length).to.be.lessThan(3);
  });

  it("become nonsense, and no crash, when their bytes are changed or are only noise", async () => {
    const values = new Int32Array(4096).fill(7);
    const cipher = await bfv.encrypt(publicKey, values);
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: blockBytes - 1 }),
        fc.integer({ min: 1, max: 255 }),
        async (at, bits) => {
          const changed = cipher.slice();
          changed[at]! ^= bits;
          const opened = await bfv.decrypt(secretKey, changed, 4096).catch((error: { code?: string }) => error.code);
          if (opened !== "CIPHERTEXT_INVALID") expect(opened).to.have.length(4096);
        },
      ),
      { numRuns: 20 },
    );
    const zeros = await bfv.decrypt(secretKey, new Uint8Array(blockBytes), 4096);
    expect(zeros.every((value) => value === 0)).to.equal(true);
  });

  it("refuse what is not theirs: values, lengths, keys", async () => {
    for (const value of [sumLimit, -sumLimit, -(2 ** 31)]) {
      await expectCode("INVALID_ARGUMENT", () => bfv.encrypt(publicKey, Int32Array.of(0, value)));
    }
    await expectCode("INVALID_ARGUMENT", () => bfv.encrypt(publicKey, new Int32Array(0)));
    await expectCode("CIPHERTEXT_INVALID", () => bfv.decrypt(secretKey, new Uint8Array(blockBytes - 1), 1));
    await expectCode("CIPHERTEXT_INVALID", () => bfv.decrypt(secretKey, new Uint8Array(blockBytes).fill(255), 1));
    await expectCode("GROUP_KEY_INVALID", () => bfv.encrypt(publicKey.subarray(1), Int32Array.of(1)));
    for (const at of [5, 8 * 4096 + 7, 8 * 8192 + 7, publicKey.length - 1]) {
      const key = publicKey.slice();
      key[at] = 0xff;
      await expectCode("GROUP_KEY_INVALID", () => bfv.encrypt(key.fill(0xff, at - 5, at + 1), Int32Array.of(1)));
    }
    for (const key of [secretKey.subarray(1), new Uint8Array(1024).fill(0xff), new Uint8Array(1024).fill(0x55)]) {
      await expectCode("GROUP_KEY_INVALID", () => bfv.decrypt(key, new Uint8Array(blockBytes), 1));
    }
  });

  it("stop when they are told to", async () => {
    const stopped = AbortSignal.abort(new Error("stopped"));
    const work = bfv.encrypt(publicKey, new Int32Array(17 * 4096), stopped);
    expect(await work.catch((error: Error) => error.message)).to.equal("stopped");
  });
});

describe("group keys", () => {
  it("belong together or are refused", async () => {
    await bfv.checkKeyPair(publicKey, secretKey);
    await expectCode("GROUP_KEY_INVALID", () => bfv.checkKeyPair(publicKey, other));
  });

  it("are drawn evenly over −1, 0 and 1", () => {
    const counts = [0, 0, 0];
    for (let k = 0; k < 8; k++) {
      const key = drawSecretKey(createRandom());
      for (let i = 0; i < 4096; i++) counts[(key[i >> 2]! >> (2 * (i & 3))) & 3]!++;
    }
    // 32,768 draws: a third with a deviation of 85
    for (const count of counts) expect(Math.abs(count - 32_768 / 3)).to.be.lessThan(600);
  });
});

function wrapped(value: number): number {
  const rest = ((value % plainModulus) + plainModulus) % plainModulus;
  return rest >= sumLimit ? rest - plainModulus : rest;
}
