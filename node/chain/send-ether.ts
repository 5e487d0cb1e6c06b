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
  const value = weiOf("--fund", ether);
  const signer = createSigner(privateKey);
  const rpc = await createJsonRpc({ urls, log });
  const sender = createTransactionSender(
    { rpc, contract: new Interface([]), signer, clock, log },
    { pollIntervalMs: 100 },
  );
  const receipts = to.map((receiver) => sender.send({ name: "transfer", to: receiver, data: "0x", value }));
  return (await Promise.all(receipts)).map(({ transactionHash }) => transactionHash);
}

/** An amount of ether, decimal text above 0, in wei. Throws INVALID_CONFIG that names the setting. */
export function weiOf(setting: string, ether: string): bigint {
  try {
    const value = parseEther(ether);
    if (value > 0n) return value;
  } catch {
    // said below
  }
  throw new FedledgerError("INVALID_CONFIG", { name: setting, reason: "expected an amount of ether, such as 0.5" });
}
