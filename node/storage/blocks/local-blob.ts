import { blobChildren, blobRoot, type Cid, walkBlob } from "../../core/bytes/blob-dag.ts";
import type { Bytes32 } from "../../core/ids.ts";
import type { BlockReader } from "../../ports/index.ts";
import { readBlock } from "./read-block.ts";

/** How much of a blob was found. */
export interface LocalBlob {
  /** Leading blocks, depth first, that are here; their leaves are in the buffer. */
  readonly blocksFound: number;
  readonly complete: boolean;
  /** Checked inner blocks by the text of their CID. */
  readonly inner: Map<string, Uint8Array>;
}

/**
 * Reads as much of a blob as is here into `into`, up to the first block that is missing.
 * Rejects with BLOB_TOO_LARGE or BLOB_CORRUPT where the content is not the profile's file of this length.
 */
export async function readLocalBlob(
  blocks: BlockReader,
  contentId: Bytes32,
  into: Uint8Array,
  options: { readonly signal?: AbortSignal | undefined; readonly onBlock?: (bytes: number) => void } = {},
): Promise<LocalBlob> {
  const inner = new Map<string, Uint8Array>();
  const innerOf = async ({ cid }: { cid: Cid }) => inner.get(cid.toString()) ?? readBlock(blocks, cid);
  let blocksFound = 0;
  for await (const node of walkBlob(blobRoot(contentId, into.length), innerOf)) {
    options.signal?.throwIfAborted();
    const block = (await blocks.has(node.cid)) ? await readBlock(blocks, node.cid).catch(() => undefined) : undefined;
    if (!block) return { blocksFound, complete: false, inner };
    if (node.height > 0) {
      inner.set(node.cid.toString(), block);
    } else {
      blobChildren(node, block);
      into.set(block, node.offset);
      options.onBlock?.(block.length);
    }
    blocksFound++;
  }
  return { blocksFound, complete: true, inner };
}

/** Whether all blocks of a blob are here. Never rejects. */
export async function hasLocalBlob(blocks: BlockReader, contentId: Bytes32, lengthBytes: number): Promise<boolean> {
  try {
    for await (const node of walkBlob(blobRoot(contentId, lengthBytes), ({ cid }) => readBlock(blocks, cid))) {
      if (!(await blocks.has(node.cid))) return false;
    }
    return true;
  } catch {
    return false;
  }
}
