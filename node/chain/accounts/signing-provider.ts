import type { TransactionRequest } from "ethers";
import { FedledgerError } from "../../core/errors/error.ts";
import type { Hex } from "../../core/ids.ts";
import type { JsonRpc } from "../rpc/json-rpc.ts";
import type { RpcProvider } from "../rpc/rpc-server.ts";
import type { Signer } from "./signer.ts";

/** A transaction as eth_sendTransaction takes it. */
interface SendTransaction {
  readonly to?: Hex;
  readonly data?: Hex;
  readonly value?: Hex;
  readonly nonce: Hex;
  readonly gas: Hex;
  readonly gasPrice?: Hex;
  readonly maxFeePerGas?: Hex;
  readonly maxPriorityFeePerGas?: Hex;
}

/**
 * An EIP-1193 provider whose one account is the signer's: the endpoint never sees its key.
 *
 * @param onSent told the hash of each transaction that the endpoint took
 */
export function createSigningProvider(rpc: JsonRpc, signer: Signer, onSent: (hash: Hex) => void): RpcProvider {
  async function send(transaction: SendTransaction): Promise<Hex> {
    const { gas, nonce, to, data, value, gasPrice, maxFeePerGas, maxPriorityFeePerGas } = transaction;
    const fees = gasPrice === undefined ? { type: 2, maxFeePerGas, maxPriorityFeePerGas } : { type: 0, gasPrice };
    const request = { to, data, value, nonce: Number(nonce), gasLimit: gas, chainId: rpc.chainId, ...fees };
    const raw = await signer.signTransaction(request as TransactionRequest);
    const hash = (await ask("eth_sendRawTransaction", [raw])) as Hex;
    onSent(hash);
    return hash;
  }

  async function ask(method: string, params: readonly unknown[]): Promise<unknown> {
    const answer = await rpc.ask(method, params);
    if ("result" in answer) return answer.result;
    throw new FedledgerError("RPC_REFUSED", { url: "in use", reason: `${method}: ${answer.error.message}` });
  }

  return {
    async request({ method, params = [] }) {
      if (method === "eth_accounts") return [signer.address];
      if (method === "eth_sendTransaction") return send(params[0] as SendTransaction);
      return ask(method, params);
    },
  };
}
