import { FedledgerError } from "../../core/errors/error.ts";
import type { Hex } from "../../core/ids.ts";
import { readBlock } from "../rpc/head-watch.ts";
import type { FederationConnection } from "./federation-connection.ts";

/**
 * Resolves when the chain is the one that the connection was made to: its number, its first block, and a contract at
 * the federation's address. Asked where something looks as if it was another one. Where several endpoints are given,
 * one that is on another chain gives way to the next.
 *
 * Rejects with CHAIN_RESET, RPC_UNREACHABLE.
 */
export async function requireSameChain(connection: FederationConnection, signal?: AbortSignal): Promise<void> {
  const first = await changeOf(connection, signal);
  if (first === undefined) return;
  const url = connection.rpc.doubt();
  if ((await changeOf(connection, signal)) === undefined) return;
  throw new FedledgerError("CHAIN_RESET", { url, reason: first });
}

/** What makes this another chain, in words; undefined where nothing does. */
async function changeOf({ rpc, federation, firstBlock }: FederationConnection, signal?: AbortSignal) {
  const chainId = Number(await rpc.request<Hex>("eth_chainId", [], signal));
  if (chainId !== rpc.chainId) return `its number was ${rpc.chainId} and is ${chainId}`;
  const block = firstBlock && (await readBlock(rpc, 0, signal));
  if (block && block.hash !== firstBlock) return `its first block was ${firstBlock} and is ${block.hash}`;
  const code = await rpc.request<Hex>("eth_getCode", [federation, "latest"], signal);
  return code === "0x" ? `there is no contract at ${federation} any more` : undefined;
}
