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
} from "./proof/build-proof.ts";
export { holds } from "./proof/check-proof.ts";
export { buildReceipt, type UpdateReceipt } from "./receipt/receipt.ts";
export { type ReceiptVerdict, verifyReceipt } from "./receipt/verify-receipt.ts";
export type { StoredState } from "./record/check-storage.ts";
export type { EventOf, HashedProposal, RecoverSigner, RoundRecord, TaskRecord } from "./record/task-record.ts";
export { checkRound, type RoundCheck, type RoundCheckInput, type UpdateStatus } from "./replay/check-round.ts";
export { checkUpdate, missingUpdate, type UpdateCheck } from "./replay/check-update.ts";
export {
  exitCodeOf,
  type Finding,
  type FindingCode,
  findingCodes,
  type Severity,
  type Verdict,
  verdictOf,
} from "./replay/findings.ts";
export { isUnavailable } from "./replay/is-unavailable.ts";
export { type BlobName, type BlobReading, type ReadOptions, readBlob } from "./replay/read-blob.ts";
export { keyringsOf, type SenderKeyrings, sealedBlobs } from "./replay/task-keyrings.ts";
export { updateFault } from "./replay/update-fault.ts";
export { decryptionInWords } from "./report/decryption-words.ts";
export { metricText } from "./report/metric-text.ts";
export { type ReportExtras, renderReport } from "./report/report.ts";
export { type Contribution, contributionsOf } from "./report/report-members.ts";
export type { AuditInput } from "./verdict/audit-input.ts";
export type { AuditReport, Expelled, RecordEntry } from "./verdict/audit-report.ts";
export { auditTask } from "./verdict/audit-task.ts";
export { checkTask, type TaskCheck } from "./verdict/check-task.ts";
export { type OpenedPair, openedPairsOf } from "./verdict/opened-pairs.ts";
export { timeText } from "./verdict/provable.ts";
export type { RoundGas } from "./verdict/round-gas.ts";
export type { RoundVerdict, Strike, SupersededProposal, UpdateVerdict } from "./verdict/round-verdict.ts";
export { checkRecord } from "./walk/check-record.ts";
