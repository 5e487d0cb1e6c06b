import { FedledgerError } from "../../core/errors/error.ts";
import { layoutFor, modelLayout, tensorSize } from "../../core/task/model-layout.ts";
import type { ModelSpec } from "../../core/task/task-spec.ts";

/** Texts that travel in a file's header, such as task, round and model root. */
export type ModelMetadata = Readonly<Record<string, string>>;

/** Greatest header that is read, as in the reference implementation. */
const headerLimitBytes = 100_000_000;

/**
 * A model as a safetensors file (https://github.com/huggingface/safetensors#format): uint64 little-endian header
 * length, JSON header padded with spaces to 8 bytes, float32 little-endian tensors in the model's order under the
 * layout's names.
 *
 * Throws LENGTH_MISMATCH.
 */
export function encodeSafetensors(
  model: ModelSpec,
  parameters: Float32Array,
  metadata: ModelMetadata = {},
): Uint8Array {
  const { tensors } = layoutFor(model, parameters);
  let offset = 0;
  const entries = tensors.map(({ name, shape }) => {
    const begin = offset;
    offset += 4 * tensorSize(shape);
    return [name, { dtype: "F32", shape, data_offsets: [begin, offset] }] as const;
  });
  const json = JSON.stringify({ __metadata__: { format: "fedledger", ...metadata }, ...Object.fromEntries(entries) });
  const text = new TextEncoder().encode(json);
  const headerLength = Math.ceil(text.length / 8) * 8;
  const file = new Uint8Array(8 + headerLength + offset).fill(0x20, 8, 8 + headerLength);
  const view = new DataView(file.buffer);
  view.setBigUint64(0, BigInt(headerLength), true);
  file.set(text, 8);
  parameters.forEach((value, i) => {
    view.setFloat32(8 + headerLength + 4 * i, value, true);
  });
  return file;
}

/**
 * The parameters of a safetensors file in the model's order. The file must hold exactly the model's tensors, as F32.
 *
 * @param source name for messages
 * Throws INVALID_DATA naming what is wrong.
 */
export function decodeSafetensors(
  source: string,
  file: Uint8Array,
  model: ModelSpec,
): { parameters: Float32Array; metadata: ModelMetadata } {
  const refuse = (reason: string): never => {
    throw new FedledgerError("INVALID_DATA", { source, reason });
  };
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const headerLength = file.byteLength < 8 ? -1 : Number(view.getBigUint64(0, true));
  if (headerLength < 2 || headerLength > Math.min(headerLimitBytes, file.byteLength - 8))
    refuse("it is not a safetensors file");
  const start = 8 + headerLength;
  const header = parseHeader(file.subarray(8, start), refuse);
  const { __metadata__: metadata = {}, ...entries } = header;
  const { tensors, parameterCount } = modelLayout(model);
  const parameters = new Float32Array(parameterCount);
  let offset = 0;
  for (const { name, shape } of tensors) {
    const size = tensorSize(shape);
    const begin = start + checkEntry(entries[name], { name, shape, size, room: file.byteLength - start }, refuse);
    delete entries[name];
    for (let i = 0; i < size; i++) parameters[offset + i] = view.getFloat32(begin + 4 * i, true);
    offset += size;
  }
  const [surplus] = Object.keys(entries);
  if (surplus !== undefined) refuse(`tensor ${surplus} is not the model's`);
  return { parameters, metadata: metadata as ModelMetadata };
}

/** Where a tensor's bytes begin behind the header: of the model's shape, as F32, within the file. */
function checkEntry(
  entry: unknown,
  { name, shape, size, room }: { name: string; shape: readonly number[]; size: number; room: number },
  refuse: (reason: string) => never,
): number {
  if (entry === undefined || entry === null) return refuse(`it has no tensor ${name}`);
  const { dtype, shape: theirs, data_offsets: offsets } = entry as Readonly<Record<string, unknown>>;
  if (dtype !== "F32") refuse(`tensor ${name} is ${String(dtype)}, not F32`);
  if (JSON.stringify(theirs) !== JSON.stringify(shape)) {
    refuse(`tensor ${name} has the shape ${JSON.stringify(theirs)}, the model's is ${JSON.stringify(shape)}`);
  }
  const [begin, end]: readonly unknown[] = Array.isArray(offsets) ? offsets : [];
  const isPlace = typeof begin === "number" && Number.isSafeInteger(begin) && begin >= 0;
  if (!isPlace || end !== begin + 4 * size || end > room) return refuse(`the offsets of tensor ${name} do not fit`);
  return begin;
}

function parseHeader(bytes: Uint8Array, refuse: (reason: string) => never): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    refuse("its header is not JSON");
  }
  if (typeof header !== "object" || header === null || Array.isArray(header)) refuse("its header is not a JSON object");
  return header as Record<string, unknown>;
}
