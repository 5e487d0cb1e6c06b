import { createChunkTree } from "../../node/core/bytes/chunk-tree.ts";
import { cidOf, contentIdOf } from "../../node/core/bytes/content-id.ts";
import { toHex } from "../../node/core/bytes/hex.ts";
import { lanesHex, randomLanes } from "./lanes.ts";

/** Roots and proofs of vectors around chunk borders. */
export function chunkTreeCases(): unknown[] {
  return [1, 63, 64, 65, 127, 128, 129, 320, 1000].flatMap((parameterCount) => {
    const lanes = randomLanes(parameterCount, parameterCount);
    const tree = createChunkTree(lanes);
    const indexes = new Set([0, tree.chunkCount >> 1, tree.chunkCount - 1]);
    return [...indexes].map((index) => ({
      name: `${parameterCount} lanes, chunk ${index}`,
      parameterCount,
      bytes: lanesHex(lanes),
      root: tree.root,
      index,
      chunk: toHex(tree.chunk(index)),
      proof: tree.proof(index),
    }));
  });
}

/** Content ids around UnixFS chunk borders; byte i of a blob is i mod 251. */
export async function contentIdCases(): Promise<unknown[]> {
  const mebibyte = 1 << 20;
  const lengths = [1, 256, 1000, mebibyte - 1, mebibyte, mebibyte + 1, 2 * mebibyte, 5 * mebibyte + 4];
  return Promise.all(
    lengths.map(async (lengthBytes) => {
      const contentId = await contentIdOf(Uint8Array.from({ length: lengthBytes }, (_, i) => i % 251));
      return { name: `${lengthBytes} bytes`, lengthBytes, contentId, cid: cidOf(contentId, lengthBytes).toString() };
    }),
  );
}
