import { type ImporterOptions, importBytes } from "ipfs-unixfs-importer";
import { fixedSize } from "ipfs-unixfs-importer/chunker";
import { balanced } from "ipfs-unixfs-importer/layout";
import { CID } from "multiformats/cid";
import { create as createDigest } from "multiformats/hashes/digest";
import { FedledgerError } from "../errors/error.ts";
import type { Bytes32 } from "../ids.ts";
import { fromHex, toHex } from "./hex.ts";

/** Bytes of a UnixFS chunk: 1 MiB. */
export const unixfsChunkBytes = 1 << 20;
/** Most links of a UnixFS node. */
export const unixfsMaxChildren = 1024;

/**
 * How a blob becomes a UnixFS file: the profile `unixfs-v1-2025` of IPIP-499 (docs/protocol/bytes.md), written out
 * so that no version's defaults can change a content id. For Helia's `addBytes`; Kubo takes the same as
 * `cidVersion: 1, rawLeaves: true, chunker: "size-1048576"` and `--max-file-links=1024`.
 */
export const UNIXFS_PROFILE: Omit<ImporterOptions, "onProgress" | "wrapWithDirectory"> = {
  profile: "unixfs-v1-2025",
  cidVersion: 1,
  rawLeaves: true,
  reduceSingleLeafToSelf: true,
  chunker: fixedSize({ chunkSize: unixfsChunkBytes }),
  layout: balanced({ maxChildrenPerNode: unixfsMaxChildren }),
  fieldOrder: "links-first",
};

const codecRaw = 0x55;
const codecDagPb = 0x70;
const sha2256 = 0x12;

/** Bytes of the largest blob: from 2 GiB on the importer writes a file's length wrongly. */
export const largestBlobBytes = 2 ** 31 - 1;

/** Throws INVALID_ARGUMENT for a blob that has no content id: an empty one, or one above {@link largestBlobBytes}. */
export function checkBlobLength(lengthBytes: number): void {
  if (lengthBytes >= 1 && lengthBytes <= largestBlobBytes) return;
  const expected = `1 to ${largestBlobBytes}`;
  throw new FedledgerError("INVALID_ARGUMENT", { name: "bytes.length", value: lengthBytes, expected });
}

/**
 * The content id of a blob: the SHA-256 digest of its CID. Throws INVALID_ARGUMENT for an empty one, and from 2 GiB.
 */
export async function contentIdOf(bytes: Uint8Array): Promise<Bytes32> {
  checkBlobLength(bytes.length);
  const { cid } = await importBytes(bytes, { put: (key) => key }, UNIXFS_PROFILE);
  return contentIdFromCid(cid);
}

/** The CIDv1 of a blob of this length: raw up to 1 MiB, dag-pb above. Throws INVALID_ARGUMENT. */
export function cidOf(contentId: Bytes32, lengthBytes: number): CID {
  const digest = fromHex(contentId);
  if (digest.length !== 32) {
    throw new FedledgerError("INVALID_ARGUMENT", { name: "contentId", value: contentId, expected: "32 bytes" });
  }
  if (!Number.isSafeInteger(lengthBytes) || lengthBytes < 1) {
    throw new FedledgerError("INVALID_ARGUMENT", { name: "lengthBytes", value: lengthBytes, expected: "at least 1" });
  }
  return CID.createV1(lengthBytes <= unixfsChunkBytes ? codecRaw : codecDagPb, createDigest(sha2256, digest));
}

/** The SHA-256 digest of a CID. Throws INVALID_ARGUMENT for a CID with another hash function. */
export function contentIdFromCid(cid: CID): Bytes32 {
  if (cid.multihash.code !== sha2256) {
    throw new FedledgerError("INVALID_ARGUMENT", { name: "cid", value: cid.toString(), expected: "a SHA-256 CID" });
  }
  return toHex(cid.multihash.digest);
}
