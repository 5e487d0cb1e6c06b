import { largestBlobBytes } from "../bytes/content-id.ts";
import type { RoundMode } from "./mode.ts";

/** Parameters whose ciphertext is one block, and lanes of that block (docs/protocol/encrypted.md). */
const blockParameters = 4096;
const blockLanes = 12_288;

/** Updates are ciphertexts whose sum is decrypted by who holds the group key (BFV; Fan and Vercauteren 2012). */
export const encryptedMode: RoundMode = {
  name: "encrypted",
  keys: "one",
  showsUpdates: false,
  isRecomputable: false,
  sumLimit: 1n << 29n,
  fewestUpdates: 2,
  // the last block is whole, and an update is one blob
  mostParameters: Math.floor(largestBlobBytes / (4 * blockLanes)) * blockParameters,
  thresholdPercent: { least: 0, most: 0 },
  // what a ciphertext decrypts to no contract can see
  provable: new Set(["wrong-weight", "equivocation"]),
  maskGas: { perUpdate: 0, perPair: 0 },
  isOpenRoundSpent: true,
  updateLanes: (parameterCount) => blockLanes * Math.ceil(parameterCount / blockParameters),
  leastKeys: () => 1,
  leastUpdates: ({ keyed }, { minUpdates }) => (keyed === 0 ? Number.POSITIVE_INFINITY : minUpdates),
  mayCommit: ({ drawn }) => drawn,
  openedWords: () => 1,
  noiseShares: (minUpdates) => Math.max(1, minUpdates - 1),
};
