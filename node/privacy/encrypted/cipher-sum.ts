import { bytesToLanes, lanesToBytes } from "../../core/bytes/lanes.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import { cipherBytesOf, cipherModulus, coefficientBytes, mostAddends } from "./parameters.ts";

/** The sum of a round's encrypted updates: anybody computes it, nobody needs a key for it. */
export interface CipherSum {
  /**
   * Adds one encrypted update. Throws CIPHERTEXT_INVALID (another length, or a coefficient that is q or more), and
   * INVALID_ARGUMENT for the 65th.
   */
  add(cipher: Uint8Array): void;
  /** The sum's bytes, canonical: the same for the same set of updates, in whatever order they came. */
  finish(): Uint8Array;
}

/** An empty sum for P parameters. It holds 16 bytes a parameter, whatever the number of updates. */
export function createCipherSum(parameterCount: number): CipherSum {
  const lengthBytes = cipherBytesOf(parameterCount);
  // halves of 24 bits: 64 of them fit into 31, so that nothing is reduced before the end
  const low = new Int32Array(lengthBytes / coefficientBytes);
  const high = new Int32Array(low.length);
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
      for (let i = 0, at = 0; i < low.length; i += 2, at += pairLanes) {
        const [one, two, three] = [lanes[at]!, lanes[at + 1]!, lanes[at + 2]!];
        low[i]! += one & 0xff_ffff;
        high[i]! += (one >>> 24) | ((two & 0xffff) << 8);
        low[i + 1]! += (two >>> 16) | ((three & 0xff) << 16);
        high[i + 1]! += three >>> 8;
      }
      addends++;
    },
    finish() {
      const lanes = new Int32Array(lengthBytes / 4);
      for (let i = 0, at = 0; i < low.length; i += 2, at += pairLanes) {
        const [even, odd] = [reduced(low[i]!, high[i]!), reduced(low[i + 1]!, high[i + 1]!)];
        lanes[at] = even % 2 ** 32;
        lanes[at + 1] = Math.floor(even / 2 ** 32) + (odd % 2 ** 16) * 2 ** 16;
        lanes[at + 2] = Math.floor(odd / 2 ** 16);
      }
      return lanesToBytes(lanes);
    },
  };
}

/**
 * Throws CIPHERTEXT_INVALID unless the bytes are an encrypted update, or a sum, of P parameters: their length, and
 * every coefficient below q.
 */
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

/** (low + high · 2^24) modulo q, of halves below 2^30: 2^48 is 2^48 − q modulo q. */
function reduced(low: number, high: number): number {
  const sum = low + (high & 0xff_ffff) * 2 ** 24 + (high >>> 24) * (2 ** 48 - cipherModulus);
  return sum >= cipherModulus ? sum - cipherModulus : sum;
}

// two coefficients of 6 bytes are three lanes of 4
const pairLanes = 3;

function evenAt(lanes: Int32Array, at: number): number {
  return (lanes[at]! >>> 0) + (lanes[at + 1]! & 0xffff) * 2 ** 32;
}

function oddAt(lanes: Int32Array, at: number): number {
  return (lanes[at + 1]! >>> 16) + (lanes[at + 2]! >>> 0) * 2 ** 16;
}
