import { isError, JsonRpcProvider, parseEther, Wallet } from "ethers";
import { FedledgerError } from "../core/error.ts";
import type { Address, Hex } from "../core/ids.ts";

/** A payment. */
export interface EtherTransfer {
  readonly url: string;
  /** Who pays. */
  readonly privateKey: string;
  readonly to: readonly Address[];
  /** For each receiver, in ether, as decimal text. */
  readonly ether: string;
}

/** Sends ether to some accounts and waits until all has arrived. Rejects with INVALID_CONFIG, INSUFFICIENT_FUNDS, RPC_UNREACHABLE. */
export async function sendEther({ url, privateKey, to, ether }: EtherTransfer): Promise<readonly Hex[]> {
  const value = weiOf(ether);
  const provider = new JsonRpcProvider(url, undefined, { staticNetwork: true, pollingInterval: 100 });
  try {
    const wallet = new Wallet(privateKey, provider);
    const hashes: Hex[] = [];
    for (const receiver of to) {
      const sent = await wallet.sendTransaction({ to: receiver, value });
      await sent.wait();
      hashes.push(sent.hash as Hex);
    }
    return hashes;
  } catch (error) {
    if (isError(error, "INSUFFICIENT_FUNDS"))
      throw new FedledgerError("INSUFFICIENT_FUNDS", { account: new Wallet(privateKey).address }, error);
    throw new FedledgerError("RPC_UNREACHABLE", { url, reason: (error as Error).message }, error);
  } finally {
    provider.destroy();
  }
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
