export type { AuditReport, Misconduct } from "./audit-report.ts";
export { type AuditInput, auditTask } from "./audit-task.ts";
export {
  type ChallengedRound,
  holdsAgainst,
  includedCommitments,
  isWeightWrong,
  proveInvalidUpdate,
  proveWrongChunk,
  updateFault,
  type WrongChunkInput,
  type WrongLeafInput,
  wrongChunkAt,
} from "./challenge-proof.ts";
export { checkRecord } from "./check-record.ts";
export { checkRound, type RoundCheck, type RoundCheckInput, type UpdateStatus } from "./check-round.ts";
export type { StoredState } from "./check-storage.ts";
export { checkTask, type TaskCheck } from "./check-task.ts";
export { checkUpdate, missingUpdate, type UpdateCheck } from "./check-update.ts";
export { decryptionInWords } from "./decryption-words.ts";
export { type AnswerCall, demandAnswer } from "./demand-answer.ts";
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
export { type BlobName, type BlobReading, type ReadOptions, readBlob } from "./read-blob.ts";
export { buildReceipt, type UpdateReceipt } from "./receipt.ts";
export { type ReportExtras, renderReport } from "./report.ts";
export { type Contribution, contributionsOf } from "./report-members.ts";
export {
  type RoundEvaluation,
  type RoundGas,
  type RoundVerdict,
  type SupersededProposal,
  type UpdateVerdict,
  weightedEvaluation,
} from "./round-verdict.ts";
export { keyringsOf, type SenderKeyrings, sealedBlobs } from "./task-keyrings.ts";
export type { EventOf, HashedProposal, RecoverSigner, RoundRecord, TaskRecord } from "./task-record.ts";
export { type ReceiptVerdict, verifyReceipt } from "./verify-receipt.ts";
