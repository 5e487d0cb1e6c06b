import type { Interface } from "ethers";
import { FedledgerError } from "../../core/errors/error.ts";
import type { Address, Hex } from "../../core/ids.ts";
import type { JsonRpc } from "../rpc/json-rpc.ts";
import { toQuantity } from "../rpc/log-ranges.ts";
import { domainName, domainVersion } from "./attestation-digest.ts";
import { revertDataOf } from "./contract-errors.ts";

/** Chains up to this length are read from their first block; on longer ones the deployment's block is looked for. */
const searchFromBlock = 10_000;

/**
 * Checks that the address holds a federation of this protocol version: it answers ERC-5267 with our EIP-712 domain.
 * Rejects with NO_CODE where there is no contract, NO_FEDERATION where there is another, RPC_UNREACHABLE, RPC_REFUSED.
 */
export async function checkFederation(rpc: JsonRpc, contract: Interface, federation: Address): Promise<void> {
  const missing = () => new FedledgerError("NO_FEDERATION", { address: federation, chainId: rpc.chainId });
  const data = contract.encodeFunctionData("eip712Domain");
  const answer = await rpc.ask("eth_call", [{ to: federation, data }, "latest"]);
  if ("error" in answer && revertDataOf(answer.error) === undefined) {
    throw new FedledgerError("RPC_REFUSED", { url: "in use", reason: `eth_call: ${answer.error.message}` });
  }
  if ("error" in answer) throw missing();
  if (answer.result === "0x" && (await rpc.request<Hex>("eth_getCode", [federation, "latest"])) === "0x") {
    throw new FedledgerError("NO_CODE", { address: federation, chainId: rpc.chainId });
  }
  try {
    const domain = contract.decodeFunctionResult("eip712Domain", answer.result as Hex);
    const ours =
      domain.name === domainName && domain.version === domainVersion && domain.verifyingContract === federation;
    if (ours && Number(domain.chainId) === rpc.chainId) return;
  } catch {
    // Another contract, whose answer is no domain.
  }
  throw missing();
}

/**
 * The first block that can hold events of the federation, found by halving over the contract's code, which a node with
 * full history answers; 0 on short chains, and where the node keeps no old state or is wrong about it.
 */
export async function findStartBlock(rpc: JsonRpc, federation: Address): Promise<number> {
  const latest = Number(await rpc.request<Hex>("eth_blockNumber", []));
  if (latest < searchFromBlock) return 0;
  let low = 0;
  let high = latest;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const answer = await rpc.ask("eth_getCode", [federation, toQuantity(middle)]);
    if ("error" in answer) return 0;
    if (answer.result === "0x") low = middle + 1;
    else high = middle;
  }
  // The constructor gives the admin its role: the block of the deployment has an event.
  const block = { address: federation, fromBlock: toQuantity(low), toBlock: toQuantity(low) };
  const answer = await rpc.ask("eth_getLogs", [block]);
  return "result" in answer && (answer.result as unknown[]).length > 0 ? low : 0;
}
