import { accountOf, openKeystore } from "../../chain/index.ts";
import type { Address, Hex } from "../../core/ids.ts";

/**
 * Who acts: an Ethereum account and its key. The other keys of its node, for the network and for sealed blobs, follow
 * from this one, so that it is all there is to keep.
 */
export interface Account {
  readonly address: Address;
  /** secp256k1: 32 bytes. */
  readonly privateKey: Hex;
}

/** The account of a private key of 32 bytes, in hexadecimal with 0x. Throws INVALID_CONFIG for what is not one. */
export function accountOfKey(privateKey: string): Account {
  return { address: accountOf(privateKey), privateKey: privateKey as Hex };
}

/**
 * The account in a keystore (Web3 Secret Storage version 3, as {@link createKeystore}, geth and wallets write it).
 * Opening one takes about half a second by its own cost. Rejects with FILE_NOT_FOUND, FILE_UNREADABLE, WRONG_PASSWORD.
 */
export function accountOfKeystore(path: string, password: string): Promise<Account> {
  return openKeystore(path, password);
}
