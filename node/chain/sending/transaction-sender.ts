import { etherText } from "../../core/bytes/ether.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { Hex } from "../../core/ids.ts";
import { revertDataOf, revertedError } from "../contracts/contract-errors.ts";
import type { JsonRpcError } from "../endpoints/json-rpc-answer.ts";
import { toQuantity } from "../rpc/log-ranges.ts";
import { classifySendRefusal } from "../rpc/send-errors.ts";
import { createAbandonedTransactions } from "./abandoned-transactions.ts";
import { currentFees, type Fees, raiseFees } from "./fees.ts";
import {
  broadcast,
  defaultReplaceAfterMs,
  explainFailure,
  type OutgoingCall,
  type PendingTransaction,
  type RawReceipt,
  readReceipt,
  readTransactionCount,
  type SenderDeps,
  type SenderOptions,
  untilMined,
} from "./pending-transaction.ts";

/** Sends one account's transactions. */
export interface TransactionSender {
  /**
   * Sends a call and waits until it is mined. It is simulated first, so that what was done already is not sent again.
   * Rejects with NO_CODE, TRANSACTION_REVERTED, INSUFFICIENT_FUNDS, TRANSACTION_STUCK, RPC_UNREACHABLE, or the
   * signal's reason; after the signal, or where it is stuck, the transaction may still be mined, until something is
   * sent after it.
   */
  send(call: OutgoingCall, signal?: AbortSignal): Promise<RawReceipt>;
}

/** Most gas that one transaction may have (EIP-7825). */
const transactionGasLimit = 1n << 24n;
const submitTries = 8;

/**
 * A sender for one account. Transactions are submitted one after another and wait for inclusion side by side; while
 * none waits, the next nonce comes from the chain, so that other programs may use the account in between. What an
 * earlier run left in the pool, and is not mined in time, gives way: everything later waits for it.
 */
export function createTransactionSender(deps: SenderDeps, options: SenderOptions): TransactionSender {
  const { rpc, clock, log } = deps;
  let turn: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  let nextNonce: number | undefined;
  const { replaceAfterMs = defaultReplaceAfterMs } = options;
  const abandoned = createAbandonedTransactions(deps, replaceAfterMs, (call, signal) =>
    estimateGas(deps, call, signal),
  );

  /** Runs what takes nonces, one after another. */
  function inTurn<T>(run: () => Promise<T>): Promise<T> {
    const done = turn.then(run);
    turn = done.catch(() => {});
    return done;
  }

  /** Takes a nonce and offers the transaction to the pool, dearer than `least` where that was too little. */
  async function offer(call: OutgoingCall, least: Fees | undefined, signal?: AbortSignal) {
    await abandoned.adopt(signal);
    if (waiting === 0) nextNonce = undefined;
    await requireCode(deps, call, signal);
    const gasLimit = await estimateGas(deps, call, signal);
    const now = await currentFees(rpc, signal);
    const fees = least ? raiseFees(least, now) : now;
    const nonce = nextNonce ?? (await readTransactionCount(deps, "pending", signal));
    await abandoned.cancelBelow(nonce, signal);
    // Until the endpoint says otherwise nobody knows whether it took the transaction: the next one asks the chain.
    nextNonce = undefined;
    abandoned.forget(nonce);
    const { hash, answer } = await broadcast(deps, { call, nonce, gasLimit, fees }, signal).catch((error: unknown) => {
      abandoned.add({ nonce, fees });
      throw error;
    });
    return { pending: { call, nonce, gasLimit, fees, hash }, answer };
  }

  /** What a refusal means; rejects with what explains it, where another try would be of no use. */
  async function readRefusal(
    { call, nonce, hash }: PendingTransaction,
    error: JsonRpcError,
    isLast: boolean,
    signal?: AbortSignal,
  ): Promise<"is-there" | "try-dearer" | "try-later"> {
    const refusal = classifySendRefusal(error);
    if (refusal === "already-known") return "is-there";
    // Said when a first try reached the node although its answer was lost.
    if (refusal === "nonce-used" && (await readReceipt(rpc, hash, signal))) return "is-there";
    const again = refusal === "nonce-used" || refusal === "nonce-too-high" || refusal === "underpriced";
    if (!again || isLast) throw await refused(deps, call, error, signal);
    log.debug("Transaction refused, trying again", { call: call.name, nonce, reason: error.message });
    return refusal === "underpriced" ? "try-dearer" : "try-later";
  }

  /** Puts a transaction into the pool. */
  async function submit(call: OutgoingCall, signal?: AbortSignal): Promise<PendingTransaction> {
    let least: Fees | undefined;
    for (let attempt = 1; ; attempt++) {
      signal?.throwIfAborted();
      const { pending, answer } = await offer(call, least, signal);
      if (!("error" in answer)) {
        nextNonce = pending.nonce + 1;
        return pending;
      }
      const meaning = await readRefusal(pending, answer.error, attempt === submitTries, signal);
      if (meaning === "is-there") return pending;
      if (meaning === "try-dearer") least = pending.fees;
      else await clock.sleep(attempt * options.pollIntervalMs, { ...(signal && { signal }) });
    }
  }

  return {
    async send(call, signal) {
      for (;;) {
        const pending = await inTurn(async () => {
          const submitted = await submit(call, signal);
          waiting++;
          return submitted;
        });
        let priced = pending;
        let isOver = false;
        try {
          const receipt = await untilMined(deps, options, pending, {
            signal,
            onLate: () =>
              inTurn(() => abandoned.cancelBelow(pending.nonce, signal)).catch((error: unknown) =>
                log.debug("Abandoned transactions were not replaced", { error }),
              ),
            onPriced: (raised) => {
              priced = raised;
            },
          });
          isOver = true;
          if (receipt && BigInt(receipt.status) === 1n) return receipt;
          if (receipt) throw await explainFailure(deps, pending, receipt, signal);
          log.warn("Another transaction took the nonce, sending again", { call: call.name, nonce: pending.nonce });
          nextNonce = undefined;
        } finally {
          waiting--;
          if (!isOver) abandoned.add(priced);
        }
      }
    },
  };
}

/**
 * Rejects with NO_CODE where there is no contract that would take the call: such a transaction is mined, does nothing,
 * and is paid for.
 */
async function requireCode({ rpc }: SenderDeps, { to, data }: OutgoingCall, signal?: AbortSignal): Promise<void> {
  if (data === "0x") return;
  const code = await rpc.request<Hex>("eth_getCode", [to, "latest"], signal);
  if (code === "0x") throw new FedledgerError("NO_CODE", { address: to, chainId: rpc.chainId });
}

/**
 * Gas for the call, with a margin, on top of what waits to be mined. Rejects with what the contract answers if it
 * refuses.
 */
async function estimateGas(deps: SenderDeps, call: OutgoingCall, signal?: AbortSignal): Promise<bigint> {
  const { to, data, value = 0n } = call;
  const request = { from: deps.signer.address, to, data, ...(value > 0n && { value: toQuantity(value) }) };
  let answer = await deps.rpc.ask("eth_estimateGas", [request, "pending"], signal);
  // Not every node can simulate on its pending block.
  if ("error" in answer && revertDataOf(answer.error) === undefined) {
    answer = await deps.rpc.ask("eth_estimateGas", [request, "latest"], signal);
  }
  if ("error" in answer) throw await refused(deps, call, answer.error, signal);
  const estimate = BigInt(answer.result as Hex);
  const withMargin = (estimate * 5n) / 4n + 10_000n;
  return withMargin > transactionGasLimit && estimate <= transactionGasLimit ? transactionGasLimit : withMargin;
}

/**
 * What an endpoint's refusal means. Some call it a revert, without a reason, when the account has not the call's value.
 */
async function refused(
  { rpc, contract, signer }: SenderDeps,
  call: OutgoingCall,
  error: JsonRpcError,
  signal?: AbortSignal,
): Promise<FedledgerError> {
  const data = revertDataOf(error);
  const { name, value = 0n } = call;
  const isFunds = data === undefined && classifySendRefusal(error) === "no-funds";
  if (isFunds || (data === "0x" && value > 0n)) {
    const account = signer.address;
    const balanceWei = BigInt(await rpc.request<Hex>("eth_getBalance", [account, "latest"], signal));
    const cost = value > 0n ? `${name} of ${etherText(value)} ether and its gas` : `the gas of ${name}`;
    const purpose = `${cost}: it has ${etherText(balanceWei)} ether`;
    if (isFunds || balanceWei < value)
      return new FedledgerError("INSUFFICIENT_FUNDS", { account, purpose, balanceWei });
  }
  if (data !== undefined) return revertedError(contract, name, data);
  return new FedledgerError("RPC_REFUSED", { url: "in use", reason: `${name}: ${error.message}` });
}
