import { hexEquals } from "../../core/bytes/hex.ts";
import { isFedledgerError } from "../../core/errors/error.ts";
import type { Bytes32 } from "../../core/ids.ts";
import { extendHistory, type HistoryEntry } from "../../core/record/history-head.ts";
import { slotsOf } from "../../core/record/round-keys.ts";
import {
  extendAccumulator,
  extendAnchor,
  proposalHashOver,
  startValue,
  wordHash,
  zeroBytes32,
} from "../../core/words/commitment.ts";
import type { UpdateReceipt } from "./receipt.ts";
import { isReceipt } from "./receipt-shape.ts";

/** What a receipt proves, or why it proves nothing. */
export type ReceiptVerdict =
  | {
      readonly valid: true;
      readonly receipt: UpdateReceipt;
      /** The commitment that is proven to be in the round. */
      readonly commitment: UpdateReceipt["commitments"][number];
      /**
       * Whether the round's result is made of it, among others, and is not void by the head that the receipt reaches
       * to.
       */
      readonly included: boolean;
      /** Whether a roll-back made the round's result void. */
      readonly isVoid: boolean;
    }
  | { readonly valid: false; readonly reason: string };

/**
 * Whether a receipt proves that its participant's update is in its round.
 *
 * Sound for any prover: each head is a hash of the one before and of its entry, so that a receipt which ends in the
 * stored head can only hold what was recorded. Never throws on what a stranger hands in.
 *
 * @param receipt the receipt's parsed JSON
 * @param trusted from the contract: its address, its chain, the task, and the head that it stores, or that the
 * RoundAccepted or RoundInvalid event of the receipt's last round gave
 */
export function verifyReceipt(
  receipt: unknown,
  trusted: Pick<UpdateReceipt, "chainId" | "federation" | "taskId"> & { readonly historyHead: Bytes32 },
): ReceiptVerdict {
  if (!isReceipt(receipt)) return { valid: false, reason: "it is not a receipt of the format fedledger/receipt/1" };
  const { chainId, federation, taskId, round, result } = receipt;
  if (chainId !== trusted.chainId || !hexEquals(federation, trusted.federation) || taskId !== trusted.taskId) {
    return { valid: false, reason: "it belongs to another chain, federation or task" };
  }
  const commitment = receipt.commitments.find((each) => hexEquals(each.participant, receipt.participant));
  if (!commitment) return { valid: false, reason: "the participant's update is not among the commitments" };
  let head: Bytes32;
  try {
    head = [entryOf(receipt), ...receipt.after].reduce(extendHistory, receipt.headBefore);
  } catch (error) {
    if (!isFedledgerError(error) && !(error instanceof SyntaxError) && !(error instanceof RangeError)) throw error;
    return { valid: false, reason: `its fields are out of range: ${error.message}` };
  }
  if (!hexEquals(head, trusted.historyHead)) {
    return { valid: false, reason: `it hashes to ${head}, not to the head of the history` };
  }
  const isVoid = receipt.after.some(
    (entry) => entry.kind === "struck" && entry.firstVoid <= round && round <= entry.lastVoid,
  );
  const isCounted = result !== undefined && ((BigInt(result.proposal.excluded) >> BigInt(commitment.slot)) & 1n) === 0n;
  return { valid: true, receipt, commitment, included: isCounted && !isVoid, isVoid };
}

/** What the round's end appended to the history. */
function entryOf(receipt: UpdateReceipt): HistoryEntry {
  const { chainId, federation, taskId, round, opening, advertisements = [], commitments, result, reason } = receipt;
  const { standing = zeroBytes32 } = receipt;
  const { baseModelRoot, drawn } = opening;
  const start = startValue({ chainId, federation, taskId, round, ...opening, seed: BigInt(opening.seed) });
  const anchor = advertisements.reduce(extendAnchor, start);
  const accumulator = commitments.reduce(extendAccumulator, anchor);
  if (result === undefined) return { kind: "invalid", round, reason, anchor, accumulator, standing };
  const { acceptedBefore, openingsHash, proposal, attesters } = result;
  const inputs = {
    ...{ taskId, round, drawn, acceptedBefore, baseModelRoot, anchor, accumulator, openingsHash },
    committed: slotsOf(commitments),
    keyed: slotsOf(advertisements),
    totalWeight: commitments.reduce((sum, { weight }) => sum + BigInt(weight), 0n),
  };
  const hash = proposalHashOver(inputs, {
    ...proposal,
    totalWeight: BigInt(proposal.totalWeight),
    excluded: BigInt(proposal.excluded),
  });
  return { kind: "accepted", round, wordHash: wordHash(inputs, hash, attesters) };
}
