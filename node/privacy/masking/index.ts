export {
  answerUnmasking,
  type ClosedView,
  checkClosing,
  checkMasking,
  type OwnRound,
  type Unmasking,
} from "./answer-unmasking.ts";
export {
  checkKeys,
  checkOpening,
  fellowsNeeded,
  type KeyedView,
  type MaskTrust,
  type RoundSecrets,
} from "./check-keys.ts";
export {
  type CollectedOpenings,
  collectOpenings,
  type UnmaskAnswer,
} from "./collect-openings.ts";
export {
  createMaskSecrets,
  isMaskKey,
  isSecretKeyOf,
  type MaskSecrets,
  pairSeed,
  seedHashOf,
} from "./mask-keys.ts";
export {
  type ClosingRecord,
  createMaskJournal,
  type MaskedRecord,
} from "./mask-records.ts";
export { addMask, maskChunk } from "./mask-stream.ts";
export { maskUpdate } from "./mask-update.ts";
export { createMaskedMean, type MaskedMean, type MaskedMeanOptions, maskedChunk } from "./masked-mean.ts";
export {
  type ClosedRound,
  checkOpenings,
  isFalseOpening,
  type KeyedRound,
  roundSides,
} from "./round-masks.ts";
export { shareBytes, shareHash } from "./share-hash.ts";
export { createShareKey, type ShareKeyPair, shareKeyOf } from "./share-keys.ts";
export {
  entryOf,
  type HeldShares,
  openShare,
  sealShares,
  shareBundleBytes,
  shareEntryBytes,
} from "./shares.ts";
export { decodeUnmasking, encodeUnmasking } from "./unmask-fields.ts";
