import { existsSync } from "node:fs";
import { type Address, readKeystoreAccount } from "../../api/index.ts";
import { FedledgerError } from "../../core/errors/error.ts";

/** An account given as such, or by its keystore file. Rejects with INVALID_CONFIG, FILE_UNREADABLE. */
export async function accountArgument(text: string): Promise<Address> {
  if (/^0x[0-9a-fA-F]{40}$/.test(text)) return text as Address;
  if (existsSync(text)) return readKeystoreAccount(text);
  throw new FedledgerError("INVALID_CONFIG", {
    name: text,
    reason: "neither an account (0x and 40 hexadecimal digits) nor a keystore file",
  });
}
