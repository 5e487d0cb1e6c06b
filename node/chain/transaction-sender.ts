import { type Interface, keccak256, type TransactionRequest } from "ethers";
import { FedledgerError, isFedledgerError } from "../core/error.ts";
import type { Address, Bytes32, Hex } from "../core/ids.ts";
import type { Clock, Log } from "../ports/index.ts";
import { revertDataOf, revertedError } from "./contract-errors.ts";
import { currentFees, type Fees, raiseFees } from "./fees.ts";
import type { JsonRpc } from "./json-rpc.ts";
import { type RawLog, toQuantity } from "./log-ranges.ts";
import { classifySendRefusal } from "./send-errors.ts";
import type { Signer } from "./signer.ts";

/** A contract call to send. */
export interface OutgoingCall {
  /** The function's name, for errors. */
  readonly name: string;
  readonly to: Address;
  readonly data: Hex;
}

/** A mined transaction with its logs, as the endpoint gives it. */
export interface RawReceipt {
  readonly transactionHash: Bytes32;
  readonly blockNumber: Hex;
  readonly gasUsed: Hex;
  readonly status: Hex;
  readonly logs: readonly RawLog[];
}

/** Sends one account's transactions. */
export interface TransactionSender {
  /**
   * Sends a call and waits until it is mined. It is simulated first, so that what was done already is not sent again.
   * Rejects with TRANSACTION_REVERTED, INSUFFICIENT_FUNDS, TRANSACTION_STUCK, RPC_UNREACHABLE, or the signal's reason;
   * after the signal the transaction may still be mined.
   */
  send(call: OutgoingCall, signal?: AbortSignal): Promise<RawReceipt>;
}

/** Limits of waiting. */
export interface SenderOptions {
  readonly pollIntervalMs: number;
  /** Time without inclusion after which a transaction is sent again at a higher price; default 45,000. */
  readonly replaceAfterMs?: number;
  /** Time after which TRANSACTION_STUCK is raised; default 600,000. */
  readonly giveUpAfterMs?: number;
}

/** Most gas that one transaction may have (EIP-7825). */
const transactionGasLimit = 1n << 24n;
const submitTries = 8;

interface Pending {
  readonly call: OutgoingCall;
  readonly nonce: number;
  readonly gasLimit: bigint;
  /** Of the transaction and its replacements: any of them may be the one that is mined. */
  readonly hashes: Bytes32[];
  fees: Fees;
}

/**
 * A sender for one account. Transactions are submitted one after another and wait for inclusion side by side; while none waits,
 * the next nonce comes from the chain, so that other programs may use the account in between.
 */
export function createTransactionSender(
  deps: {
    readonly rpc: JsonRpc;
    readonly contract: Interface;
    readonly signer: Signer;
    readonly clock: Clock;
    readonly log: Log;
  },
  options: SenderOptions,
): TransactionSender {
  const { rpc, contract, signer, clock, log } = deps;
  const { pollIntervalMs, replaceAfterMs = 45_000, giveUpAfterMs = 600_000 } = options;
  let turn: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  let nextNonce: number | undefined;

  const transactionCount = async (block: "pending" | "latest", signal?: AbortSignal) =>
    Number(await rpc.request<Hex>("eth_getTransactionCount", [signer.address, block], signal));

  /** Gas for the call on top of what waits to be mined. Throws what the contract answers if it refuses. */
  async function estimateGas(call: OutgoingCall, signal?: AbortSignal): Promise<bigint> {
    const request = { from: signer.address, to: call.to, data: call.data };
    let answer = await rpc.ask("eth_estimateGas", [request, "pending"], signal);
    // Not every node can simulate on its pending block.
    if ("error" in answer && revertDataOf(answer.error) === undefined) {
      answer = await rpc.ask("eth_estimateGas", [request, "latest"], signal);
    }
    if ("error" in answer) throw refused(call, answer.error);
    const estimate = BigInt(answer.result as Hex);
    const withMargin = (estimate * 5n) / 4n + 10_000n;
    return withMargin > transactionGasLimit && estimate <= transactionGasLimit ? transactionGasLimit : withMargin;
  }

  function refused(call: OutgoingCall, error: Parameters<typeof revertDataOf>[0]): FedledgerError {
    const data = revertDataOf(error);
    if (data !== undefined) return revertedError(contract, call.name, data);
    if (classifySendRefusal(error) === "no-funds") {
      return new FedledgerError("INSUFFICIENT_FUNDS", { account: signer.address });
    }
    return new FedledgerError("RPC_UNREACHABLE", { url: "the node", reason: error.message });
  }

  async function broadcast(pending: Omit<Pending, "hashes">, signal?: AbortSignal) {
    const request: TransactionRequest = {
      to: pending.call.to,
      data: pending.call.data,
      nonce: pending.nonce,
      gasLimit: pending.gasLimit,
      chainId: rpc.chainId,
      ...pending.fees,
    };
    const raw = await signer.signTransaction(request);
    return { hash: keccak256(raw) as Bytes32, answer: await rpc.ask("eth_sendRawTransaction", [raw], signal) };
  }

  /** Takes a nonce and puts the transaction into the pool. */
  async function submit(call: OutgoingCall, signal?: AbortSignal): Promise<Pending> {
    let least: Fees | undefined;
    for (let attempt = 1; ; attempt++) {
      if (waiting === 0) nextNonce = undefined;
      const gasLimit = await estimateGas(call, signal);
      const now = await currentFees(rpc, signal);
      const fees = least ? raiseFees(least, now) : now;
      nextNonce ??= await transactionCount("pending", signal);
      const nonce = nextNonce;
      // Until the endpoint says otherwise nobody knows whether it took the transaction: the next one asks the chain.
      nextNonce = undefined;
      const { hash, answer } = await broadcast({ call, nonce, gasLimit, fees }, signal);
      const refusal = "error" in answer ? classifySendRefusal(answer.error) : undefined;
      if (refusal === undefined || refusal === "already-known") {
        nextNonce = nonce + 1;
        return { call, nonce, gasLimit, fees, hashes: [hash] };
      }
      // Said when a first try reached the node although its answer was lost.
      if (refusal === "nonce-used" && (await receiptOf(hash, signal))) {
        return { call, nonce, gasLimit, fees, hashes: [hash] };
      }
      const { error } = answer as { error: Parameters<typeof revertDataOf>[0] };
      const again = refusal === "nonce-used" || refusal === "nonce-too-high" || refusal === "underpriced";
      if (!again || attempt === submitTries) throw refused(call, error);
      log.debug("Transaction refused, trying again", { call: call.name, nonce, reason: error.message });
      if (refusal === "underpriced") least = fees;
      else await clock.sleep(attempt * pollIntervalMs, { ...(signal && { signal }) });
    }
  }

  const receiptOf = (hash: Bytes32, signal?: AbortSignal) =>
    rpc.request<RawReceipt | null>("eth_getTransactionReceipt", [hash], signal);

  async function minedOf(pending: Pending, signal?: AbortSignal): Promise<RawReceipt | undefined> {
    for (const hash of pending.hashes.toReversed()) {
      const receipt = await receiptOf(hash, signal);
      if (receipt) return receipt;
    }
    return undefined;
  }

  async function replace(pending: Pending, signal?: AbortSignal): Promise<void> {
    const fees = raiseFees(pending.fees, await currentFees(rpc, signal));
    const { hash, answer } = await broadcast({ ...pending, fees }, signal);
    const refusal = "error" in answer ? classifySendRefusal(answer.error) : undefined;
    log.warn("Transaction replaced at a higher price", { call: pending.call.name, hash, refusal });
    pending.fees = fees;
    if (refusal === undefined || refusal === "already-known") pending.hashes.push(hash);
  }

  /** The receipt; undefined when another transaction took the nonce, so that this one never will be mined. */
  async function untilMined(pending: Pending, signal?: AbortSignal): Promise<RawReceipt | undefined> {
    const startMs = clock.nowMs();
    let sentMs = startMs;
    for (;;) {
      try {
        const receipt = await minedOf(pending, signal);
        if (receipt) return receipt;
        if ((await transactionCount("latest", signal)) > pending.nonce) return await minedOf(pending, signal);
        if (clock.nowMs() - sentMs >= replaceAfterMs) {
          sentMs = clock.nowMs();
          await replace(pending, signal);
        }
      } catch (error) {
        if (!isFedledgerError(error, "RPC_UNREACHABLE")) throw error;
        log.debug("Waiting for a transaction without an endpoint", { error });
      }
      if (clock.nowMs() - startMs >= giveUpAfterMs) {
        throw new FedledgerError("TRANSACTION_STUCK", { hash: pending.hashes.at(-1), timeoutMs: giveUpAfterMs });
      }
      await clock.sleep(pollIntervalMs, { ...(signal && { signal }) });
    }
  }

  /** Why a mined transaction failed: the same call on the state after its block, which a failed call has not changed. */
  async function failureOf(pending: Pending, receipt: RawReceipt, signal?: AbortSignal): Promise<FedledgerError> {
    const { to, data } = pending.call;
    const request = { from: signer.address, to, data, gas: toQuantity(pending.gasLimit) };
    const answer = await rpc.ask("eth_call", [request, receipt.blockNumber], signal);
    const revertData = "error" in answer ? revertDataOf(answer.error) : undefined;
    return revertedError(contract, pending.call.name, revertData ?? "0x");
  }

  return {
    async send(call, signal) {
      for (;;) {
        signal?.throwIfAborted();
        const submitted = turn.then(async () => {
          const taken = await submit(call, signal);
          waiting++;
          return taken;
        });
        turn = submitted.catch(() => {});
        const pending = await submitted;
        try {
          const receipt = await untilMined(pending, signal);
          if (receipt === undefined) {
            log.warn("Another transaction took the nonce, sending again", { call: call.name, nonce: pending.nonce });
            nextNonce = undefined;
            continue;
          }
          if (BigInt(receipt.status) === 1n) return receipt;
          throw await failureOf(pending, receipt, signal);
        } finally {
          waiting--;
        }
      }
    },
  };
}
