import type { Random } from "../../ports/system.ts";

/** Uniform numbers from a CSPRNG, drawn from it in blocks. */
export interface RandomWords {
  /** Uniform in {0, ..., 2^32 - 1}. */
  uint32(): number;
  /** Uniform in {0, ..., 2^53 - 1}. */
  uint53(): number;
  /** Uniform in {0, ..., bound - 1}, exactly (by rejection); `bound` an integer from 1 to 2^53. */
  below(bound: number): number;
  /** True with probability one half. */
  bit(): boolean;
}

const blockBytes = 1 << 16;

/** Numbers from `random`. Every word is used once; what is left in the block is forgotten with it. */
export function createRandomWords(random: Random): RandomWords {
  let block: DataView = new DataView(new ArrayBuffer(0));
  let at = 0;
  let bits = 0;
  let bitsLeft = 0;
  const uint32 = (): number => {
    if (at === block.byteLength) {
      const bytes = random.bytes(blockBytes);
      block = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      at = 0;
    }
    const word = block.getUint32(at, true);
    at += 4;
    return word;
  };
  const uint53 = (): number => (uint32() >>> 5) * 2 ** 26 + (uint32() >>> 6);
  return {
    uint32,
    uint53,
    below(bound) {
      const small = bound <= 2 ** 32;
      const range = small ? 2 ** 32 : 2 ** 53;
      const limit = range - (range % bound);
      for (;;) {
        const word = small ? uint32() : uint53();
        if (word < limit) return word % bound;
      }
    },
    bit() {
      if (bitsLeft === 0) {
        bits = uint32();
        bitsLeft = 32;
      }
      bitsLeft--;
      return ((bits >>> bitsLeft) & 1) === 1;
    },
  };
}
