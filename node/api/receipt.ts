// `fedledger/receipt`: a receipt checked. Pure: no network, no disk, no clock; what it needs is on the chain.
export type { UpdateReceipt } from "../audit/receipt/receipt.ts";
export { type ReceiptVerdict, verifyReceipt } from "../audit/receipt/verify-receipt.ts";
