import { FedledgerError } from "../errors/error.ts";

const littleEndian = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/**
 * The lanes as bytes, int32 little-endian (docs/protocol/bytes.md).
 *
 * On a little-endian machine this is a view on the same memory: do not write to one while the other is in use.
 */
export function lanesToBytes(lanes: Int32Array): Uint8Array {
  const view = new Uint8Array(lanes.buffer, lanes.byteOffset, lanes.byteLength);
  return littleEndian ? view : swapped(view);
}

/**
 * The lanes of int32 little-endian bytes, the inverse of {@link lanesToBytes}.
 *
 * A view on the same memory where it is aligned, a copy otherwise. Throws LENGTH_MISMATCH unless whole lanes.
 */
export function bytesToLanes(bytes: Uint8Array): Int32Array {
  if (bytes.byteLength % 4 !== 0) {
    throw new FedledgerError("LENGTH_MISMATCH", {
      name: "bytes",
      actual: bytes.byteLength,
      expected: "a multiple of 4",
    });
  }
  const own = littleEndian ? (bytes.byteOffset % 4 === 0 ? bytes : bytes.slice()) : swapped(bytes);
  return new Int32Array(own.buffer, own.byteOffset, own.byteLength / 4);
}

function swapped(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  for (let i = 0; i < copy.length; i += 4) view.setInt32(i, view.getInt32(i), true);
  return copy;
}
