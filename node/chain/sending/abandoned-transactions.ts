import type { Address } from "../../core/ids.ts";
import { classifySendRefusal } from "../rpc/send-errors.ts";
import { currentFees, type Fees, raiseFees } from "./fees.ts";
import {
  broadcast,
  type PendingTransaction,
  type PricedCall,
  readTransactionCount,
  type SenderDeps,
} from "./pending-transaction.ts";

/** Transactions of one account that nobody waits for any more, and that may still be in the pool. */
export interface AbandonedTransactions {
  /**
   * Looks, once, for what an earlier run of the process left in the pool: nobody knows at what price. Rejects as the
   * endpoint does.
   */
  adopt(signal?: AbortSignal): Promise<void>;
  add(pending: Pick<PendingTransaction, "nonce" | "fees">): void;
  /** The nonce has another use now. */
  forget(nonce: number): void;
  /**
   * Puts an empty transfer of the account to itself in the place of each that has a nonce below this one and offers
   * less than is asked now, or has waited for long: everything later waits for it. Rejects as the endpoint does.
   */
  cancelBelow(nonce: number, signal?: AbortSignal): Promise<void>;
}

/** So often a transfer in the place of another is offered at a higher price, while the endpoint says it is too low. */
const mostRaises = 16;

/** A transaction that holds a nonce: what it offers, where that is known, and since when it waits. */
interface Unsettled {
  readonly fees?: Fees;
  readonly sinceMs: number;
}

/**
 * Keeps them.
 *
 * @param estimate the gas of such a transfer
 */
export function createAbandonedTransactions(
  deps: SenderDeps,
  replaceAfterMs: number,
  estimate: (call: PricedCall["call"], signal?: AbortSignal) => Promise<bigint>,
): AbandonedTransactions {
  const { rpc, signer, clock, log } = deps;
  /** By nonce; without fees where nobody knows them. */
  const unsettled = new Map<number, Unsettled>();
  const transfer = { name: "transfer", to: signer.address as Address, data: "0x" } as const;
  let isAdopted = false;

  async function cancel(nonce: number, offered: Fees, now: Fees, signal?: AbortSignal): Promise<void> {
    const gasLimit = await estimate(transfer, signal);
    let fees = offered;
    for (let raises = 0; ; raises++) {
      // kept whatever the answer: an endpoint that asks for more gets it next time
      unsettled.set(nonce, { fees, sinceMs: clock.nowMs() });
      const { hash, answer } = await broadcast(deps, { call: transfer, nonce, gasLimit, fees }, signal);
      const refusal = "error" in answer ? classifySendRefusal(answer.error) : undefined;
      if (refusal === "underpriced" && raises < mostRaises) {
        fees = raiseFees(fees, now);
        continue;
      }
      log.warn("An abandoned transaction is replaced by an empty one", { nonce, hash, refusal });
      return;
    }
  }

  /** Whether a transaction waited too long, or offers less than the next block asks. */
  const isStuck = ({ fees, sinceMs }: Unsettled, now: Fees): boolean =>
    clock.nowMs() - sinceMs >= replaceAfterMs || (fees !== undefined && !isEnough(fees, now));

  return {
    async adopt(signal) {
      if (isAdopted) return;
      const mined = await readTransactionCount(deps, "latest", signal);
      const all = await readTransactionCount(deps, "pending", signal);
      const sinceMs = clock.nowMs();
      for (let nonce = mined; nonce < all; nonce++) unsettled.set(nonce, unsettled.get(nonce) ?? { sinceMs });
      isAdopted = true;
    },
    add({ nonce, fees }) {
      unsettled.set(nonce, { fees, sinceMs: clock.nowMs() });
    },
    forget: (nonce) => void unsettled.delete(nonce),
    async cancelBelow(nonce, signal) {
      if (unsettled.size === 0) return;
      const mined = await readTransactionCount(deps, "latest", signal);
      for (const known of unsettled.keys()) if (known < mined) unsettled.delete(known);
      const now = await currentFees(rpc, signal);
      const stuck = [...unsettled].filter(([known, each]) => known < nonce && isStuck(each, now));
      for (const [known, { fees }] of stuck.sort(([a], [b]) => a - b)) {
        await cancel(known, fees ? raiseFees(fees, now) : now, now, signal);
      }
    },
  };
}

/** Whether a price covers what the next block asks: the present one holds twice the base fee. */
function isEnough(fees: Fees, now: Fees): boolean {
  const offered = fees.type === 0 ? fees.gasPrice : fees.maxFeePerGas;
  if (now.type === 0) return offered >= now.gasPrice;
  return 2n * offered >= now.maxFeePerGas + now.maxPriorityFeePerGas;
}
