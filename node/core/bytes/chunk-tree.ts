import { FedledgerError } from "../errors/error.ts";
import type { Bytes32, Hex } from "../ids.ts";
import { fromHex, hexEquals, toHex } from "./hex.ts";
import { itemAt, lastOf } from "./items.ts";
import { keccak256 } from "./keccak.ts";
import { lanesToBytes } from "./lanes.ts";

/** Bytes of a chunk: 64 lanes. */
export const chunkBytes = 256;
/** Lanes of a chunk. */
export const chunkLanes = 64;

/** A vector of lanes with all its chunk hashes (docs/protocol/bytes.md). */
export interface ChunkTree {
  /** Binds the number of lanes and every one of them. */
  readonly root: Bytes32;
  readonly chunkCount: number;
  /** Levels above the leaves: 0 for a single chunk. */
  readonly depth: number;
  /** Chunk i, 256 bytes, the last one zero-padded. Throws INVALID_ARGUMENT outside 0 to chunkCount - 1. */
  chunk(index: number): Uint8Array;
  /**
   * The hash of chunk i, as it stands at the bottom of the tree. Throws INVALID_ARGUMENT outside 0 to chunkCount - 1.
   */
  leaf(index: number): Bytes32;
  /** The siblings from leaf i upward. Throws INVALID_ARGUMENT outside 0 to chunkCount - 1. */
  proof(index: number): Bytes32[];
  /**
   * Node `index` of the level `height` above the leaves (0: the leaves, padding included; `depth`: the top, from which
   * the root is made). Throws INVALID_ARGUMENT outside the tree.
   */
  node(height: number, index: number): Bytes32;
}

/** A committed vector of which only the leaf hashes are at hand: enough to prove one of its chunks wrong. */
export type LeafTree = Omit<ChunkTree, "chunk">;

/** Number of chunks of a vector of `parameterCount` lanes. */
export function chunkCountOf(parameterCount: number): number {
  return Math.ceil(parameterCount / chunkLanes);
}

/** Levels above the leaves of a vector of `parameterCount` lanes: the number of siblings in a proof. */
export function treeDepthOf(parameterCount: number): number {
  return heightOf(chunkCountOf(parameterCount));
}

/** The chunk tree root of the lanes (1 to 2^32 - 1 of them). Throws INVALID_ARGUMENT for none. */
export function chunkTreeRoot(lanes: Int32Array): Bytes32 {
  let level = leavesOf(lanes);
  // In place: a node is read before its half of the space is written to.
  while (level.length > 32) level = raised(level, level);
  return rootOf(lanes.length, level);
}

/**
 * The chunk tree of the lanes. The lanes are not copied: do not change them while the tree is in use. Throws
 * INVALID_ARGUMENT for none.
 */
export function createChunkTree(lanes: Int32Array): ChunkTree {
  const tree = treeOver(lanes.length, levelsFrom(leavesOf(lanes)));
  const bytes = lanesToBytes(lanes);
  return {
    ...tree,
    chunk(index) {
      const chunk = new Uint8Array(chunkBytes);
      const start = checkedPlace("index", index, tree.chunkCount) * chunkBytes;
      chunk.set(bytes.subarray(start, Math.min(start + chunkBytes, bytes.length)));
      return chunk;
    },
  };
}

/**
 * The tree over the leaf hashes of a vector of `parameterCount` lanes, as its committer stated them.
 * Throws LENGTH_MISMATCH unless there is one for each chunk.
 */
export function createLeafTree(parameterCount: number, leaves: readonly Bytes32[]): LeafTree {
  const chunkCount = chunkCountOf(parameterCount);
  if (leaves.length !== chunkCount || chunkCount === 0) {
    throw new FedledgerError("LENGTH_MISMATCH", { name: "leaves", actual: leaves.length, expected: chunkCount });
  }
  const padded = new Uint8Array(32 * 2 ** heightOf(chunkCount));
  for (const [i, leaf] of leaves.entries()) padded.set(fromHex(leaf), 32 * i);
  return treeOver(parameterCount, levelsFrom(padded));
}

/** The leaf of chunk `index` (256 bytes): what stands for it at the bottom of the tree. */
export function chunkLeaf(index: number, chunk: Uint8Array): Bytes32 {
  return toHex(leafHash(index, chunk));
}

/**
 * The root that a leaf and the siblings above it lead to: how the contract checks a leaf it was not shown the chunk of.
 */
export function rootOfLeaf(parameterCount: number, index: number, leaf: Bytes32, proof: readonly Bytes32[]): Bytes32 {
  return rootOf(parameterCount, climb(index, fromHex(leaf), proof));
}

/**
 * Whether `chunk` is chunk `index` of the vector of `parameterCount` lanes behind `root`. Never throws on a peer's
 * data.
 */
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
  return hexEquals(rootOf(parameterCount, climb(index, leafHash(index, chunk), proof)), root);
}

/** What a tree over these levels answers, the chunks apart. */
function treeOver(parameterCount: number, levels: readonly Uint8Array[]): LeafTree {
  const chunkCount = chunkCountOf(parameterCount);
  return {
    root: rootOf(parameterCount, lastOf(levels)),
    chunkCount,
    depth: levels.length - 1,
    node(height, index) {
      const level = itemAt(levels, checkedPlace("height", height, levels.length));
      const start = 32 * checkedPlace("index", index, level.length / 32);
      return toHex(level.subarray(start, start + 32));
    },
    leaf(index) {
      const start = 32 * checkedPlace("index", index, chunkCount);
      return toHex(itemAt(levels, 0).subarray(start, start + 32));
    },
    proof(index) {
      checkedPlace("index", index, chunkCount);
      return levels.slice(0, -1).map((level, height) => {
        const sibling = ((index >>> height) ^ 1) * 32;
        return toHex(level.subarray(sibling, sibling + 32));
      });
    },
  };
}

function checkedPlace(name: string, value: number, count: number): number {
  if (Number.isInteger(value) && value >= 0 && value < count) return value;
  throw new FedledgerError("INVALID_ARGUMENT", { name, value, expected: `0 to ${count - 1}` });
}

/** The node above a leaf and its siblings. */
function climb(index: number, leaf: Uint8Array, proof: readonly Bytes32[]): Uint8Array {
  return proof.reduce((hash, sibling, height) => {
    const other = fromHex(sibling);
    return ((index >>> height) & 1) === 0 ? nodeHash(hash, other) : nodeHash(other, hash);
  }, leaf);
}

/** All levels from the leaves to the single top. */
function levelsFrom(leaves: Uint8Array): Uint8Array[] {
  const levels = [leaves];
  for (let level = leaves; level.length > 32; levels.push(level)) {
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
