import type { HistoryEntry } from "../../core/record/history-head.ts";
import type { UpdateReceipt } from "./receipt.ts";

type Kind = "hash" | "account" | "integer" | "slot" | "decimal" | "text";
type Shape = Readonly<Record<string, Kind>>;

const advertisementShape: Shape = {
  participant: "account",
  slot: "slot",
  maskKey: "hash",
  seedHash: "hash",
  sharesId: "hash",
  shareKey: "hash",
};
const commitmentShape: Shape = {
  participant: "account",
  slot: "slot",
  weight: "integer",
  updateRoot: "hash",
  contentId: "hash",
};
const proposalShape: Shape = {
  attempt: "integer",
  aggregator: "account",
  modelRoot: "hash",
  contentId: "hash",
  totalWeight: "decimal",
  excluded: "decimal",
};
const openingShape: Shape = {
  historyHead: "hash",
  baseModelRoot: "hash",
  seed: "decimal",
  enrolled: "integer",
  drawn: "integer",
};
const resultShape: Shape = { acceptedBefore: "integer", openingsHash: "hash" };
const receiptShape: Shape = {
  chainId: "integer",
  federation: "account",
  taskId: "integer",
  round: "integer",
  participant: "account",
  reason: "text",
  headBefore: "hash",
};
const entryShapes: Readonly<Record<HistoryEntry["kind"], Shape>> = {
  enrolled: { account: "account", statement: "hash", attributesHash: "hash" },
  joined: { account: "account", attributesHash: "hash" },
  leaving: { account: "account" },
  freed: { places: "integer" },
  resumed: { account: "account" },
  recorded: { account: "account", entryKind: "integer", hash: "hash" },
  accepted: { round: "integer", wordHash: "hash" },
  invalid: { round: "integer", reason: "text", anchor: "hash", accumulator: "hash", standing: "hash" },
  reassigned: { round: "integer", attempt: "integer", aggregator: "account", reason: "text", standing: "hash" },
  struck: {
    ...{ round: "integer", proof: "text", index: "integer", prover: "account" },
    ...{ firstVoid: "integer", lastVoid: "integer", proposalHash: "hash", offender: "account" },
  },
  expelled: { round: "integer", account: "account", proof: "text", prover: "account" },
  "share-key": { account: "account", shareKeyHash: "hash" },
};

/** Whether a value has the form of a receipt; what it says is not judged. */
export function isReceipt(value: unknown): value is UpdateReceipt {
  if (!fits(value, receiptShape)) return false;
  const { format, opening, advertisements = [], commitments, result, after } = value;
  return (
    format === "fedledger/receipt/1" &&
    (result === undefined) === (value.reason !== "none") &&
    (result === undefined ? kinds.hash(value.standing) : value.standing === undefined) &&
    fits(opening, openingShape) &&
    isListOf(advertisements, (each) => fits(each, advertisementShape)) &&
    isListOf(commitments, (each) => fits(each, commitmentShape)) &&
    (result === undefined || isResult(result)) &&
    isListOf(after, isEntry)
  );
}

function isResult(value: unknown): boolean {
  return (
    fits(value, resultShape) &&
    fits(value.proposal, proposalShape) &&
    isListOf(value.attesters, (attester) => kinds.account(attester))
  );
}

function isEntry(value: unknown): boolean {
  const kind = typeof value === "object" && value !== null && "kind" in value ? value.kind : undefined;
  return (
    typeof kind === "string" &&
    Object.hasOwn(entryShapes, kind) &&
    fits(value, entryShapes[kind as HistoryEntry["kind"]])
  );
}

const kinds: Readonly<Record<Kind, (value: unknown) => boolean>> = {
  hash: (value) => typeof value === "string" && /^0x[0-9a-f]{64}$/i.test(value),
  account: (value) => typeof value === "string" && /^0x[0-9a-f]{40}$/i.test(value),
  integer: (value) => Number.isSafeInteger(value) && (value as number) >= 0,
  slot: (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) < 64,
  decimal: (value) => typeof value === "string" && /^\d{1,78}$/.test(value),
  text: (value) => typeof value === "string",
};

function isListOf(value: unknown, isOne: (each: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isOne);
}

function fits(value: unknown, shape: Shape): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const fields = value as Readonly<Record<string, unknown>>;
  return Object.entries(shape).every(([name, kind]) => kinds[kind](fields[name]));
}
