import { extendHistory, proposalHash, zeroBytes32 } from "../core/commitment.ts";
import { isFedledgerError } from "../core/error.ts";
import { hexEquals } from "../core/hex.ts";
import type { Bytes32 } from "../core/ids.ts";
import type { UpdateReceipt } from "./receipt.ts";
import { accumulatorOf } from "./receipt-hashes.ts";

/** What a receipt proves, or why it proves nothing. */
export type ReceiptVerdict =
  | {
      readonly valid: true;
      readonly receipt: UpdateReceipt;
      /** The commitment that is proven to be in the round. */
      readonly commitment: UpdateReceipt["commitments"][number];
      /** Whether the round's result is made of it, among others; false in an invalidated round. */
      readonly included: boolean;
    }
  | { readonly valid: false; readonly reason: string };

/**
 * Whether a receipt proves that its participant's update is in its round.
 *
 * Sound for any prover: each head is a hash of the one before and of its round, so that a receipt which ends in the
 * stored head can only hold what was recorded. Never throws on what a stranger hands in.
 *
 * @param receipt the receipt's parsed JSON
 * @param trusted from the contract: its address, its chain, the task, and the head that `taskState` gives, or that the
 * RoundFinalized or RoundInvalidated event of the receipt's last round gave
 */
export function verifyReceipt(
  receipt: unknown,
  trusted: Pick<UpdateReceipt, "chainId" | "federation" | "taskId"> & { readonly historyHead: Bytes32 },
): ReceiptVerdict {
  if (!isReceipt(receipt)) return { valid: false, reason: "it is not a receipt of the format fedledger/receipt/1" };
  const { chainId, federation, taskId } = receipt;
  if (chainId !== trusted.chainId || !hexEquals(federation, trusted.federation) || taskId !== trusted.taskId) {
    return { valid: false, reason: "it belongs to another chain, federation or task" };
  }
  const commitment = receipt.commitments.find((each) => hexEquals(each.participant, receipt.participant));
  if (!commitment) return { valid: false, reason: "the participant's update is not among the commitments" };
  let head: Bytes32;
  try {
    head = headOf(receipt);
  } catch (error) {
    if (!isFedledgerError(error) && !(error instanceof SyntaxError) && !(error instanceof RangeError)) throw error;
    return { valid: false, reason: `its fields are out of range: ${error.message}` };
  }
  if (!hexEquals(head, trusted.historyHead)) {
    return { valid: false, reason: `it hashes to ${head}, not to the head of the history` };
  }
  const excluded = BigInt(receipt.proposal?.excluded ?? 0);
  const included = receipt.proposal !== undefined && ((excluded >> BigInt(commitment.slot)) & 1n) === 0n;
  return { valid: true, receipt, commitment, included };
}

function headOf(receipt: UpdateReceipt): Bytes32 {
  const { chainId, federation, taskId, round, opening, advertisements = [], commitments, proposal, reason } = receipt;
  const accumulator = accumulatorOf({ chainId, federation, taskId, round, ...opening, seed: BigInt(opening.seed) }, [
    ...advertisements,
    // only these fields: a commitment must not be taken for an advertisement because it has more of them
    ...commitments.map(({ participant, slot, weight, updateRoot, contentId }) => ({
      participant,
      slot,
      weight,
      updateRoot,
      contentId,
    })),
  ]);
  const end = {
    round,
    phase: proposal ? ("finalized" as const) : ("invalidated" as const),
    baseModelRoot: opening.baseModelRoot,
    accumulator,
    proposalHash: proposal
      ? proposalHash(taskId, round, {
          ...proposal,
          totalWeight: BigInt(proposal.totalWeight),
          excluded: BigInt(proposal.excluded),
        })
      : zeroBytes32,
    reason,
  };
  return [end, ...receipt.after].reduce(extendHistory, receipt.headBefore);
}

type Shape = Readonly<Record<string, "hash" | "account" | "integer" | "decimal" | "text">>;

const advertisementShape: Shape = {
  participant: "account",
  slot: "integer",
  maskKey: "hash",
  seedHash: "hash",
  sharesId: "hash",
};
const commitmentShape: Shape = {
  participant: "account",
  slot: "integer",
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
const endShape: Shape = {
  round: "integer",
  phase: "text",
  baseModelRoot: "hash",
  accumulator: "hash",
  proposalHash: "hash",
  reason: "text",
};
const openingShape: Shape = { baseModelRoot: "hash", seed: "decimal", enrolled: "integer", drawn: "integer" };
const receiptShape: Shape = {
  chainId: "integer",
  federation: "account",
  taskId: "integer",
  round: "integer",
  participant: "account",
  reason: "text",
  headBefore: "hash",
};

function isReceipt(value: unknown): value is UpdateReceipt {
  if (!fits(value, receiptShape)) return false;
  const { format, opening, advertisements = [], commitments, proposal, after } = value;
  return (
    format === "fedledger/receipt/1" &&
    fits(opening, openingShape) &&
    Array.isArray(advertisements) &&
    advertisements.every((each) => fits(each, advertisementShape)) &&
    Array.isArray(commitments) &&
    commitments.every((each) => fits(each, commitmentShape)) &&
    (proposal === undefined || fits(proposal, proposalShape)) &&
    Array.isArray(after) &&
    after.every((each) => fits(each, endShape))
  );
}

const kinds: Readonly<Record<Shape[string], (value: unknown) => boolean>> = {
  hash: (value) => typeof value === "string" && /^0x[0-9a-f]{64}$/i.test(value),
  account: (value) => typeof value === "string" && /^0x[0-9a-f]{40}$/i.test(value),
  integer: (value) => Number.isSafeInteger(value) && (value as number) >= 0,
  decimal: (value) => typeof value === "string" && /^\d{1,78}$/.test(value),
  text: (value) => typeof value === "string",
};

function fits(value: unknown, shape: Shape): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const fields = value as Readonly<Record<string, unknown>>;
  return Object.entries(shape).every(([name, kind]) => kinds[kind](fields[name]));
}
