import type { Cid } from "../core/bytes/blob-dag.ts";
import type { Bytes32, PeerIdText } from "../core/ids.ts";

/** How to get a blob. */
export interface GetOptions {
  readonly signal?: AbortSignal;
  /**
   * The blob's exact length in bytes; anything else is an error. It fixes the codec of the CID, see
   * docs/protocol/bytes.md.
   */
  readonly lengthBytes: number;
  /** Peers that may have it, best first; without any, only the local store and configured gateways are asked. */
  readonly providers?: readonly PeerIdText[];
  readonly onProgress?: (received: { bytes: number; of: number; from: PeerIdText | "local" | "ipfs" }) => void;
}

/** Content-addressed bytes. A blob is named by the SHA-256 digest of its CIDv1 (docs/protocol/bytes.md). */
export interface BlobStore {
  /** Stores and keeps (pins) the bytes; returns their content id. The bytes are not modified and not retained. */
  put(bytes: Uint8Array, options?: { signal?: AbortSignal }): Promise<Bytes32>;
  /**
   * The verified bytes, from the local store or a provider; kept locally afterwards. Rejects with BLOB_NOT_FOUND,
   * BLOB_CORRUPT, BLOB_TOO_LARGE.
   */
  get(contentId: Bytes32, options: GetOptions): Promise<Uint8Array>;
  /** Whether the whole blob is here. */
  has(contentId: Bytes32, lengthBytes: number): Promise<boolean>;
  /** Forgets the blob; its blocks go at the next collection. */
  remove(contentId: Bytes32, lengthBytes: number): Promise<void>;
}

/** Blocks by CID, as in interface-blockstore. Blocks given out have been checked against their CIDs. */
export interface BlockReader {
  has(cid: Cid): Promise<boolean> | boolean;
  get(cid: Cid, options?: { signal?: AbortSignal }): Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

/** One transfer of a blob from one peer. */
export interface BlobTransfer {
  readonly contentId: Bytes32;
  readonly lengthBytes: number;
  /** As long as the blob; leaves are written at their places as they arrive. */
  readonly into: Uint8Array;
  /** How many blocks, depth first, are here already and are not sent again. */
  readonly skipBlocks: number;
  /** The checked block of an inner node that is here already. */
  readonly readInner: (cid: Cid) => Promise<Uint8Array>;
  /** Takes a checked block, in depth-first order; the next is read when it resolves. Views into `into` for leaves. */
  readonly onBlock: (cid: Cid, block: Uint8Array) => Promise<void> | void;
  readonly signal?: AbortSignal;
}

/** Moves blobs between members, block by block. */
export interface BlockExchange {
  /**
   * Gets a blob from a peer, checking every block on arrival.
   * Rejects with BLOB_NOT_FOUND (the peer does not have all of it), BLOB_CORRUPT (with `peerId` where the peer sent
   * false bytes, without where the content itself is not the profile's file), BLOB_TOO_LARGE, PEER_UNREACHABLE,
   * PEER_TIMEOUT, PEER_REFUSED, PEER_PROTOCOL, PEER_NOT_ADMITTED, or the signal's reason.
   */
  fetch(peer: PeerIdText, transfer: BlobTransfer): Promise<void>;
  /** Serves these blocks to admitted peers. Returns how to stop. */
  serve(blocks: BlockReader): () => void;
}
