import { keccak_256 } from "@noble/hashes/sha3.js";
import { expect } from "chai";
import fc from "fast-check";
import { chunkCountOf, chunkTreeRoot, createChunkTree, verifyChunk } from "../../../../node/core/bytes/chunk-tree.ts";
import { fromHex, toHex } from "../../../../node/core/bytes/hex.ts";
import { bytesToLanes } from "../../../../node/core/bytes/lanes.ts";
import type { Bytes32, Hex } from "../../../../node/core/ids.ts";
import { expectCode } from "../../../support/expect-code.ts";
import { vectors } from "../../../support/vectors.ts";

interface Case {
  name: string;
  parameterCount: number;
  bytes: Hex;
  root: Bytes32;
  index: number;
  chunk: Hex;
  proof: Bytes32[];
}

const borders = [1, 2, 63, 64, 65, 127, 128, 129, 191, 192, 193, 255, 256, 257, 511, 512, 513, 1000];
const lanesOf = (length: number): Int32Array => Int32Array.from({ length }, (_, i) => Math.imul(i + 1, 0x9e3779b1));

/** The root by the words of docs/protocol/bytes.md, recursively, with another keccak. */
function plainRoot(lanes: Int32Array): Hex {
  const chunkCount = Math.ceil(lanes.length / 64);
  const padded = Buffer.alloc(chunkCount * 256);
  for (const [i, lane] of lanes.entries()) padded.writeInt32LE(lane, 4 * i);
  const uint32 = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return bytes;
  };
  const hash = (...parts: Uint8Array[]): Buffer => Buffer.from(keccak_256(Buffer.concat(parts)));
  let level = Array.from({ length: chunkCount }, (_, i) =>
    hash(Buffer.of(0), uint32(i), padded.subarray(256 * i, 256 * i + 256)),
  );
  while ((level.length & (level.length - 1)) !== 0) level.push(Buffer.alloc(32));
  while (level.length > 1) {
    level = Array.from({ length: level.length / 2 }, (_, i) => hash(Buffer.of(1), level[2 * i]!, level[2 * i + 1]!));
  }
  return `0x${hash(Buffer.of(2), uint32(lanes.length), level[0]!).toString("hex")}`;
}

describe("chunk tree", () => {
  for (const { name, bytes, ...claim } of vectors<Case>("chunk-tree")) {
    it(`vector: ${name}`, () => {
      const tree = createChunkTree(bytesToLanes(fromHex(bytes)));
      expect(tree.root).to.equal(claim.root);
      expect(toHex(tree.chunk(claim.index))).to.equal(claim.chunk);
      expect(tree.proof(claim.index)).to.deep.equal(claim.proof);
      expect(verifyChunk({ ...claim, chunk: fromHex(claim.chunk) })).to.equal(true);
    });
  }

  for (const length of borders) {
    it(`${length} lanes: the root is the specification's, and every chunk proves itself`, () => {
      const lanes = lanesOf(length);
      const tree = createChunkTree(lanes);
      expect(tree.root).to.equal(plainRoot(lanes));
      expect(chunkTreeRoot(lanes)).to.equal(tree.root);
      expect(tree.chunkCount)
        .to.equal(Math.ceil(length / 64))
        .and.to.equal(chunkCountOf(length));
      for (let index = 0; index < tree.chunkCount; index++) {
        const claim = { root: tree.root, parameterCount: length, index, chunk: tree.chunk(index) };
        expect(verifyChunk({ ...claim, proof: tree.proof(index) }), `chunk ${index}`).to.equal(true);
      }
    });
  }

  it("binds the number of lanes: trailing zeros make another root", () => {
    expect(chunkTreeRoot(Int32Array.of(5))).not.to.equal(chunkTreeRoot(Int32Array.of(5, 0)));
    expect(chunkTreeRoot(lanesOf(64))).not.to.equal(chunkTreeRoot(Int32Array.of(...lanesOf(64), 0)));
  });

  it("hashes a view in the middle of a buffer as its own vector", () => {
    const whole = lanesOf(300);
    expect(chunkTreeRoot(whole.subarray(7, 207))).to.equal(chunkTreeRoot(whole.slice(7, 207)));
  });

  it("any change of any part of a claim fails", () => {
    const length = fc.integer({ min: 1, max: 700 });
    const part = fc.constantFrom("chunk", "proof", "root", "index", "parameterCount", "longer", "shorter");
    fc.assert(
      fc.property(length, fc.nat(), fc.nat(), part, (parameterCount, pick, where, change) => {
        const tree = createChunkTree(lanesOf(parameterCount));
        const index = pick % tree.chunkCount;
        const claim = { root: tree.root, parameterCount, index, chunk: tree.chunk(index), proof: tree.proof(index) };
        const flip = (hex: Hex): Hex => {
          const bytes = fromHex(hex);
          bytes[where % 32]! ^= 1 << (where % 8);
          return toHex(bytes);
        };
        switch (change) {
          case "chunk":
            claim.chunk[where % 256]! ^= 1 << (where % 8);
            break;
          case "proof":
            if (claim.proof.length === 0) return;
            claim.proof[where % claim.proof.length] = flip(claim.proof[where % claim.proof.length]!);
            break;
          case "root":
            claim.root = flip(claim.root);
            break;
          case "index":
            claim.index = (index + 1 + (where % 1000)) % 1024;
            if (claim.index === index) return;
            break;
          case "parameterCount":
            claim.parameterCount += 1 + (where % 200);
            break;
          case "longer":
            claim.proof.push(tree.root);
            break;
          case "shorter":
            if (claim.proof.length === 0) return;
            claim.proof.pop();
        }
        expect(verifyChunk(claim)).to.equal(false);
      }),
    );
  });

  it("a proof is of one index only, even for equal chunks", () => {
    const tree = createChunkTree(new Int32Array(256));
    const claim = { root: tree.root, parameterCount: 256, chunk: tree.chunk(0) };
    expect(verifyChunk({ ...claim, index: 0, proof: tree.proof(0) })).to.equal(true);
    expect(verifyChunk({ ...claim, index: 1, proof: tree.proof(0) })).to.equal(false);
    expect(verifyChunk({ ...claim, index: 1, proof: tree.proof(1) })).to.equal(true);
  });

  it("an inner node cannot pass for a chunk, nor a padding leaf for the last one", () => {
    const tree = createChunkTree(lanesOf(3 * 64));
    const claim = { root: tree.root, parameterCount: 4 * 64, index: 3, chunk: new Uint8Array(256) };
    expect(verifyChunk({ ...claim, proof: tree.proof(2) })).to.equal(false);
    expect(verifyChunk({ ...claim, parameterCount: 3 * 64, proof: tree.proof(2) })).to.equal(false);
  });

  it("answers false, never throws, on malformed claims", () => {
    const tree = createChunkTree(lanesOf(130));
    const good = { root: tree.root, parameterCount: 130, index: 1, chunk: tree.chunk(1), proof: tree.proof(1) };
    const bad: Partial<typeof good>[] = [
      { index: -1 },
      { index: 0.5 },
      { index: Number.NaN },
      { index: 3 },
      { parameterCount: 0 },
      { parameterCount: Number.NaN },
      { parameterCount: 2 ** 40 },
      { chunk: tree.chunk(1).subarray(1) },
      { chunk: new Uint8Array(257) },
      { proof: [good.proof[0]!, "0x12"] },
      { proof: [good.proof[0]!, "zz" as Bytes32] },
      { root: "0x" },
    ];
    for (const change of bad) expect(verifyChunk({ ...good, ...change }), JSON.stringify(change)).to.equal(false);
  });

  it("refuses no lanes, and indexes outside", async () => {
    await expectCode("INVALID_ARGUMENT", () => chunkTreeRoot(new Int32Array(0)));
    const tree = createChunkTree(lanesOf(65));
    for (const index of [-1, 2, 0.5, Number.NaN]) {
      await expectCode("INVALID_ARGUMENT", () => tree.chunk(index));
      await expectCode("INVALID_ARGUMENT", () => tree.proof(index));
    }
  });
});
