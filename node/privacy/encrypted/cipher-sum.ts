import { FedledgerError } from "../../core/error.ts";
import { bytesToLanes, lanesToBytes } from "../../core/lanes.ts";
import { cipherBytesOf, cipherModulus, coefficientBytes, mostAddends } from "./parameters.ts";

/** The sum of a round's encrypted updates: anybody computes it, nobody needs a key for it. */
export interface CipherSum {
  /** Adds one encrypted update. Throws CIPHERTEXT_INVALID (another length, or a coefficient that is q or more), and INVALID_ARGUMENT for the 65th. */
  add(cipher: Uint8Array): void;
  /** The sum's bytes, canonical: the same for the same set of updates, in whatever order they came. */
  finish(): Uint8Array;
}

/** An empty sum for P parameters. It holds 16 bytes a parameter, whatever the number of updates. */
export function createCipherSum(parameterCount: number): CipherSum {
  const lengthBytes = cipherBytesOf(parameterCount);
  const sums = new Float64Array(lengthBytes / coefficientBytes);
  let addends = 0;
  return {
    add(cipher) {
      if (addends === mostAddends) {
        throw new FedledgerError("INVALID_ARGUMENT", {
          name: "addends",
          value: addends + 1,
          expected: `at most ${mostAddends}`,
        });
      }
      checkCipher(cipher, parameterCount);
      const lanes = bytesToLanes(cipher);
      for (let i = 0, at = 0; i < sums.length; i += 2, at += pairLanes) {
        const even = sums[i]! + evenAt(lanes, at);
        const odd = sums[i + 1]! + oddAt(lanes, at);
        sums[i] = even >= cipherModulus ? even - cipherModulus : even;
        sums[i + 1] = odd >= cipherModulus ? odd - cipherModulus : odd;
      }
      addends++;
    },
    finish() {
      const lanes = new Int32Array(lengthBytes / 4);
      for (let i = 0, at = 0; i < sums.length; i += 2, at += pairLanes) {
        const [even, odd] = [sums[i]!, sums[i + 1]!];
        lanes[at] = even % 2 ** 32;
        lanes[at + 1] = Math.floor(even / 2 ** 32) + (odd % 2 ** 16) * 2 ** 16;
        lanes[at + 2] = Math.floor(odd / 2 ** 16);
      }
      return lanesToBytes(lanes);
    },
  };
}

/** Throws CIPHERTEXT_INVALID unless the bytes are an encrypted update, or a sum, of P parameters: their length, and every coefficient below q. */
export function checkCipher(cipher: Uint8Array, parameterCount: number): void {
  const lengthBytes = cipherBytesOf(parameterCount);
  if (cipher.length !== lengthBytes) {
    throw new FedledgerError("CIPHERTEXT_INVALID", { reason: `it has ${cipher.length} bytes, not ${lengthBytes}` });
  }
  const lanes = bytesToLanes(cipher);
  for (let at = 0; at < lanes.length; at += pairLanes) {
    // q is so close below 2^48 that the two high bytes tell of all but one in 65,536
    const isEvenSmall = (lanes[at + 1]! & 0xffff) !== 0xffff || evenAt(lanes, at) < cipherModulus;
    const isOddSmall = lanes[at + 2]! >>> 16 !== 0xffff || oddAt(lanes, at) < cipherModulus;
    if (isEvenSmall && isOddSmall) continue;
    const coefficient = (2 * at) / pairLanes + (isEvenSmall ? 1 : 0);
    const reason = `coefficient ${coefficient} is not below the modulus`;
    throw new FedledgerError("CIPHERTEXT_INVALID", { reason, byte: coefficient * coefficientBytes });
  }
}

// two coefficients of 6 bytes are three lanes of 4
const pairLanes = 3;

function evenAt(lanes: Int32Array, at: number): number {
  return (lanes[at]! >>> 0) + (lanes[at + 1]! & 0xffff) * 2 ** 32;
}

function oddAt(lanes: Int32Array, at: number): number {
  return (lanes[at + 1]! >>> 16) + (lanes[at + 2]! >>> 0) * 2 ** 16;
}
