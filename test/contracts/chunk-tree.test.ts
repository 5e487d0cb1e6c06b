import { expect } from "chai";
import { createLibraryHarness, type LibraryHarness } from "./support/library-harness.ts";
import { readVectors } from "./support/vectors.ts";

interface ChunkCase {
  readonly name: string;
  readonly parameterCount: number;
  readonly root: string;
  readonly index: number;
  readonly chunk: string;
  readonly proof: readonly string[];
}

const flipped = (hex: string, at: number): string => {
  const digit = hex[at] === "0" ? "1" : "0";
  return hex.slice(0, at) + digit + hex.slice(at + 1);
};

describe("ChunkTree (Solidity)", () => {
  let harness: LibraryHarness;
  const verify = (c: ChunkCase): Promise<boolean> =>
    harness.verify(c.root, c.parameterCount, c.index, c.chunk, c.proof) as Promise<boolean>;

  before(async () => {
    ({ harness } = await createLibraryHarness());
  });

  for (const vector of readVectors<ChunkCase>("chunk-tree")) {
    it(`accepts the vector and refuses every change of it: ${vector.name}`, async () => {
      expect(await verify(vector)).equals(true);
      const changes: Partial<ChunkCase>[] = [
        { root: flipped(vector.root, 20) },
        { chunk: flipped(vector.chunk, 2) },
        { chunk: flipped(vector.chunk, vector.chunk.length - 1) },
        { chunk: vector.chunk.slice(0, -2) },
        { chunk: `${vector.chunk}00` },
        { parameterCount: vector.parameterCount + 1 },
        { parameterCount: 0 },
        { index: vector.index + 1 },
        { index: vector.index ^ 1 },
        { proof: [...vector.proof, vector.root] },
      ];
      if (vector.proof.length > 0) {
        changes.push(
          { proof: vector.proof.slice(1) },
          { proof: [flipped(vector.proof[0]!, 9), ...vector.proof.slice(1)] },
        );
      }
      for (const change of changes)
        expect(await verify({ ...vector, ...change }), JSON.stringify(change)).equals(false);
    });
  }
});
