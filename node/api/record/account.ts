import { accountOf, deriveNodeKeys, openKeystore } from "../../chain/index.ts";
import type { Address, Bytes32, Hex, PeerIdText } from "../../core/ids.ts";
import { peerIdOfSeed } from "../../p2p/index.ts";

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

/** What of an account's node others may know. */
export interface PublicKeys {
  readonly account: Address;
  /** PeerId of its libp2p host. */
  readonly peerId: PeerIdText;
  /** X25519 key, to which blobs and grants are sealed. */
  readonly encryptionKey: Bytes32;
}

/** The public keys of an account's node. */
export async function publicKeysOf({ address, privateKey }: Account): Promise<PublicKeys> {
  const { libp2pSeed, encryption } = deriveNodeKeys(privateKey);
  return { account: address, peerId: await peerIdOfSeed(libp2pSeed), encryptionKey: encryption.publicKey };
}
