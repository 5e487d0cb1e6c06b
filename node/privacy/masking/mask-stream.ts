import { chunkLanes } from "../../core/bytes/chunk-tree.ts";
import { createStreamKey, type StreamKey, streamBlock, streamBlockBytes } from "./blake2b.ts";
import { createWasmMaskedBlock, type MaskedBlock } from "./wasm-mask-stream.ts";

/** One mask: the stream of a key, added or taken away. */
export interface Mask {
  /** 32 bytes. */
  readonly key: Uint8Array;
  readonly sign: 1 | -1;
}

/** Masks with what their keys' streams have in common with themselves already computed. */
export type PreparedMasks = readonly { readonly key: StreamKey; readonly sign: 1 | -1 }[];

/**
 * Lanes that all masks are laid on before the next lanes are looked at: 64 KiB, so that they stay in the second-level
 * cache.
 */
export const maskBlockLanes = 16_384;
const streamBlockLanes = streamBlockBytes / 4;

/**
 * The generator in JavaScript alone, about a fortieth as fast: for where there is no WebAssembly SIMD, and to check the
 * other against.
 */
export function createScalarMaskedBlock(blockLanes: number): MaskedBlock {
  const lanes = new Int32Array(blockLanes);
  const stream = new Uint32Array(streamBlockLanes);
  const scratch = new Uint32Array(32);
  return {
    lanes,
    run(key, sign, counter, count) {
      for (let start = 0; start < count; start += streamBlockLanes) {
        streamBlock(key, counter + start / streamBlockLanes, stream, scratch);
        for (let i = 0; i < streamBlockLanes && start + i < blockLanes; i++) lanes[start + i]! += sign * stream[i]!;
      }
    },
  };
}

// One for the process, as with keccak: compiled when the module loads, without any state between two calls.
const shared = createWasmMaskedBlock(maskBlockLanes) ?? createScalarMaskedBlock(maskBlockLanes);

/** Prepares masks for {@link addMasks}. Throws LENGTH_MISMATCH unless every key has 32 bytes. */
export function prepareMasks(masks: readonly Mask[]): PreparedMasks {
  return masks.map(({ key, sign }) => ({ key: createStreamKey(key), sign }));
}

/**
 * Lays masks on lanes in place, modulo 2^32 (docs/protocol/masks.md). Memory does not grow with the number of masks;
 * 33 masks on a million lanes take about a quarter of a second.
 *
 * @param firstLane which lane of the vector `lanes[0]` is: a multiple of 16
 * @param block for tests: what to compute with
 */
export function addMasks(lanes: Int32Array, masks: PreparedMasks, firstLane = 0, block: MaskedBlock = shared): void {
  for (let start = 0; start < lanes.length; start += block.lanes.length) {
    const part = lanes.subarray(start, start + block.lanes.length);
    block.lanes.set(part);
    const counter = (firstLane + start) / streamBlockLanes;
    for (const { key, sign } of masks) block.run(key, sign, counter, part.length);
    part.set(block.lanes.subarray(0, part.length));
  }
}

/** Lays one mask on lanes in place, modulo 2^32. Throws LENGTH_MISMATCH unless the key has 32 bytes. */
export function addMask(lanes: Int32Array, key: Uint8Array, sign: 1 | -1): void {
  addMasks(lanes, prepareMasks([{ key, sign }]));
}

/** Chunk `index` of a key's stream: its 64 lanes, as the contract computes them. */
export function maskChunk(key: Uint8Array, index: number): Int32Array {
  const lanes = new Int32Array(chunkLanes);
  addMasks(lanes, prepareMasks([{ key, sign: 1 }]), index * chunkLanes);
  return lanes;
}
