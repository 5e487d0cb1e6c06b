import { toHex } from "../../node/core/bytes/hex.ts";
import { itemAt } from "../../node/core/bytes/items.ts";
import { keccak256 } from "../../node/core/bytes/keccak.ts";
import { lanesToBytes } from "../../node/core/bytes/lanes.ts";
import { createBfv } from "../../node/privacy/encrypted/bfv.ts";
import { createCipherSum } from "../../node/privacy/encrypted/cipher-sum.ts";
import { cipherBytesOf, cipherModulus, ringDegree, secretKeyBytes } from "../../node/privacy/encrypted/parameters.ts";

const word = (1n << 64n) - 1n;

/** Coefficient i of ciphertext k: the 48 highest bits of (i + 1)·(k + 1)·0x9e3779b97f4a7c15 modulo 2^64, modulo q. */
function cipherOf(k: number, parameterCount: number): Uint8Array {
  const bytes = new Uint8Array(cipherBytesOf(parameterCount));
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < bytes.length / 6; i++) {
    const mixed = (BigInt(i + 1) * BigInt(k + 1) * 0x9e3779b97f4a7c15n) & word;
    const value = (mixed >> 16n) % BigInt(cipherModulus);
    view.setUint32(6 * i, Number(value & 0xffff_ffffn), true);
    view.setUint16(6 * i + 4, Number(value >> 32n), true);
  }
  return bytes;
}

/** Coefficient i of the secret key: the 2 highest bits of (i + 1)·0xd1b54a32d192ed03 modulo 2^64, 3 taken as 0. */
function secretKeyOf(): Uint8Array {
  const key = new Uint8Array(secretKeyBytes);
  for (let i = 0; i < ringDegree; i++) {
    const bits = Number(((BigInt(i + 1) * 0xd1b54a32d192ed03n) & word) >> 62n);
    if (bits !== 3) key[i >> 2] = itemAt(key, i >> 2) | (bits << (2 * (i & 3)));
  }
  return key;
}

/**
 * Sums of ciphertexts that a formula gives, and what a key that a formula gives opens them to: whatever the bytes are,
 * both are fixed.
 */
export async function encryptedCases(): Promise<readonly object[]> {
  const bfv = createBfv();
  const secretKey = secretKeyOf();
  const sizes = [
    { addends: 1, parameterCount: 16 },
    { addends: 3, parameterCount: 4500 },
    { addends: 64, parameterCount: 4096 },
  ];
  return await Promise.all(
    sizes.map(async ({ addends, parameterCount }) => {
      const sum = createCipherSum(parameterCount);
      for (let k = 0; k < addends; k++) sum.add(cipherOf(k, parameterCount));
      const bytes = sum.finish();
      const lanes = await bfv.decrypt(secretKey, bytes, parameterCount);
      return {
        addends,
        parameterCount,
        secretKeyHash: toHex(keccak256(secretKey)),
        sumHash: toHex(keccak256(bytes)),
        firstLanes: toHex(lanesToBytes(lanes.subarray(0, 16))),
        lanesHash: toHex(keccak256(lanesToBytes(lanes))),
      };
    }),
  );
}
