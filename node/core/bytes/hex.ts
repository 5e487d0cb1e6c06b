import { FedledgerError } from "../errors/error.ts";
import type { Hex } from "../ids.ts";

const digits = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** The bytes as lower-case hexadecimal with 0x in front; 32 bytes give a Bytes32, 20 an account without checksum. */
export function toHex(bytes: Uint8Array): Hex {
  let text: Hex = "0x";
  for (const byte of bytes) text += digits[byte];
  return text as Hex;
}

/**
 * The bytes of a hexadecimal string, upper or lower case. Throws INVALID_ARGUMENT for anything but 0x and whole bytes.
 */
export function fromHex(hex: string): Uint8Array {
  if (!/^0x(?:[0-9a-fA-F]{2})*$/.test(hex)) {
    throw new FedledgerError("INVALID_ARGUMENT", { name: "hex", value: hex, expected: "0x and whole bytes" });
  }
  const bytes = new Uint8Array((hex.length - 2) / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(hex.slice(2 + 2 * i, 4 + 2 * i), 16);
  return bytes;
}

/** Whether two hexadecimal strings stand for the same bytes: letter case does not count, so checksums do not either. */
export function hexEquals(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** The joined bytes. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/**
 * The integer as 32 big-endian bytes, negative ones in two's complement: Solidity's encoding of any static integer.
 * Throws INVALID_ARGUMENT for numbers that are not safe integers, and beyond 256 bits.
 */
export function word(value: bigint | number): Uint8Array {
  if (typeof value === "number" && !Number.isSafeInteger(value)) throw notAWord(value);
  const integer = BigInt(value);
  if (integer >= 1n << 256n || integer < -(1n << 255n)) throw notAWord(value);
  const bytes = new Uint8Array(32);
  let rest = BigInt.asUintN(256, integer);
  for (let i = 31; i >= 0 && rest > 0n; i--) {
    bytes[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}

/**
 * Solidity's `abi.encode` of static values: integers as {@link word}, hexadecimal strings up to 32 bytes right-aligned
 * (right for `address` and `bytes32`; shorter `bytesN` would be left-aligned and are not used here).
 */
export function abiWords(...values: readonly (bigint | number | Hex)[]): Uint8Array {
  const encoded = new Uint8Array(32 * values.length);
  values.forEach((value, i) => {
    if (typeof value !== "string") {
      encoded.set(word(value), 32 * i);
      return;
    }
    const bytes = fromHex(value);
    if (bytes.length > 32) throw notAWord(value);
    encoded.set(bytes, 32 * (i + 1) - bytes.length);
  });
  return encoded;
}

function notAWord(value: string | number | bigint): FedledgerError {
  return new FedledgerError("INVALID_ARGUMENT", { name: "value", value, expected: "an integer of at most 256 bits" });
}
