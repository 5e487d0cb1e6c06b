import { deriveNodeKeys } from "../../../node/chain/accounts/node-keys.ts";
import type { Address, Bytes32 } from "../../../node/core/ids.ts";
import type { BlobStore, KeyringSource, SealedName } from "../../../node/ports/index.ts";
import type { ReaderKeys } from "../../../node/privacy/sealed/keyring.ts";

/** A task that blobs are sealed for. */
export const sealedTask = { chainId: 31337, federation: `0x${"fe".repeat(20)}` as Address, taskId: 3 };

/** An account that stands for member `index`. */
export function accountOfMember(index: number): Address {
  return `0x${(index + 1).toString(16).padStart(40, "0")}` as Address;
}

/** The X25519 keys of member `index`. */
export function keysOfMember(index: number): ReaderKeys {
  return deriveNodeKeys(`0x${(index + 1).toString(16).padStart(64, "0")}`).encryption;
}

/** The name of an update of member 0 in round 1, with what differs. */
export function updateName(changes: Partial<SealedName> = {}): SealedName {
  return {
    round: 1,
    sender: accountOfMember(0),
    purpose: "update",
    root: `0x${"ab".repeat(32)}` as Bytes32,
    ...changes,
  };
}

/** Keyrings from a store. */
export function keyringsIn(store: Pick<BlobStore, "get">): KeyringSource {
  return { read: ({ contentId, lengthBytes }) => store.get(contentId, { lengthBytes }) };
}

/** A journal in memory, and what is in it. */
export function mapJournal() {
  const entries = new Map<string, Uint8Array>();
  return {
    entries,
    get: async (key: string) => entries.get(key),
    put: async (key: string, value: Uint8Array) => void entries.set(key, value),
    delete: async (key: string) => void entries.delete(key),
    close: async () => {},
  };
}

/** A content id that names nothing in particular. */
export const anyContentId: Bytes32 = `0x${"cd".repeat(32)}` as Bytes32;
