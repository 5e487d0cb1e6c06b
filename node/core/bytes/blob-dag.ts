import * as dagPb from "@ipld/dag-pb";
import { CID } from "multiformats/cid";
import { FedledgerError } from "../errors/error.ts";
import type { Bytes32 } from "../ids.ts";
import { cidOf, contentIdFromCid, unixfsChunkBytes, unixfsMaxChildren } from "./content-id.ts";

/** A CIDv1, as other modules see it. */
export type Cid = CID;

/** One block of a blob, known before its bytes are: the profile fixes the whole tree from the length. */
export interface BlobNode {
  /** Content id of the whole blob. */
  readonly contentId: Bytes32;
  readonly cid: Cid;
  /** Where the bytes under it begin in the blob. */
  readonly offset: number;
  /** Bytes of the blob under it. */
  readonly lengthBytes: number;
  /** 0 for a raw leaf, else one more than its children. */
  readonly height: number;
}

/** The root node of a blob of this length (docs/protocol/bytes.md). Throws INVALID_ARGUMENT. */
export function blobRoot(contentId: Bytes32, lengthBytes: number): BlobNode {
  let height = 0;
  while (span(height) < lengthBytes) height++;
  return { contentId, cid: cidOf(contentId, lengthBytes), offset: 0, lengthBytes, height };
}

/**
 * The children of a node, from its block, whose hash the caller has checked; none for a leaf.
 *
 * Throws where the block is not the profile's one for this place, so that a content id has exactly one file:
 * BLOB_TOO_LARGE if it holds more bytes, BLOB_CORRUPT otherwise. Neither is the fault of the peer that sent it.
 */
export function blobChildren(node: BlobNode, block: Uint8Array): readonly BlobNode[] {
  if (node.height === 0) {
    if (block.length !== node.lengthBytes) throw misfit(node, block.length);
    return [];
  }
  let links: readonly Cid[];
  try {
    links = linksOf(node.cid, block);
  } catch {
    throw misfit(node);
  }
  const sizes = childLengths(node.height, node.lengthBytes);
  const codec = node.height === 1 ? 0x55 : dagPb.code;
  if (
    links.length !== sizes.length ||
    links.some((link) => link.version !== 1 || link.code !== codec || link.multihash.code !== 0x12) ||
    !sameBytes(encodeNode(node.height, node.lengthBytes, links), block)
  ) {
    throw misfit(node, fileSizeOf(block));
  }
  let offset = node.offset;
  return links.map((cid, i) => {
    const lengthBytes = sizes[i] as number;
    const child = { contentId: node.contentId, cid, offset, lengthBytes, height: node.height - 1 };
    offset += lengthBytes;
    return child;
  });
}

/**
 * The nodes of a blob, depth first, parents before children. `readInner` gives the checked block of an inner node after
 * it was yielded.
 */
export async function* walkBlob(
  root: BlobNode,
  readInner: (node: BlobNode) => Promise<Uint8Array>,
): AsyncGenerator<BlobNode> {
  const rest = [root];
  for (let node = rest.pop(); node !== undefined; node = rest.pop()) {
    yield node;
    if (node.height > 0) rest.push(...blobChildren(node, await readInner(node)).toReversed());
  }
}

/** Number of blocks of a blob of this length. */
export function blobBlockCount(lengthBytes: number): number {
  let level = Math.ceil(lengthBytes / unixfsChunkBytes);
  let count = level;
  while (level > 1) {
    level = Math.ceil(level / unixfsMaxChildren);
    count += level;
  }
  return count;
}

/** The CIDs a block links to: none for a raw one. Throws INVALID_ARGUMENT for other codecs and undecodable blocks. */
export function linksOf(cid: Cid, block: Uint8Array): readonly Cid[] {
  if (cid.code === 0x55) return [];
  try {
    if (cid.code === dagPb.code) return dagPb.decode(block).Links.map((link) => link.Hash);
  } catch (error) {
    throw new FedledgerError("INVALID_ARGUMENT", { name: "block", value: cid.toString(), expected: "dag-pb" }, error);
  }
  throw new FedledgerError("INVALID_ARGUMENT", { name: "cid", value: cid.toString(), expected: "raw or dag-pb" });
}

/** Whether the bytes have the SHA-256 digest that the CID names; false for CIDs of other hash functions. */
export async function isBlockOf(cid: Cid, block: Uint8Array): Promise<boolean> {
  if (cid.multihash.code !== 0x12) return false;
  const digest = await crypto.subtle.digest("SHA-256", block as Uint8Array<ArrayBuffer>);
  return sameBytes(new Uint8Array(digest), cid.multihash.digest);
}

/** Reads a CID from its text or its bytes. Throws INVALID_ARGUMENT for anything but a SHA-256 CID. */
export function parseCid(value: string | Uint8Array): Cid {
  let cid: Cid;
  try {
    cid = typeof value === "string" ? CID.parse(value) : CID.decode(value);
  } catch (error) {
    const shown = typeof value === "string" ? value : `${value.length} bytes`;
    throw new FedledgerError("INVALID_ARGUMENT", { name: "cid", value: shown, expected: "a CID" }, error);
  }
  contentIdFromCid(cid);
  return cid;
}

/** Bytes that a full subtree of this height covers. */
function span(height: number): number {
  return unixfsChunkBytes * unixfsMaxChildren ** height;
}

function childLengths(height: number, lengthBytes: number): number[] {
  const each = span(height - 1);
  return Array.from({ length: Math.ceil(lengthBytes / each) }, (_, i) => Math.min(each, lengthBytes - i * each));
}

/** The one block the profile allows for an inner node: balanced, links without names, UnixFS data of type file. */
function encodeNode(height: number, lengthBytes: number, links: readonly Cid[]): Uint8Array {
  const sizes = childLengths(height, lengthBytes);
  const known = new Map<number, number>();
  const sizeOfChild = (bytes: number): number => {
    const size = known.get(bytes) ?? dagSize(height - 1, bytes, links[0] as Cid);
    known.set(bytes, size);
    return size;
  };
  return dagPb.encode({
    Data: Uint8Array.from([
      0x08,
      0x02,
      0x18,
      ...varint(lengthBytes),
      ...sizes.flatMap((size) => [0x20, ...varint(size)]),
    ]),
    Links: links.map((Hash, i) => ({ Name: "", Tsize: sizeOfChild(sizes[i] as number), Hash })),
  });
}

/**
 * Bytes of a subtree's blocks together (dag-pb's Tsize); `anyCid` stands for the links, all CIDs being of one length.
 */
function dagSize(height: number, lengthBytes: number, anyCid: Cid): number {
  if (height === 0) return lengthBytes;
  const sizes = childLengths(height, lengthBytes);
  const own = encodeNode(
    height,
    lengthBytes,
    sizes.map(() => anyCid),
  ).length;
  const full = sizes.length > 1 ? dagSize(height - 1, sizes[0] as number, anyCid) * (sizes.length - 1) : 0;
  return own + full + dagSize(height - 1, sizes.at(-1) as number, anyCid);
}

function varint(value: number): number[] {
  const bytes = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  bytes.push(rest);
  return bytes;
}

/** The file size a UnixFS node claims; undefined where it is not one. */
function fileSizeOf(block: Uint8Array): number | undefined {
  const data = dagPb.decode(block).Data;
  if (data?.[0] !== 0x08 || data[2] !== 0x18) return undefined;
  let value = 0;
  for (let i = 3, scale = 1; i < Math.min(data.length, 11); i++, scale *= 0x80) {
    const byte = data[i] as number;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return value;
  }
  return undefined;
}

function misfit(node: BlobNode, lengthBytes = 0): FedledgerError {
  return lengthBytes > node.lengthBytes
    ? new FedledgerError("BLOB_TOO_LARGE", { contentId: node.contentId, limitBytes: node.lengthBytes })
    : new FedledgerError("BLOB_CORRUPT", {
        contentId: node.contentId,
        reason: "it is not the profile's file of this length",
      });
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
