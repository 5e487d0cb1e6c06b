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
  leastMembers,
  type MaskTrust,
  type OpenedView,
  type RoundSecrets,
} from "./check-keys.ts";
export {
  type CollectedOpenings,
  collectOpenings,
  type MaskBlame,
  type MissingPiece,
  type UnmaskAnswer,
} from "./collect-openings.ts";
export {
  createMaskSecrets,
  isMaskKey,
  isSecretKeyOf,
  type MaskPair,
  type MaskSecrets,
  pairSeed,
  seedHashOf,
} from "./mask-keys.ts";
export {
  type ClosingRecord,
  createMaskJournal,
  type MaskedRecord,
  type MaskJournal,
  type MaskRound,
} from "./mask-records.ts";
export { addMask, type Mask, maskChunk } from "./mask-stream.ts";
export { maskUpdate } from "./mask-update.ts";
export { createMaskedMean, type MaskedMean, type MaskedMeanOptions, maskedChunk } from "./masked-mean.ts";
export {
  type AdvertisedKey,
  type ClosedRound,
  checkOpenings,
  fellowsOf,
  isFalseOpening,
  type KeyedRound,
  roundSides,
} from "./round-masks.ts";
export { type ShareKind, shareBytes, shareHash } from "./share-hash.ts";
export { createShareKey, type ShareKeyPair, shareKeyOf } from "./share-keys.ts";
export {
  entryOf,
  type HeldShares,
  openShare,
  type ShareReceiver,
  sealShares,
  shareBundleBytes,
  shareEntryBytes,
} from "./shares.ts";
export { decodeUnmasking, encodeUnmasking, type UnmaskFields } from "./unmask-fields.ts";
