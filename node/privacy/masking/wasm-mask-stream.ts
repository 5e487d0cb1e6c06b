import { itemAt } from "../../core/bytes/items.ts";
import {
  end,
  i32Add,
  i32Const,
  i32LessUnsigned,
  instantiate,
  localGet,
  localSet,
  localTee,
  loop,
  loopAgain,
  shuffle,
  v128,
  vector,
  vectorLoad,
  vectorStore,
  type WasmFunction,
  wasmModule,
} from "../../core/bytes/wasm-code.ts";
import { counterPlaces, mixed, mixedAhead, roundCount, type StreamKey, streamBlockBytes } from "./blake2b.ts";

type Run = (counter: number, place: number, end: number) => void;

/**
 * What the assembled module exports: each works from the address `place` to before `end`, two blocks of the stream at a
 * time.
 */
interface Exports {
  readonly memory: WebAssembly.Memory;
  readonly add: Run;
  readonly subtract: Run;
}

/** Lanes under work, and what is done to them. */
export interface MaskedBlock {
  /** The lanes; those behind the ones under work are written to as well. */
  readonly lanes: Int32Array;
  /**
   * Adds the stream of a key to the first `count` lanes, or takes it from them; `counter` is the number of its first
   * block.
   */
  run(key: StreamKey, sign: 1 | -1, counter: number, count: number): void;
}

// Memory: 8 words of the chaining value, 16 of the work vector, and the lanes.
const workOffset = 64;
const lanesOffset = 192;
/** Two blocks of the stream. */
const stepBytes = 2 * streamBlockBytes;

/**
 * Blocks of `blockLanes` lanes (a multiple of 32) masked by WebAssembly functions that work on two blocks of the stream
 * at a time, in the halves of vectors. A message is zero but for its first word, the counter: of the sixteen additions
 * of message words in a round of BLAKE2b one is left. Undefined where WebAssembly or its SIMD is not to be had.
 */
export function createWasmMaskedBlock(blockLanes: number): MaskedBlock | undefined {
  const pages = Math.ceil((lanesOffset + 4 * blockLanes) / 65_536);
  const exports = instantiate<Exports>(
    wasmModule(pages, [maskFunction("add", addLanes), maskFunction("subtract", subtractLanes)]),
  );
  if (exports === undefined) return undefined;
  const { memory, add, subtract } = exports;
  const state = new Uint32Array(memory.buffer, 0, lanesOffset / 4);
  return {
    lanes: new Int32Array(memory.buffer, lanesOffset, blockLanes),
    run({ chaining, work }, sign, counter, count) {
      state.set(chaining);
      state.set(work, workOffset / 4);
      (sign === 1 ? add : subtract)(counter, lanesOffset, lanesOffset + 4 * count);
    },
  };
}

const addWords = vector(0xce); // i64x2.add
const shiftWordsRight = vector(0xcd); // i64x2.shr_u
const xor = vector(0x51); // v128.xor
const or = vector(0x50); // v128.or
const bothWords = vector(0x12); // i64x2.splat
const loadBothWords = vector(0x0a); // v128.load64_splat
const wordFromI32 = [0xad]; // i64.extend_i32_u
/** The vector of the words 0 and 1: v128.const. */
const zeroAndOne = [...vector(0x0c), ...Array.from({ length: 16 }, (_, i) => (i === 8 ? 1 : 0))];
const addLanes = vector(0xae); // i32x4.add
const subtractLanes = vector(0xb1); // i32x4.sub
const ascending = (first: number) => Array.from({ length: 8 }, (_, i) => first + i);
/**
 * Of two vectors (word k of two blocks, word k + 1 of them) words k and k + 1 of the first block, and of the second.
 */
const ofFirstBlock = shuffle([...ascending(0), ...ascending(16)]);
const ofSecondBlock = shuffle([...ascending(8), ...ascending(24)]);

// Locals: parameters, the counters of both blocks, then the work vector.
const [counter, place, last, message, first] = [0, 1, 2, 3, 4];
const get = (word: number) => localGet(first + word);
const set = (word: number) => localSet(first + word);
/** The vector on the stack into a word of the work vector, and twice onto the stack. */
const keepTwice = (word: number) => [...localTee(first + word), ...get(word)];

function maskFunction(name: string, combine: readonly number[]): WasmFunction {
  const code = [
    ...loop,
    ...[...localGet(counter), ...wordFromI32, ...bothWords, ...zeroAndOne, ...addWords, ...localSet(message)],
    ...Array.from({ length: 16 }, (_, word) => loadWord(workOffset + 8 * word, set(word))).flat(),
    ...Array.from({ length: roundCount }, (_, round) => roundCode(round)).flat(),
    ...[0, 2, 4, 6].flatMap((word) => [
      ...[...digestWord(word), ...digestWord(word + 1)],
      ...intoLanes(8 * word, [...get(word), ...get(word + 1), ...ofFirstBlock], combine),
      ...intoLanes(streamBlockBytes + 8 * word, [...get(word), ...get(word + 1), ...ofSecondBlock], combine),
    ]),
    ...[...localGet(counter), ...i32Const(2), ...i32Add, ...localSet(counter)],
    ...[...localGet(place), ...i32Const(stepBytes), ...i32Add, ...localTee(place)],
    ...[...localGet(last), ...i32LessUnsigned, ...loopAgain],
    ...end,
  ];
  return { name, parameters: 3, locals: [[1 + 16, v128]], code };
}

/** The word at this address in both halves of a vector, and what is done with it. */
function loadWord(address: number, then: readonly number[]): number[] {
  return [...i32Const(address), ...loadBothWords, 3, 0, ...then];
}

function roundCode(round: number): number[] {
  const at = itemAt(counterPlaces, round % 10);
  return mixed.flatMap(([a, b, c, d], g) => {
    if (round === 0 && mixedAhead.some((place) => place === g)) return [];
    const withCounter = (word: number) => (at === word ? [...localGet(message), ...addWords] : []);
    const xorOf = (one: number, two: number) => [...get(one), ...get(two), ...xor];
    const sum = (one: number, two: number) => [...get(one), ...get(two), ...addWords];
    return [
      ...[...sum(a, b), ...withCounter(2 * g), ...set(a), ...xorOf(d, a), ...rotateBytes(d, 4)],
      ...[...sum(c, d), ...set(c), ...xorOf(b, c), ...rotateBytes(b, 3)],
      ...[...sum(a, b), ...withCounter(2 * g + 1), ...set(a), ...xorOf(d, a), ...rotateBytes(d, 2)],
      ...[...sum(c, d), ...set(c), ...xorOf(b, c), ...rotate63(b)],
    ];
  });
}

/** The words on the stack rotated right by so many bytes, into `word`: a shuffle of the vector with itself. */
function rotateBytes(word: number, bytes: number): number[] {
  const from = Array.from({ length: 16 }, (_, i) => (i & 8) | ((i + bytes) & 7));
  return [...keepTwice(word), ...shuffle(from), ...set(word)];
}

/** The words on the stack rotated right by 63 bits, that is left by one, into `word`. */
function rotate63(word: number): number[] {
  return [...keepTwice(word), ...addWords, ...get(word), ...i32Const(63), ...shiftWordsRight, ...or, ...set(word)];
}

/** A word of the digest in the place of the same word of the work vector. */
function digestWord(word: number): number[] {
  return loadWord(8 * word, [...get(word), ...xor, ...get(word + 8), ...xor, ...set(word)]);
}

/** Four lanes at `place + offset` with those of a vector. */
function intoLanes(offset: number, mask: readonly number[], combine: readonly number[]): number[] {
  const loaded = [...localGet(place), ...localGet(place), ...vectorLoad(offset)];
  return [...loaded, ...mask, ...combine, ...vectorStore(offset)];
}
