import { toHex } from "../../core/bytes/hex.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { KeyedHash } from "../../ports/index.ts";
import { createKeyedHash, saltBytes } from "../../privacy/keyed-hash.ts";
import { createRandom } from "../../system/index.ts";
import { saltCheckOf } from "../../training/index.ts";

/** A secret salt of hashed columns. */
export interface Salt {
  /** 64 hexadecimal digits: for the participants alone, for whoever has it can find out what was hashed by trying. */
  readonly text: string;
  /** What a task's specification may say of it, so that a wrong one is noticed. */
  readonly check: string;
}

/** A new salt, of the machine's randomness. */
export function createSalt(): Salt {
  const salt = createRandom().bytes(saltBytes);
  return { text: toHex(salt).slice(2), check: saltCheckOf(createKeyedHash(salt)) };
}

/**
 * The keyed hash under a salt of 64 hexadecimal digits. Throws INVALID_CONFIG for a text that is no salt.
 *
 * @param name of what gave the text, for the error
 */
export function parseSalt(text: string, name = "salt"): KeyedHash {
  if (new RegExp(`^[0-9a-fA-F]{${2 * saltBytes}}$`).test(text)) return createKeyedHash(Buffer.from(text, "hex"));
  const reason = `expected ${2 * saltBytes} hexadecimal digits; fedledger data salt makes one`;
  throw new FedledgerError("INVALID_CONFIG", { name, reason });
}
