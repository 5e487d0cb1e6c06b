import type { Bytes32, PeerIdText } from "../core/ids.ts";

/** How to get a blob. */
export interface GetOptions {
  readonly signal?: AbortSignal;
  /** The blob's exact length in bytes; anything else is an error. It fixes the codec of the CID, see docs/protocol.md. */
  readonly lengthBytes: number;
  /** Peers that may have it, best first; without any, only the local store and configured gateways are asked. */
  readonly providers?: readonly PeerIdText[];
  readonly onProgress?: (received: { bytes: number; of: number; from: PeerIdText | "local" | "ipfs" }) => void;
}

/** Content-addressed bytes. A blob is named by the SHA-256 digest of its CIDv1 (docs/protocol.md, Content ids). */
export interface BlobStore {
  /** Stores and keeps (pins) the bytes; returns their content id. The bytes are not modified and not retained. */
  put(bytes: Uint8Array, options?: { signal?: AbortSignal }): Promise<Bytes32>;
  /** The verified bytes, from the local store or a provider; kept locally afterwards. Rejects with BLOB_NOT_FOUND, BLOB_CORRUPT, BLOB_TOO_LARGE. */
  get(contentId: Bytes32, options: GetOptions): Promise<Uint8Array>;
  /** Whether the whole blob is here. */
  has(contentId: Bytes32, lengthBytes: number): Promise<boolean>;
  /** Forgets the blob; its blocks go at the next collection. */
  remove(contentId: Bytes32, lengthBytes: number): Promise<void>;
}
