import { Interface, parseEther } from "ethers";
import { FedledgerError } from "../core/error.ts";
import type { Address, Hex } from "../core/ids.ts";
import type { Clock, Log } from "../ports/index.ts";
import { createJsonRpc } from "./json-rpc.ts";
import { createSigner } from "./signer.ts";
import { createTransactionSender } from "./transaction-sender.ts";

/** A payment. */
export interface EtherTransfer {
  readonly urls: readonly string[];
  /** Who pays. */
  readonly privateKey: string;
  readonly to: readonly Address[];
  /** For each receiver, in ether, as decimal text. */
  readonly ether: string;
  readonly log: Log;
  readonly clock: Clock;
}

/**
 * Sends ether to some accounts and waits until all has arrived; the transactions' hashes. Rejects with INVALID_CONFIG,
 * INSUFFICIENT_FUNDS, RPC_UNREACHABLE, TRANSACTION_REVERTED by a receiver that is a contract, TRANSACTION_STUCK.
 */
export async function sendEther({ urls, privateKey, to, ether, log, clock }: EtherTransfer): Promise<readonly Hex[]> {
  const value = weiOf(ether);
  const signer = createSigner(privateKey);
  const rpc = await createJsonRpc({ urls, log });
  const sender = createTransactionSender(
    { rpc, contract: new Interface([]), signer, clock, log },
    { pollIntervalMs: 100 },
  );
  const receipts = to.map((receiver) => sender.send({ name: "transfer", to: receiver, data: "0x", value }));
  return (await Promise.all(receipts)).map(({ transactionHash }) => transactionHash);
}

function weiOf(ether: string): bigint {
  try {
    const value = parseEther(ether);
    if (value > 0n) return value;
  } catch {
    // said below
  }
  throw new FedledgerError("INVALID_CONFIG", { name: "--fund", reason: "expected an amount of ether, such as 0.5" });
}
