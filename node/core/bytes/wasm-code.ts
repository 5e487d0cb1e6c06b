// Opcodes of the WebAssembly core specification 2.0, section 5.4 (vector instructions: 5.4.9), and what a small module
// is put together of.

/** Value types. */
export const i32 = 0x7f;
export const v128 = 0x7b;
/**
 * A loop without result, its end (and that of a function), and the jump back to the innermost loop where the top of the
 * stack is not 0.
 */
export const loop = [0x03, 0x40];
export const end = [0x0b];
export const loopAgain = [0x0d, 0x00];
export const i32Add = [0x6a];
export const i32LessUnsigned = [0x49];

/** The instruction that pushes a local, or pops into it, or copies the top of the stack into it. */
export const localGet = (index: number): number[] => [0x20, ...unsigned(index)];
export const localSet = (index: number): number[] => [0x21, ...unsigned(index)];
export const localTee = (index: number): number[] => [0x22, ...unsigned(index)];
/** Pushes an integer of 0 to 8191. */
export const i32Const = (value: number): number[] => [0x41, (value & 0x7f) | 0x80, value >> 7];
/** A vector instruction. */
export const vector = (opcode: number): number[] => [0xfd, ...unsigned(opcode)];
/**
 * Loads the vector at the address on the stack plus `offset`. Alignments are powers of two, of which they give the
 * exponent.
 */
export const vectorLoad = (offset: number): number[] => [...vector(0), 2, ...unsigned(offset)];
/** Stores the vector on the stack at the address below it plus `offset`. */
export const vectorStore = (offset: number): number[] => [...vector(11), 2, ...unsigned(offset)];
/** i8x16.shuffle: bytes 0 to 15 are the lower operand's, 16 to 31 those of the one on top. */
export const shuffle = (bytes: readonly number[]): number[] => [...vector(0x0d), ...bytes];

/** A function of a module: it takes i32 parameters and returns nothing. */
export interface WasmFunction {
  /** Under which it is exported, up to 127 ASCII letters. */
  readonly name: string;
  readonly parameters: number;
  /** Declarations behind the parameters: how many of which type. */
  readonly locals: readonly (readonly [count: number, type: number])[];
  readonly code: readonly number[];
}

/** A module with one memory, exported as `memory`, and these functions. */
export function wasmModule(pages: number, functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> {
  const count = unsigned(functions.length);
  const types = functions.map(({ parameters }) => [0x60, parameters, ...new Array<number>(parameters).fill(i32), 0]);
  const exported = functions.map((each, index) => [...name(each.name), 0, ...unsigned(index)]);
  const bodies = functions.map(({ locals, code }) => {
    const declared = locals.flatMap(([many, type]) => [...unsigned(many), type]);
    const length = unsigned(locals.length).length + declared.length + code.length + end.length;
    return [...unsigned(length), ...unsigned(locals.length), ...declared, ...code, ...end];
  });
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0], // magic, version
    ...section(1, [...count, ...types.flat()]),
    ...section(3, [...count, ...functions.flatMap((_, index) => unsigned(index))]),
    ...section(5, [1, 0, ...unsigned(pages)]),
    ...section(7, [...unsigned(functions.length + 1), ...name("memory"), 2, 0, ...exported.flat()]),
    ...section(10, [...count, ...bodies.flat()]),
  ]);
}

/** What the module exports, or undefined where WebAssembly or an instruction in it is not to be had. */
export function instantiate<Exports>(bytes: Uint8Array<ArrayBuffer>): Exports | undefined {
  try {
    return new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as unknown as Exports;
  } catch {
    return undefined;
  }
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
