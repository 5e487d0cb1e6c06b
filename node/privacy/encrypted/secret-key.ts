import { itemAt } from "../../core/bytes/items.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { Random } from "../../ports/system.ts";
import { heaviestKey, ringDegree, secretKeyBytes } from "./parameters.ts";

/**
 * A fresh secret key: 4096 coefficients, uniform over −1, 0, 1, as 2 bits each (0 for 0, 1 for 1, 2 for −1), four a
 * byte, the lowest bits first. Keys heavier than {@link heaviestKey} are drawn again: about one in 10^29.
 */
export function drawSecretKey(random: Random): Uint8Array {
  for (;;) {
    const key = drawKey(random);
    if (weightOf(key) <= heaviestKey) return key;
  }
}

/**
 * The coefficients of a secret key. Throws GROUP_KEY_INVALID for another length, the bits 3, or a key that is too
 * heavy.
 */
export function secretCoefficients(key: Uint8Array): Int8Array {
  if (key.length !== secretKeyBytes) throw invalid(`a secret key has ${secretKeyBytes} bytes, not ${key.length}`);
  const coefficients = new Int8Array(ringDegree);
  for (let i = 0; i < ringDegree; i++) {
    const bits = bitsAt(key, i);
    if (bits === 3) throw invalid(`coefficient ${i} of the secret key is none`);
    coefficients[i] = bits === 2 ? -1 : bits;
  }
  if (weightOf(key) > heaviestKey) throw invalid("the secret key has too many coefficients that are not zero");
  return coefficients;
}

function drawKey(random: Random): Uint8Array {
  const key = new Uint8Array(secretKeyBytes);
  let drawn = 0;
  while (drawn < ringDegree) {
    const bytes = random.bytes(secretKeyBytes);
    // of each two random bits, 3 is thrown away: the other values stay equally likely
    for (let i = 0; i < 4 * bytes.length && drawn < ringDegree; i++) {
      const bits = bitsAt(bytes, i);
      if (bits === 3) continue;
      key[drawn >> 2] = itemAt(key, drawn >> 2) | (bits << (2 * (drawn & 3)));
      drawn++;
    }
    bytes.fill(0);
  }
  return key;
}

function bitsAt(bytes: Uint8Array, i: number): number {
  return (itemAt(bytes, i >> 2) >> (2 * (i & 3))) & 3;
}

function weightOf(key: Uint8Array): number {
  let weight = 0;
  for (let i = 0; i < ringDegree; i++) if (bitsAt(key, i) !== 0) weight++;
  return weight;
}

function invalid(reason: string): FedledgerError {
  return new FedledgerError("GROUP_KEY_INVALID", { reason });
}
