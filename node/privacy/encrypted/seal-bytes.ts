import { cipherModulus, coefficientBytes, ringDegree, specialModulus } from "./parameters.ts";

// What SEAL writes uncompressed is a head of a fixed length, and behind it the coefficients as uint64, little-endian.
// Only the latter
// travels; the head is put back from one that this process has written itself, so that SEAL parses nothing from others
// but numbers.

const wordBytes = 8;
const headBytes = { plaintext: 88, ciphertext: 113, publicKey: 113, secretKey: 88 } as const;

/** Kinds of objects that are written and read. */
export type SealKind = keyof typeof headBytes;

/** The head of an object that SEAL wrote, and its coefficients, 8 bytes each. */
export function splitSealBytes(
  kind: SealKind,
  bytes: Uint8Array,
): { readonly head: Uint8Array; readonly body: Uint8Array } {
  return { head: bytes.slice(0, headBytes[kind]), body: bytes.slice(headBytes[kind]) };
}

/** The six low bytes of each coefficient of 8. */
export function packCoefficients(words: Uint8Array, into: Uint8Array): void {
  for (let from = 0, to = 0; from < words.length; from += wordBytes, to += coefficientBytes) {
    for (let i = 0; i < coefficientBytes; i++) into[to + i] = words[from + i]!;
  }
}

/** The inverse of {@link packCoefficients}; the two high bytes are left as they are. */
export function unpackCoefficients(packed: Uint8Array, into: Uint8Array): void {
  for (let from = 0, to = 0; from < packed.length; from += coefficientBytes, to += wordBytes) {
    for (let i = 0; i < coefficientBytes; i++) into[to + i] = packed[from + i]!;
  }
}

/**
 * Index of the first coefficient of a public key that is not below its prime, −1 where there is none. The key has the
 * right length.
 */
export function firstBadKeyCoefficient(publicKey: Uint8Array): number {
  const view = new DataView(publicKey.buffer, publicKey.byteOffset, publicKey.byteLength);
  for (let i = 0; i < publicKey.length / wordBytes; i++) {
    // of each polynomial the residues modulo q come first, then those modulo p
    const modulus = Math.floor(i / ringDegree) % 2 === 0 ? BigInt(cipherModulus) : specialModulus;
    if (view.getBigUint64(i * wordBytes, true) >= modulus) return i;
  }
  return -1;
}
