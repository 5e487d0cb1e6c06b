import { Interface, parseEther } from "ethers";
import { etherText } from "../../core/bytes/ether.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { Address, Hex } from "../../core/ids.ts";
import type { Clock, Log } from "../../ports/index.ts";
import { createSigner } from "../accounts/signer.ts";
import { createJsonRpc } from "../rpc/json-rpc.ts";
import { currentFees } from "./fees.ts";
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

/** Gas limit of one payment: a plain transfer's, with the sender's margin. */
const transferGas = 40_000n;

/**
 * Resolves when the payer has enough for all receivers, the gas of the payments, and `moreGas` on top, at the present
 * price. Rejects with INVALID_CONFIG, INSUFFICIENT_FUNDS, RPC_UNREACHABLE.
 */
export async function requireFunds(
  { urls, privateKey, to, ether, log }: Omit<EtherTransfer, "clock">,
  moreGas = 0n,
): Promise<void> {
  const value = weiOf("--fund", ether);
  const account = createSigner(privateKey).address;
  const rpc = await createJsonRpc({ urls, log });
  const fees = await currentFees(rpc);
  const gasPrice = fees.type === 2 ? fees.maxFeePerGas : fees.gasPrice;
  const receivers = BigInt(to.length);
  const neededWei = receivers * value + (receivers * transferGas + moreGas) * gasPrice;
  const balanceWei = BigInt(await rpc.request<Hex>("eth_getBalance", [account, "latest"]));
  if (balanceWei >= neededWei) return;
  const purpose = `${etherText(value)} ether for each of ${receivers} and the gas: it has ${etherText(balanceWei)} ether`;
  throw new FedledgerError("INSUFFICIENT_FUNDS", { account, purpose, balanceWei, neededWei });
}

/**
 * Sends ether to some accounts, to all or none that its balance covers, and waits until all has arrived; the
 * transactions' hashes. Rejects with INVALID_CONFIG, INSUFFICIENT_FUNDS, RPC_UNREACHABLE, TRANSACTION_REVERTED by a
 * receiver that is a contract, TRANSACTION_STUCK.
 */
export async function sendEther(transfer: EtherTransfer): Promise<readonly Hex[]> {
  const { urls, privateKey, to, ether, log, clock } = transfer;
  await requireFunds(transfer);
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

/**
 * An amount of ether, decimal text above 0 with at most 18 decimals, in wei, exactly. Throws INVALID_CONFIG that names
 * the setting.
 */
function weiOf(setting: string, ether: string): bigint {
  try {
    const value = parseEther(ether);
    if (value > 0n) return value;
  } catch {
    // said below
  }
  throw new FedledgerError("INVALID_CONFIG", {
    name: setting,
    reason: `expected an amount of ether above 0, such as 0.5, with at most 18 decimals (given: ${ether})`,
  });
}
