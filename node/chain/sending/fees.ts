import type { Hex } from "../../core/ids.ts";
import type { JsonRpc } from "../rpc/json-rpc.ts";

/** What a transaction offers a unit of gas, in wei: EIP-1559, or one price on chains without it. */
export type Fees =
  | { readonly type: 2; readonly maxFeePerGas: bigint; readonly maxPriorityFeePerGas: bigint }
  | { readonly type: 0; readonly gasPrice: bigint };

const defaultTipWei = 1_000_000_000n;

/** Fees that are taken now and for the next blocks: twice the base fee and the tip that the endpoint suggests. */
export async function currentFees(rpc: JsonRpc, signal?: AbortSignal): Promise<Fees> {
  const { baseFeePerGas } = await rpc.request<{ baseFeePerGas?: Hex }>(
    "eth_getBlockByNumber",
    ["latest", false],
    signal,
  );
  if (baseFeePerGas === undefined) {
    return { type: 0, gasPrice: BigInt(await rpc.request<Hex>("eth_gasPrice", [], signal)) };
  }
  const answer = await rpc.ask("eth_maxPriorityFeePerGas", [], signal);
  const tip = "result" in answer ? BigInt(answer.result as Hex) : defaultTipWei;
  return { type: 2, maxFeePerGas: 2n * BigInt(baseFeePerGas) + tip, maxPriorityFeePerGas: tip };
}

/** Fees for a replacement: the higher of the current ones and a quarter above the former; nodes ask for a tenth. */
export function raiseFees(former: Fees, current: Fees): Fees {
  const raise = (wei: bigint) => (wei * 5n) / 4n + 1n;
  const most = (a: bigint, b: bigint) => (a > b ? a : b);
  if (former.type === 0) {
    const now = current.type === 0 ? current.gasPrice : current.maxFeePerGas;
    return { type: 0, gasPrice: most(raise(former.gasPrice), now) };
  }
  const now = current.type === 2 ? current : { maxFeePerGas: 0n, maxPriorityFeePerGas: 0n };
  return {
    type: 2,
    maxFeePerGas: most(raise(former.maxFeePerGas), now.maxFeePerGas),
    maxPriorityFeePerGas: most(raise(former.maxPriorityFeePerGas), now.maxPriorityFeePerGas),
  };
}
