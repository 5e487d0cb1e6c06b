import type { RoundMode } from "./mode.ts";

/** Updates are published as they are: everybody checks each, and recomputes the model from them. */
export const transparentMode: RoundMode = {
  name: "transparent",
  keys: "none",
  showsUpdates: true,
  isRecomputable: true,
  sumLimit: 1n << 52n,
  fewestUpdates: 1,
  thresholdPercent: { least: 0, most: 0 },
  provable: new Set(["wrong-chunk", "wrong-weight", "invalid-update", "equivocation"]),
  chunkProof: "proveChunk",
  maskGas: { perUpdate: 0, perPair: 0 },
  isOpenRoundSpent: true,
  updateLanes: (parameterCount) => parameterCount,
  leastKeys: () => 0,
  leastUpdates: (_, { minUpdates }) => minUpdates,
  mayCommit: ({ drawn }) => drawn,
  openedWords: () => 0,
  noiseShares: () => 1,
};
