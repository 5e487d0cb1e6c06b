import { FedledgerError } from "./error.ts";
import { fromHex, hexEquals, toHex } from "./hex.ts";
import type { Bytes32, Hex } from "./ids.ts";
import { keccak256 } from "./keccak.ts";
import { lanesToBytes } from "./lanes.ts";

/** Bytes of a chunk: 64 lanes. */
export const chunkBytes = 256;
/** Lanes of a chunk. */
export const chunkLanes = 64;

/** A vector of lanes with all its chunk hashes (docs/protocol.md section 2). */
export interface ChunkTree {
  /** Binds the number of lanes and every one of them. */
  readonly root: Bytes32;
  readonly chunkCount: number;
  /** Chunk i, 256 bytes, the last one zero-padded. Throws INVALID_ARGUMENT outside 0 to chunkCount - 1. */
  chunk(index: number): Uint8Array;
  /** The siblings from leaf i upward. Throws INVALID_ARGUMENT outside 0 to chunkCount - 1. */
  proof(index: number): Bytes32[];
}

/** Number of chunks of a vector of `parameterCount` lanes. */
export function chunkCountOf(parameterCount: number): number {
  return Math.ceil(parameterCount / chunkLanes);
}

/** The chunk tree root of the lanes (1 to 2^32 - 1 of them). Throws INVALID_ARGUMENT for none. */
export function chunkTreeRoot(lanes: Int32Array): Bytes32 {
  let level = leavesOf(lanes);
  // In place: a node is read before its half of the space is written to.
  while (level.length > 32) level = raised(level, level);
  return rootOf(lanes.length, level);
}

/** The chunk tree of the lanes. The lanes are not copied: do not change them while the tree is in use. Throws INVALID_ARGUMENT for none. */
export function createChunkTree(lanes: Int32Array): ChunkTree {
  const levels = levelsOf(lanes);
  const bytes = lanesToBytes(lanes);
  const chunkCount = chunkCountOf(lanes.length);
  const checked = (index: number): number => {
    if (Number.isInteger(index) && index >= 0 && index < chunkCount) return index;
    throw new FedledgerError("INVALID_ARGUMENT", {
      name: "index",
      value: index,
      expected: `0 to ${chunkCount - 1}`,
    });
  };
  return {
    root: rootOf(lanes.length, levels.at(-1)!),
    chunkCount,
    chunk(index) {
      const chunk = new Uint8Array(chunkBytes);
      const start = checked(index) * chunkBytes;
      chunk.set(bytes.subarray(start, Math.min(start + chunkBytes, bytes.length)));
      return chunk;
    },
    proof(index) {
      checked(index);
      return levels.slice(0, -1).map((level, height) => {
        const sibling = ((index >>> height) ^ 1) * 32;
        return toHex(level.subarray(sibling, sibling + 32));
      });
    },
  };
}

/** Whether `chunk` is chunk `index` of the vector of `parameterCount` lanes behind `root`. Never throws on a peer's data. */
export function verifyChunk(claim: {
  readonly root: Bytes32;
  readonly parameterCount: number;
  readonly index: number;
  readonly chunk: Uint8Array;
  readonly proof: readonly Bytes32[];
}): boolean {
  const { root, parameterCount, index, chunk, proof } = claim;
  if (!Number.isInteger(parameterCount) || parameterCount < 1 || parameterCount > 0xffff_ffff) return false;
  const chunkCount = chunkCountOf(parameterCount);
  if (!Number.isInteger(index) || index < 0 || index >= chunkCount || chunk.length !== chunkBytes) return false;
  if (proof.length !== heightOf(chunkCount) || !proof.every(isBytes32)) return false;
  if (index === chunkCount - 1 && !isPadded(chunk, parameterCount)) return false;
  let hash = leafHash(index, chunk);
  proof.forEach((sibling, height) => {
    const other = fromHex(sibling);
    hash = ((index >>> height) & 1) === 0 ? nodeHash(hash, other) : nodeHash(other, hash);
  });
  return hexEquals(rootOf(parameterCount, hash), root);
}

/** All levels from the leaves to the single top. */
function levelsOf(lanes: Int32Array): Uint8Array[] {
  const levels = [leavesOf(lanes)];
  for (let level = levels[0]!; level.length > 32; levels.push(level)) {
    level = raised(level, new Uint8Array(level.length / 2));
  }
  return levels;
}

/** The level above, written to the beginning of `target`. */
function raised(level: Uint8Array, target: Uint8Array): Uint8Array {
  const node = new Uint8Array(65);
  node[0] = 0x01;
  for (let i = 0; i < level.length; i += 64) {
    node.set(level.subarray(i, i + 64), 1);
    target.set(keccak256(node), i / 2);
  }
  return target.subarray(0, level.length / 2);
}

/** The leaves, padded to a power of two, 32 bytes each. */
function leavesOf(lanes: Int32Array): Uint8Array {
  if (lanes.length === 0 || lanes.length > 0xffff_ffff) {
    throw new FedledgerError("INVALID_ARGUMENT", {
      name: "lanes.length",
      value: lanes.length,
      expected: "1 to 2^32 - 1",
    });
  }
  const bytes = lanesToBytes(lanes);
  const chunkCount = chunkCountOf(lanes.length);
  const leaves = new Uint8Array(32 * 2 ** heightOf(chunkCount));
  const leaf = new Uint8Array(5 + chunkBytes);
  const view = new DataView(leaf.buffer);
  for (let i = 0; i < chunkCount; i++) {
    view.setUint32(1, i);
    const chunk = bytes.subarray(i * chunkBytes, (i + 1) * chunkBytes);
    leaf.set(chunk, 5);
    if (chunk.length < chunkBytes) leaf.fill(0, 5 + chunk.length);
    leaves.set(keccak256(leaf), 32 * i);
  }
  return leaves;
}

function leafHash(index: number, chunk: Uint8Array): Uint8Array {
  const leaf = new Uint8Array(5 + chunkBytes);
  new DataView(leaf.buffer).setUint32(1, index);
  leaf.set(chunk, 5);
  return keccak256(leaf);
}

function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  const node = new Uint8Array(65);
  node[0] = 0x01;
  node.set(left, 1);
  node.set(right, 33);
  return keccak256(node);
}

function rootOf(parameterCount: number, top: Uint8Array): Bytes32 {
  const bytes = new Uint8Array(37);
  bytes[0] = 0x02;
  new DataView(bytes.buffer).setUint32(1, parameterCount);
  bytes.set(top, 5);
  return toHex(keccak256(bytes));
}

function heightOf(chunkCount: number): number {
  return chunkCount === 1 ? 0 : 32 - Math.clz32(chunkCount - 1);
}

function isPadded(chunk: Uint8Array, parameterCount: number): boolean {
  const used = 4 * (parameterCount - chunkLanes * (chunkCountOf(parameterCount) - 1));
  return chunk.subarray(used).every((byte) => byte === 0);
}

function isBytes32(hex: Hex): boolean {
  return /^0x[0-9a-fA-F]{64}$/.test(hex);
}
