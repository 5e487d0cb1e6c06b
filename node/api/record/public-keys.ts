import { deriveNodeKeys } from "../../chain/index.ts";
import type { Address, Bytes32, PeerIdText } from "../../core/ids.ts";
import { peerIdOfSeed } from "../../p2p/index.ts";
import type { Account } from "./account.ts";

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
