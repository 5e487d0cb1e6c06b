import type { RoundMode } from "./mode.ts";
import { shareThreshold } from "./share-threshold.ts";

const calldataByteGas = 40;
const advertisementBytes = 192 + 32;
const leastUpdates: RoundMode["leastUpdates"] = ({ drawn }, { minUpdates, thresholdPercent }) =>
  Math.max(minUpdates, shareThreshold(drawn, thresholdPercent) + 1);

/** Updates hide under masks that cancel in their sum, which alone is opened (Bonawitz et al. 2017). */
export const maskedMode: RoundMode = {
  name: "masked",
  keys: "each",
  showsUpdates: false,
  isRecomputable: true,
  sumLimit: 1n << 31n,
  fewestUpdates: 3,
  thresholdPercent: { least: 51, most: 100 },
  provable: new Set(["wrong-chunk", "wrong-weight", "invalid-update", "false-opening", "equivocation"]),
  chunkProof: "proveMaskedChunk",
  maskGas: { perUpdate: advertisementBytes * calldataByteGas + 10_000, perPair: 8_500 },
  isOpenRoundSpent: false,
  updateLanes: (parameterCount) => parameterCount,
  // with fewer than t + 1 members nobody would open anything
  leastKeys: leastUpdates,
  leastUpdates,
  mayCommit: ({ keyed }) => keyed,
  openedWords: (keyed) => keyed,
  noiseShares: (minUpdates) => Math.max(1, minUpdates - 1),
};
