import { cipherModulus, plainModulus, ringDegree } from "../../../node/privacy/encrypted/parameters.ts";
import { secretCoefficients } from "../../../node/privacy/encrypted/secret-key.ts";

/**
 * The first `count` values of one block and the noise they carry, by the definition of docs/protocol/encrypted.md:
 * schoolbook products, no SEAL.
 */
export function openBlock(
  secretKey: Uint8Array,
  block: Uint8Array,
  count = ringDegree,
): { readonly values: number[]; readonly noise: number } {
  const secret = secretCoefficients(secretKey);
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  const at = (i: number): number => view.getUint32(6 * i, true) + view.getUint16(6 * i + 4, true) * 2 ** 32;
  const c1 = Array.from({ length: ringDegree }, (_, i) => at(ringDegree + i));
  const q = BigInt(cipherModulus);
  const t = BigInt(plainModulus);
  let noise = 0;
  const values = Array.from({ length: count }, (_, i) => {
    let [low, high] = [0, 0];
    for (let j = 0; j < ringDegree; j++) {
      // x^4096 = -1
      const sign = j <= i ? secret[j]! : -secret[j]!;
      const value = c1[(i - j + ringDegree) % ringDegree]!;
      const part = Math.floor(value / 2 ** 24);
      low += sign * (value - part * 2 ** 24);
      high += sign * part;
    }
    const phase = (((BigInt(at(i)) + BigInt(low) + BigInt(high) * 2n ** 24n) % q) + q) % q;
    const rounded = (2n * t * phase + q) / (2n * q);
    const rest = Number(t * phase - rounded * q) / plainModulus;
    noise = Math.max(noise, Math.abs(rest));
    const value = Number(rounded % t);
    return value >= plainModulus / 2 ? value - plainModulus : value;
  });
  return { values, noise };
}
