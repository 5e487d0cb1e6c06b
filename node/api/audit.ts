// `fedledger/audit`: a task audited, its models read, its receipts made and checked; without what nodes need beside.
import "../system/recent-node.ts";

export {
  type AuditReport,
  decryptionInWords,
  evidenceInWords,
  type Finding,
  type FindingCode,
  findingCodes,
  type RoundVerdict,
  type UpdateVerdict,
  type Verdict,
} from "../audit/index.ts";
export { FedledgerError, isFedledgerError } from "../core/errors/error.ts";
export type { TaskView } from "../core/record/task-view.ts";
export { type AuditOptions, audit } from "./audits/audit.ts";
export { checkReceipt, createReceipt, type ReceiptOptions } from "./audits/receipts.ts";
export { reportPage } from "./audits/report-page.ts";
export { type Content, type ContentOptions, openContent } from "./content/open-content.ts";
export { type ModelOptions, type RecordedModel, readModel } from "./models/recorded-model.ts";
export { type Account, accountOfKey, accountOfKeystore } from "./record/account.ts";
export { openRecord, type RecordOptions, type TaskReader, viewOf } from "./record/open-record.ts";
export { type Reader, type ReaderSource, readGrant } from "./sealed/open-sealed.ts";
