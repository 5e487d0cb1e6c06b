import { FedledgerError } from "../errors/error.ts";
import type { Bytes32 } from "../ids.ts";
import { fromHex, toHex } from "./hex.ts";

const wordBytes = 32;

/**
 * A text as the contract's bytes32: its UTF-8, zeros behind it; a word of 32 bytes in hexadecimal stands for itself.
 * The inverse of {@link wordText}.
 *
 * Throws INVALID_ARGUMENT for a text of more than 32 bytes, with a zero character, or with half of a surrogate pair.
 */
export function textWord(text: string): Bytes32 {
  if (/^0x[0-9a-fA-F]{64}$/.test(text)) return text.toLowerCase() as Bytes32;
  const bytes = new TextEncoder().encode(text);
  if (bytes.length > wordBytes || bytes.includes(0) || !text.isWellFormed()) {
    throw new FedledgerError("INVALID_ARGUMENT", {
      name: "text",
      value: text,
      expected: "at most 32 bytes of UTF-8 without zero characters",
    });
  }
  const word = new Uint8Array(wordBytes);
  word.set(bytes);
  return toHex(word);
}

/**
 * The text of a contract's bytes32; a word that is no text (not UTF-8, or a zero before its end) as hexadecimal. Throws
 * INVALID_ARGUMENT unless it has 32 bytes.
 */
export function wordText(word: string): string {
  const bytes = fromHex(word);
  if (bytes.length !== wordBytes) {
    throw new FedledgerError("INVALID_ARGUMENT", { name: "word", value: word, expected: "32 bytes" });
  }
  const used = bytes.subarray(0, bytes.findLastIndex((byte) => byte !== 0) + 1);
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(used);
    return used.includes(0) ? toHex(bytes) : text;
  } catch {
    // not UTF-8
    return toHex(bytes);
  }
}
