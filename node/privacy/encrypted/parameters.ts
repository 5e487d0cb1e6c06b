import { largestBlobBytes } from "../../core/bytes/content-id.ts";
import { FedledgerError } from "../../core/errors/error.ts";

// BFV (Brakerski 2012; Fan and Vercauteren, ePrint 2012/144) in the ring Z[x] / (x^4096 + 1). Why these numbers:
// docs/protocol/encrypted.md.

/** Degree N of the ring, and lanes of a block: one lane is one coefficient. */
export const ringDegree = 4096;
/** Modulus q of ciphertexts: the largest prime below 2^48 that is 1 modulo 2N; a coefficient is 6 bytes. */
export const cipherModulus = 2 ** 48 - 16_383;
/**
 * Second prime of the keys, by which fresh ciphertexts are divided; keys have the modulus q·p of 108 bits (at most 109
 * for 128-bit security at this degree).
 */
export const specialModulus = 2n ** 60n - 16_383n;
/** Modulus of lanes: a power of two, for lanes are coefficients and not slots of a batch. */
export const plainModulus = 2 ** 30;
/** Sums of magnitude below it come out exact. */
export const sumLimit = 2 ** 29;
/** Most ciphertexts whose sum decrypts, whatever their noise. */
export const mostAddends = 64;
/** Most coefficients of a secret key that are not zero: the noise of a sum stays below q / 2t by it. */
export const heaviestKey = 3072;

/** Bytes of one coefficient of a ciphertext. */
export const coefficientBytes = 6;
/** Bytes of one block: two polynomials. */
export const blockBytes = 2 * ringDegree * coefficientBytes;
/** Bytes of a public key: two polynomials modulo q and p, 8 bytes a coefficient. */
export const publicKeyBytes = 2 * 2 * ringDegree * 8;
/** Bytes of a secret key: 2 bits a coefficient. */
export const secretKeyBytes = ringDegree / 4;

/** Most parameters whose update is a blob when it is encrypted: the last block is whole, and a blob is below 2 GiB. */
const mostEncryptedParameters = Math.floor(largestBlobBytes / blockBytes) * ringDegree;

/** Number of blocks of an encrypted update of P parameters. */
function blockCountOf(parameterCount: number): number {
  return Math.ceil(parameterCount / ringDegree);
}

/**
 * Length in bytes of an encrypted update, and of a sum, of P parameters: 12 a parameter, the last block whole. Throws
 * INVALID_ARGUMENT beyond the largest blob.
 */
export function cipherBytesOf(parameterCount: number): number {
  if (!Number.isSafeInteger(parameterCount) || parameterCount < 1 || parameterCount > mostEncryptedParameters) {
    const expected = `1 to ${mostEncryptedParameters}`;
    throw new FedledgerError("INVALID_ARGUMENT", { name: "parameterCount", value: parameterCount, expected });
  }
  return blockCountOf(parameterCount) * blockBytes;
}
