import { type Interface, keccak256, type TransactionRequest } from "ethers";
import { FedledgerError } from "../../core/errors/error.ts";
import type { Address, Bytes32, Hex } from "../../core/ids.ts";
import type { Clock, Log } from "../../ports/index.ts";
import type { Signer } from "../accounts/signer.ts";
import { revertDataOf, revertedError } from "../contracts/contract-errors.ts";
import type { JsonRpcAnswer } from "../endpoints/json-rpc-answer.ts";
import type { JsonRpc } from "../rpc/json-rpc.ts";
import { type RawLog, toQuantity } from "../rpc/log-ranges.ts";
import { isOutage } from "../rpc/outage.ts";
import { classifySendRefusal } from "../rpc/send-errors.ts";
import { currentFees, type Fees, raiseFees } from "./fees.ts";

/** A call to send. */
export interface OutgoingCall {
  /** The function's name, for errors. */
  readonly name: string;
  readonly to: Address;
  readonly data: Hex;
  /** In wei; default 0. */
  readonly value?: bigint;
}

/** A mined transaction with its logs, as the endpoint gives it. */
export interface RawReceipt {
  readonly transactionHash: Bytes32;
  readonly blockNumber: Hex;
  readonly gasUsed: Hex;
  readonly status: Hex;
  readonly logs: readonly RawLog[];
}

/** What sending needs. */
export interface SenderDeps {
  readonly rpc: JsonRpc;
  /** Explains reverts. */
  readonly contract: Interface;
  readonly signer: Signer;
  readonly clock: Clock;
  readonly log: Log;
}

/** Limits of waiting. */
export interface SenderOptions {
  readonly pollIntervalMs: number;
  /** See {@link defaultReplaceAfterMs}. */
  readonly replaceAfterMs?: number;
  /** Time after which TRANSACTION_STUCK is raised; default 600,000. */
  readonly giveUpAfterMs?: number;
}

/** A call with its place in the account's order and its price. */
export interface PricedCall {
  readonly call: OutgoingCall;
  readonly nonce: number;
  readonly gasLimit: bigint;
  readonly fees: Fees;
}

/** A transaction in the pool. */
export interface PendingTransaction extends PricedCall {
  readonly hash: Bytes32;
}

/** Signs a transaction and offers it to the endpoint. */
export async function broadcast(
  { rpc, signer }: SenderDeps,
  { call, nonce, gasLimit, fees }: PricedCall,
  signal?: AbortSignal,
): Promise<{ readonly hash: Bytes32; readonly answer: JsonRpcAnswer }> {
  const { to, data, value = 0n } = call;
  const request: TransactionRequest = { to, data, value, nonce, gasLimit, chainId: rpc.chainId, ...fees };
  const raw = await signer.signTransaction(request);
  return { hash: keccak256(raw) as Bytes32, answer: await rpc.ask("eth_sendRawTransaction", [raw], signal) };
}

/** The receipt of a transaction; null while it is not mined. */
export function readReceipt(rpc: JsonRpc, hash: Bytes32, signal?: AbortSignal): Promise<RawReceipt | null> {
  return rpc.request<RawReceipt | null>("eth_getTransactionReceipt", [hash], signal);
}

/** How many transactions of the account the chain has (with `pending`, or will have). */
export async function readTransactionCount(
  { rpc, signer }: SenderDeps,
  block: "pending" | "latest",
  signal?: AbortSignal,
): Promise<number> {
  return Number(await rpc.request<Hex>("eth_getTransactionCount", [signer.address, block], signal));
}

/** Who waits for a transaction. */
export interface Waiter {
  readonly signal?: AbortSignal | undefined;
  /** Called before it is sent again at a higher price. */
  readonly onLate: () => Promise<void>;
  /** Called when it is about to have another price. */
  readonly onPriced: (pending: PendingTransaction) => void;
}

/** Time without inclusion after which a transaction is sent again at a higher price, where nothing else is said. */
export const defaultReplaceAfterMs = 45_000;

/**
 * Waits until a transaction or one of its replacements is mined. Undefined when another transaction took the nonce, so
 * that it never will be. Outlasts endpoints that are away. Rejects with TRANSACTION_STUCK, or the signal's reason.
 */
export async function untilMined(
  deps: SenderDeps,
  options: SenderOptions,
  pending: PendingTransaction,
  { signal, onLate, onPriced }: Waiter,
): Promise<RawReceipt | undefined> {
  const { rpc, clock, log } = deps;
  const { pollIntervalMs, replaceAfterMs = defaultReplaceAfterMs, giveUpAfterMs = 600_000 } = options;
  const hashes = [pending.hash];
  const startMs = clock.nowMs();
  let sentMs = startMs;
  let { fees } = pending;

  async function mined(): Promise<RawReceipt | undefined> {
    for (const hash of hashes.toReversed()) {
      const receipt = await readReceipt(rpc, hash, signal);
      if (receipt) return receipt;
    }
    return undefined;
  }

  async function replace(): Promise<void> {
    await onLate();
    fees = raiseFees(fees, await currentFees(rpc, signal));
    onPriced({ ...pending, fees });
    const { hash, answer } = await broadcast(deps, { ...pending, fees }, signal);
    const refusal = "error" in answer ? classifySendRefusal(answer.error) : undefined;
    log.warn("Transaction replaced at a higher price", { call: pending.call.name, hash, refusal });
    if (refusal === undefined || refusal === "already-known") hashes.push(hash);
  }

  for (;;) {
    try {
      const receipt = await mined();
      if (receipt) return receipt;
      if ((await readTransactionCount(deps, "latest", signal)) > pending.nonce) return await mined();
      if (clock.nowMs() - sentMs >= replaceAfterMs) {
        sentMs = clock.nowMs();
        await replace();
      }
    } catch (error) {
      if (!isOutage(error)) throw error;
      log.debug("Waiting for a transaction without an endpoint", { error });
    }
    if (clock.nowMs() - startMs >= giveUpAfterMs) {
      throw new FedledgerError("TRANSACTION_STUCK", { hash: hashes.at(-1), timeoutMs: giveUpAfterMs });
    }
    await clock.sleep(pollIntervalMs, { ...(signal && { signal }) });
  }
}

/** Why a mined transaction failed: the same call on the state after its block, which a failed call has not changed. */
export async function explainFailure(
  { rpc, contract, signer }: SenderDeps,
  { call, gasLimit }: PendingTransaction,
  receipt: RawReceipt,
  signal?: AbortSignal,
): Promise<FedledgerError> {
  const request = { from: signer.address, to: call.to, data: call.data, gas: toQuantity(gasLimit) };
  const answer = await rpc.ask("eth_call", [request, receipt.blockNumber], signal);
  const revertData = "error" in answer ? revertDataOf(answer.error) : undefined;
  return revertedError(contract, call.name, revertData ?? "0x");
}
