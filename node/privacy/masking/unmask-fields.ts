import { fromHex, toHex } from "../../core/bytes/hex.ts";
import type { Hex } from "../../core/ids.ts";
import { openingBytes } from "../../core/record/round-keys.ts";
import type { UnmaskAnswer } from "./collect-openings.ts";
import { shareBytes } from "./share-hash.ts";

/** What an unmask message carries beside the round, its accumulator and who sends it (docs/protocol/messages.md). */
export interface UnmaskFields {
  /** 32 bytes. */
  readonly seed: Hex;
  /** 33 bytes for each other that advertised. */
  readonly shares: Hex;
}

/** An answer as a message carries it. */
export function encodeUnmasking({ seed, shares }: UnmaskAnswer): UnmaskFields {
  return { seed: toHex(seed), shares: toHex(shares) };
}

/**
 * The answer of the participant in `slot`, beside whom so many others advertised; undefined for fields of any other
 * form. Whether what it says is true, collectOpenings finds out.
 */
export function decodeUnmasking(fields: UnmaskFields, slot: number, fellowCount: number): UnmaskAnswer | undefined {
  if (!isBytes(fields.seed, openingBytes) || !isBytes(fields.shares, shareBytes * fellowCount)) return undefined;
  return { slot, seed: fromHex(fields.seed), shares: fromHex(fields.shares) };
}

function isBytes(value: unknown, length: number): boolean {
  return typeof value === "string" && value.length === 2 + 2 * length && /^0x[0-9a-f]*$/.test(value);
}
