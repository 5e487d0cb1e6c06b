export type { AuditInput } from "./audit-input.ts";
export type { AuditReport, Expelled, RecordEntry } from "./audit-report.ts";
export { auditTask } from "./audit-task.ts";
export {
  includedCommitments,
  isWeightWrong,
  type ProposedRound,
  proveChunk,
  proveDoubleCommitment,
  proveEquivocation,
  proveOpening,
  proveUpdate,
  proveWeight,
  type WrongChunkInput,
} from "./build-proof.ts";
export { holds } from "./check-proof.ts";
export { checkRecord } from "./check-record.ts";
export { checkRound, type RoundCheck, type RoundCheckInput, type UpdateStatus } from "./check-round.ts";
export type { StoredState } from "./check-storage.ts";
export { checkTask, type TaskCheck } from "./check-task.ts";
export { checkUpdate, missingUpdate, type UpdateCheck } from "./check-update.ts";
export { decryptionInWords } from "./decryption-words.ts";
export {
  exitCodeOf,
  type Finding,
  type FindingCode,
  findingCodes,
  type Severity,
  type Verdict,
  verdictOf,
} from "./findings.ts";
export { isUnavailable } from "./is-unavailable.ts";
export { metricText } from "./metric-text.ts";
export { type OpenedPair, openedPairsOf } from "./opened-pairs.ts";
export { timeText } from "./provable.ts";
export { type BlobName, type BlobReading, type ReadOptions, readBlob } from "./read-blob.ts";
export { buildReceipt, type UpdateReceipt } from "./receipt.ts";
export { type ReportExtras, renderReport } from "./report.ts";
export { type Contribution, contributionsOf } from "./report-members.ts";
export type { RoundGas } from "./round-gas.ts";
export type { RoundVerdict, Strike, SupersededProposal, UpdateVerdict } from "./round-verdict.ts";
export { keyringsOf, type SenderKeyrings, sealedBlobs } from "./task-keyrings.ts";
export type { EventOf, HashedProposal, RecoverSigner, RoundRecord, TaskRecord } from "./task-record.ts";
export { updateFault } from "./update-fault.ts";
export { type ReceiptVerdict, verifyReceipt } from "./verify-receipt.ts";
