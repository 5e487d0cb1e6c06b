import { type Cid, linksOf } from "../../core/bytes/blob-dag.ts";
import type { BlockReader } from "../../ports/index.ts";
import { readBlock } from "./read-block.ts";

/**
 * Walks a DAG for pinning without reading its leaves: their CIDs are enough. Helia's own walker reads every block.
 * Blocks that cannot be read are yielded without their children.
 */
export function leaflessWalker(
  blocks: BlockReader,
): () => { walk(root: Cid): AsyncGenerator<{ block: { cid: Cid } }> } {
  return () => ({
    async *walk(root) {
      const rest = [root];
      for (let cid = rest.pop(); cid !== undefined; cid = rest.pop()) {
        yield { block: { cid } };
        if (cid.code === 0x55) continue;
        const block = await readBlock(blocks, cid).catch(() => undefined);
        if (block) rest.push(...linksOf(cid, block).toReversed());
      }
    },
  });
}
