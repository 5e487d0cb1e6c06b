import { trimmingNetwork } from "./trimming-network.ts";

/** What the assembled module exports. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  /** Works on the first `rowBytes` bytes (a multiple of 16) of every row. */
  readonly run: (rowBytes: number) => void;
}

/** Lanes of a row are padded by a cache line: rows a power of two apart would all fall into one set of the first-level cache. */
const paddingBytes = 64;

/**
 * The sums of {@link TrimmedSums} by a WebAssembly function assembled for this number of updates and this trim: four lanes at
 * a time run through the whole network in registers. Undefined where WebAssembly or its SIMD is not to be had.
 */
export function createWasmTrimmedSums(count: number, trim: number, blockLanes: number) {
  const rowBytes = 4 * blockLanes + paddingBytes;
  const exports = instantiate(assemble(count, trim, rowBytes));
  if (exports === undefined) return undefined;
  const { memory, run } = exports;
  const rows = new Int32Array(memory.buffer);
  const results = new Float64Array(memory.buffer, count * rowBytes, blockLanes);
  return (updates: readonly Int32Array[], start: number, sums: Float64Array): void => {
    const { length } = sums;
    for (let k = 0; k < count; k++) rows.set(updates[k]!.subarray(start, start + length), (k * rowBytes) / 4);
    // the last group of four may be of stale lanes, whose sums are not read
    run(16 * Math.ceil(length / 4));
    sums.set(results.subarray(0, length));
  };
}

function instantiate(bytes: Uint8Array<ArrayBuffer>): Exports | undefined {
  try {
    return new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as unknown as Exports;
  } catch {
    return undefined;
  }
}

// Opcodes of the WebAssembly core specification 2.0, section 5.4 (vector instructions: 5.4.9).
const i32 = 0x7f;
const v128 = 0x7b;
const loop = [0x03, 0x40];
const end = [0x0b];
const loopAgain = [0x0d, 0x00];
const i32Add = [0x6a];
const i32LessUnsigned = [0x49];
const localGet = (index: number) => [0x20, ...unsigned(index)];
const localSet = (index: number) => [0x21, ...unsigned(index)];
const i32Const = (value: number) => [0x41, value];
const vector = (opcode: number) => [0xfd, ...unsigned(opcode)];
/** Alignments are powers of two; the address is on the stack. */
const vectorLoad = (offset: number) => [...vector(0), 2, ...unsigned(offset)];
const vectorStore = (offset: number) => [...vector(11), 3, ...unsigned(offset)];
const least = vector(0xb6); // i32x4.min_s
const greatest = vector(0xb8); // i32x4.max_s
const toDoubles = vector(0xfe); // f64x2.convert_low_i32x4_s
const addDoubles = vector(0xf0); // f64x2.add
/** The upper two lanes of a vector in the place of the lower: i8x16.shuffle of it with itself. */
const upperLanes = [...vector(0x0d), ...Array.from({ length: 16 }, (_, i) => 8 + (i % 8))];

/** The module; memory holds `count` rows and after them the sums. */
function assemble(count: number, trim: number, rowBytes: number): Uint8Array<ArrayBuffer> {
  const sumsOffset = count * rowBytes;
  const pages = Math.ceil((sumsOffset + 2 * rowBytes) / 65_536);
  const code = functionBody(count, trim, rowBytes, sumsOffset);
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0], // magic, version
    ...section(1, [1, 0x60, 1, i32, 0]), // type: (i32) → ()
    ...section(3, [1, 0]), // one function of it
    ...section(5, [1, 0, ...unsigned(pages)]),
    ...section(7, [2, ...name("memory"), 2, 0, ...name("run"), 0, 0]),
    ...section(10, [1, ...unsigned(code.length), ...code]),
  ]);
}

/** Locals: the end of a row, where it stands in the rows and in the sums, then one vector for each update and two of sums. */
function functionBody(count: number, trim: number, rowBytes: number, sumsOffset: number): number[] {
  const [rowEnd, place, sumsPlace, first] = [0, 1, 2, 3];
  const halves = [first + count, first + count + 1] as const;
  const value = (k: number) => localGet(first + k);
  const kept = Array.from({ length: count - 2 * trim }, (_, i) => trim + i);
  const sumOf = (half: (k: number) => number[]) =>
    kept.flatMap((k, i) => [...half(k), ...toDoubles, ...(i > 0 ? addDoubles : [])]);
  const upperHalf = (k: number) => [...value(k), ...value(k), ...upperLanes];
  return [
    ...[2, ...unsigned(2), i32, ...unsigned(count + 2), v128],
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
    ...end, // of the function
  ];
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsigned(content.length), ...content];
}

function name(text: string): number[] {
  return [text.length, ...Array.from(text, (letter) => letter.charCodeAt(0))];
}

/** Unsigned LEB128. */
function unsigned(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) | 128);
  }
}
