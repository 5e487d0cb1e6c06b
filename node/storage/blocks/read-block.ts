import type { Cid } from "../../core/bytes/blob-dag.ts";
import type { BlockReader } from "../../ports/index.ts";

/** A block's bytes in one piece. Rejects as the store does. */
export async function readBlock(blocks: Pick<BlockReader, "get">, cid: Cid, signal?: AbortSignal): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of blocks.get(cid, signal ? { signal } : {})) parts.push(part);
  return parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts);
}
