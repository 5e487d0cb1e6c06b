export {
  answerUnmasking,
  type ClosedView,
  checkMasking,
  type KeyedView,
  type OwnRecords,
  type Unmasking,
} from "./answer-unmasking.ts";
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
  type AnswerRecord,
  type BoundKey,
  createMaskJournal,
  keysHash,
  type MaskedRecord,
  type MaskJournal,
  type RoundOpening,
  type SecretsRecord,
} from "./mask-records.ts";
export { addMask, type Mask, maskChunk } from "./mask-stream.ts";
export { maskUpdate } from "./mask-update.ts";
export { createMaskedMean, type MaskedMean, type MaskedMeanOptions, maskedChunk } from "./masked-mean.ts";
export {
  type AdvertisedKey,
  type ClosedRound,
  checkOpenings,
  isFalseOpening,
  type KeyedRound,
  keyedNeighbours,
  roundSides,
} from "./round-masks.ts";
export { type ShareKind, shareBytes, shareHash } from "./share-hash.ts";
export {
  type HeldShares,
  openShare,
  type ShareContext,
  type ShareReceiver,
  sealShares,
  shareBundleBytes,
  shareEntryBytes,
} from "./shares.ts";
export { decodeUnmasking, encodeUnmasking, type UnmaskFields } from "./unmask-fields.ts";
