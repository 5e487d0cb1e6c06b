export {
  createMaskSecrets,
  isSecretKeyOf,
  type MaskPair,
  type MaskSecrets,
  pairSeed,
  seedHashOf,
} from "./mask-keys.ts";
export { addMask, type Mask, maskChunk } from "./mask-stream.ts";
export { maskUpdate } from "./mask-update.ts";
export { createMaskedMean, type MaskedMean, type MaskedMeanOptions, maskedChunk } from "./masked-mean.ts";
export {
  type AdvertisedKey,
  type ClosedRound,
  checkOpenings,
  type KeyedRound,
  keyedNeighbours,
  openingBytes,
  roundSides,
} from "./round-masks.ts";
export { type ShareKind, shareBytes, shareHash } from "./share-hash.ts";
