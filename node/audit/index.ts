export {
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
export type { Evidence } from "./record/evidence.ts";
export type { RecoverSigner, RoundRecord } from "./record/task-record.ts";
export { checkRound, type RoundCheckInput } from "./replay/check-round.ts";
export { checkUpdate } from "./replay/check-update.ts";
export {
  exitCodeOf,
  type Finding,
  type FindingCode,
  findingCodes,
  type Severity,
  type Verdict,
  verdictOf,
} from "./replay/findings.ts";
export { type BlobName, readBlob } from "./replay/read-blob.ts";
export { keyringsOf, type SenderKeyrings, sealedBlobs } from "./replay/task-keyrings.ts";
export { updateFault } from "./replay/update-fault.ts";
export { decryptionInWords } from "./report/decryption-words.ts";
export { evidenceInWords } from "./report/evidence-words.ts";
export { renderReport } from "./report/report.ts";
export { contributionsOf } from "./report/report-members.ts";
export type { AuditInput } from "./verdict/audit-input.ts";
export type { AuditReport } from "./verdict/audit-report.ts";
export { auditTask } from "./verdict/audit-task.ts";
export { openedPairsOf } from "./verdict/opened-pairs.ts";
export { timeText } from "./verdict/provable.ts";
export type { RoundVerdict, UpdateVerdict } from "./verdict/round-verdict.ts";
export { checkRecord } from "./walk/check-record.ts";
