import { itemAt } from "../core/bytes/items.ts";
import {
  end,
  i32,
  i32Add,
  i32Const,
  i32LessUnsigned,
  instantiate,
  localGet,
  localSet,
  loop,
  loopAgain,
  shuffle,
  v128,
  vector,
  vectorLoad,
  vectorStore,
  wasmModule,
} from "../core/bytes/wasm-code.ts";
import { trimmingNetwork } from "./trimming-network.ts";

/** What the assembled module exports. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  /** Works on the first `rowBytes` bytes (a multiple of 16) of every row. */
  readonly run: (rowBytes: number) => void;
}

/**
 * Lanes of a row are padded by a cache line: rows a power of two apart would all fall into one set of the first-level
 * cache.
 */
const paddingBytes = 64;

/**
 * The sums of {@link TrimmedSums} by a WebAssembly function assembled for this number of updates and this trim: four
 * lanes at a time run through the whole network in registers. Undefined where WebAssembly or its SIMD is not to be had.
 */
export function createWasmTrimmedSums(count: number, trim: number, blockLanes: number) {
  const rowBytes = 4 * blockLanes + paddingBytes;
  const exports = instantiate<Exports>(assemble(count, trim, rowBytes));
  if (exports === undefined) return undefined;
  const { memory, run } = exports;
  const rows = new Int32Array(memory.buffer);
  const results = new Float64Array(memory.buffer, count * rowBytes, blockLanes);
  return (updates: readonly Int32Array[], start: number, sums: Float64Array): void => {
    const { length } = sums;
    for (let k = 0; k < count; k++) rows.set(itemAt(updates, k).subarray(start, start + length), (k * rowBytes) / 4);
    // the last group of four may be of stale lanes, whose sums are not read
    run(16 * Math.ceil(length / 4));
    sums.set(results.subarray(0, length));
  };
}

const least = vector(0xb6); // i32x4.min_s
const greatest = vector(0xb8); // i32x4.max_s
const toDoubles = vector(0xfe); // f64x2.convert_low_i32x4_s
const addDoubles = vector(0xf0); // f64x2.add
/** The upper two lanes of a vector in the place of the lower: i8x16.shuffle of it with itself. */
const upperLanes = shuffle(Array.from({ length: 16 }, (_, i) => 8 + (i % 8)));

/** The module; memory holds `count` rows and after them the sums. */
function assemble(count: number, trim: number, rowBytes: number): Uint8Array<ArrayBuffer> {
  const sumsOffset = count * rowBytes;
  const pages = Math.ceil((sumsOffset + 2 * rowBytes) / 65_536);
  const locals = [
    [2, i32],
    [count + 2, v128],
  ] as const;
  return wasmModule(pages, [
    { name: "run", parameters: 1, locals, code: functionCode(count, trim, rowBytes, sumsOffset) },
  ]);
}

/**
 * Locals: the end of a row, where it stands in the rows and in the sums, then one vector for each update and two of
 * sums.
 */
function functionCode(count: number, trim: number, rowBytes: number, sumsOffset: number): number[] {
  const [rowEnd, place, sumsPlace, first] = [0, 1, 2, 3];
  const halves = [first + count, first + count + 1] as const;
  const value = (k: number) => localGet(first + k);
  const kept = Array.from({ length: count - 2 * trim }, (_, i) => trim + i);
  const sumOf = (half: (k: number) => number[]) =>
    kept.flatMap((k, i) => [...half(k), ...toDoubles, ...(i > 0 ? addDoubles : [])]);
  const upperHalf = (k: number) => [...value(k), ...value(k), ...upperLanes];
  return [
    ...loop,
    ...Array.from({ length: count }, (_, k) => [
      ...localGet(place),
      ...vectorLoad(k * rowBytes),
      ...localSet(first + k),
    ]).flat(),
    ...trimmingNetwork(count, trim).flatMap(({ low, high, keeps }) => {
      const both = [...value(low), ...value(high)];
      return [
        ...(keeps === "high" ? [] : [...both, ...least]),
        ...(keeps === "low" ? [] : [...both, ...greatest, ...localSet(first + high)]),
        ...(keeps === "high" ? [] : localSet(first + low)),
      ];
    }),
    ...[...sumOf(value), ...localSet(halves[0]), ...sumOf(upperHalf), ...localSet(halves[1])],
    ...[...localGet(sumsPlace), ...localGet(halves[0]), ...vectorStore(sumsOffset)],
    ...[...localGet(sumsPlace), ...localGet(halves[1]), ...vectorStore(sumsOffset + 16)],
    ...[...localGet(sumsPlace), ...i32Const(32), ...i32Add, ...localSet(sumsPlace)],
    ...[...localGet(place), ...i32Const(16), ...i32Add, ...localSet(place)],
    ...[...localGet(place), ...localGet(rowEnd), ...i32LessUnsigned, ...loopAgain],
    ...end, // of the loop
  ];
}
