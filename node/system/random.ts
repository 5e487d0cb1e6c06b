import { randomBytes } from "node:crypto";
import type { Random } from "../ports/system.ts";

/** Randomness from the operating system's generator. */
export function createRandom(): Random {
  return { bytes: (length) => new Uint8Array(randomBytes(length)) };
}
