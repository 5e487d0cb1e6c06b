import { getAddress, type Interface, isAddress } from "ethers";
import { FedledgerError } from "../../core/errors/error.ts";
import type { Address, Bytes32 } from "../../core/ids.ts";
import type { Log } from "../../ports/index.ts";
import { isOnThisMachine } from "../endpoints/rpc-endpoint.ts";
import { createJsonRpc, type JsonRpc } from "../rpc/json-rpc.ts";
import { toQuantity } from "../rpc/log-ranges.ts";
import { type Polling, pollingFor } from "../rpc/polling.ts";
import { loadContractInterface } from "./contract-abi.ts";
import { checkFederation } from "./federation-lookup.ts";

/** What reader and writer share: the connection, and the contract there. */
export interface FederationConnection {
  readonly rpc: JsonRpc;
  readonly contract: Interface;
  readonly federation: Address;
  readonly polling: Polling;
  /** Hash of the chain's first block: which chain this is. Undefined where the endpoint does not have it. */
  readonly firstBlock: Bytes32 | undefined;
}

/** Connects and checks. Rejects with INVALID_CONFIG, NOT_BUILT, RPC_UNREACHABLE, CHAIN_MISMATCH, NO_FEDERATION. */
export async function connectFederation(options: {
  readonly urls: readonly string[];
  readonly agree?: number | undefined;
  readonly federation: string;
  readonly pollIntervalMs?: number;
  readonly requestTimeoutMs?: number;
  readonly log: Log;
}): Promise<FederationConnection> {
  if (!isAddress(options.federation)) {
    throw new FedledgerError("INVALID_CONFIG", { name: "federation", reason: "expected a contract's address" });
  }
  const federation = getAddress(options.federation) as Address;
  const contract = await loadContractInterface();
  const rpc = await createJsonRpc(options);
  await checkFederation(rpc, contract, federation);
  const isLocal = options.urls.every(isOnThisMachine);
  const polling = await pollingFor(rpc, { pollIntervalMs: options.pollIntervalMs, isLocal });
  const firstBlock = await firstBlockOf(rpc);
  return { rpc, contract, federation, firstBlock, polling };
}

async function firstBlockOf(rpc: JsonRpc): Promise<Bytes32 | undefined> {
  const answer = await rpc.ask("eth_getBlockByNumber", [toQuantity(0), false]);
  return "result" in answer ? ((answer.result as { hash: Bytes32 } | null)?.hash ?? undefined) : undefined;
}
