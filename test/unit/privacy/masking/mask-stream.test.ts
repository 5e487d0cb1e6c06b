import { blake2b } from "@noble/hashes/blake2.js";
import { expect } from "chai";
import fc from "fast-check";
import { toHex } from "../../../../node/core/bytes/hex.ts";
import { lanesToBytes } from "../../../../node/core/bytes/lanes.ts";
import type { Hex } from "../../../../node/core/ids.ts";
import {
  addMask,
  addMasks,
  createScalarMaskedBlock,
  maskChunk,
  prepareMasks,
} from "../../../../node/privacy/masking/mask-stream.ts";
import { createWasmMaskedBlock } from "../../../../node/privacy/masking/wasm-mask-stream.ts";
import { expectCode } from "../../../support/expect-code.ts";
import { vectors } from "../../../support/vectors.ts";

const key = Uint8Array.from({ length: 32 }, (_, i) => 7 * i + 1);

/** The stream by another implementation of BLAKE2b: block i is the keyed hash of i as eight little-endian bytes. */
function streamBytes(streamKey: Uint8Array, firstBlock: number, blocks: number): Uint8Array {
  const bytes = new Uint8Array(64 * blocks);
  for (let i = 0; i < blocks; i++) {
    const message = new Uint8Array(8);
    new DataView(message.buffer).setBigUint64(0, BigInt(firstBlock + i), true);
    bytes.set(blake2b(message, { key: streamKey, dkLen: 64 }), 64 * i);
  }
  return bytes;
}

describe("mask stream", () => {
  it("stands on a BLAKE2b that gives RFC 7693's example", () => {
    const digest = toHex(blake2b(new TextEncoder().encode("abc")));
    expect(digest).to.match(
      /^0xba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533cc95/,
    );
  });

  const generators = { WebAssembly: createWasmMaskedBlock(64), JavaScript: createScalarMaskedBlock(64) };
  for (const [name, block] of Object.entries(generators)) {
    it(`is keyed BLAKE2b in counter mode, by ${name}, at any length`, () => {
      expect(block).not.to.equal(undefined);
      for (const length of [0, 1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 96, 200, 257]) {
        const lanes = new Int32Array(length);
        addMasks(lanes, prepareMasks([{ key, sign: 1 }]), 0, block);
        const expected = streamBytes(key, 0, Math.ceil(length / 16)).subarray(0, 4 * length);
        expect(lanesToBytes(lanes)).to.deep.equal(expected);
        addMasks(lanes, prepareMasks([{ key, sign: -1 }]), 0, block);
        expect(lanes.every((lane) => lane === 0)).to.equal(true);
      }
    });

    it(`goes on from any block, by ${name}`, () => {
      fc.assert(
        fc.property(
          fc.uint8Array({ minLength: 32, maxLength: 32 }),
          fc.oneof(fc.integer({ min: 0, max: 2 ** 28 - 3 }), fc.constantFrom(0, 1, 2 ** 16 - 1, 2 ** 28 - 3)),
          fc.array(fc.integer(), { minLength: 1, maxLength: 40 }),
          fc.constantFrom(1 as const, -1 as const),
          (anyKey, firstBlock, values, sign) => {
            const lanes = Int32Array.from(values);
            addMasks(lanes, prepareMasks([{ key: anyKey, sign }]), 16 * firstBlock, block);
            const stream = new DataView(streamBytes(anyKey, firstBlock, 3).buffer);
            const expected = Int32Array.from(values, (value, i) => value + sign * stream.getInt32(4 * i, true));
            expect(lanes).to.deep.equal(expected);
          },
        ),
        { numRuns: 60 },
      );
    });
  }

  it("agrees with the vectors", () => {
    const cases = vectors<{ kind: string; key: Hex; chunk: number; lanes: Hex }>("masking").filter(
      (c) => c.kind === "stream",
    );
    expect(cases).to.have.length.above(5);
    for (const { key: hex, chunk, lanes } of cases) {
      const bytes = Uint8Array.from(Buffer.from(hex.slice(2), "hex"));
      expect(toHex(lanesToBytes(maskChunk(bytes, chunk)))).to.equal(lanes);
      expect(toHex(streamBytes(bytes, 4 * chunk, 4))).to.equal(lanes);
    }
  });

  it("is laid on across blocks of work, and many masks come off again in any order", () => {
    const lanes = Int32Array.from({ length: 40_000 }, (_, i) => Math.imul(i, 0x9e37_79b1));
    const before = lanes.slice();
    const masks = Array.from(
      { length: 5 },
      (_, k) => ({ key: key.map((byte) => byte ^ k), sign: k % 2 === 0 ? 1 : -1 }) as const,
    );
    addMasks(lanes, prepareMasks(masks));
    expect(lanes.filter((lane, i) => lane === before[i])).to.have.length.below(5);
    for (const { key: each, sign } of masks.reverse()) addMask(lanes, each, sign === 1 ? -1 : 1);
    expect(lanes).to.deep.equal(before);
  });

  it("refuses keys that are not 32 bytes", async () => {
    for (const length of [0, 31, 33, 64]) {
      await expectCode("LENGTH_MISMATCH", () => addMask(new Int32Array(4), new Uint8Array(length), 1));
    }
  });
});
