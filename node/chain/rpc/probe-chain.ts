import type { Log } from "../../ports/index.ts";
import { isOnThisMachine } from "../endpoints/rpc-endpoint.ts";
import { type Finality, readHead } from "./head-watch.ts";
import { createJsonRpc } from "./json-rpc.ts";

/** What a chain can promise. */
export interface ChainTraits {
  readonly chainId: number;
  /** What the endpoint calls its software; of no characters where it does not say. */
  client(): Promise<string>;
  /** Whether all endpoints are on this machine. */
  readonly isHere: boolean;
  /** Whether it has a block that its consensus calls safe. */
  readonly hasSafe: boolean;
  /** How far a block that counts is behind the newest one now, seconds of the chain's clock. */
  lagS(finality: Finality): Promise<number>;
}

/** Asks the endpoints what their chain is. Rejects with RPC_UNREACHABLE, CHAIN_MISMATCH. */
export async function probeChain(options: {
  readonly urls: readonly string[];
  readonly agree?: number | undefined;
  readonly log: Log;
}): Promise<ChainTraits> {
  const rpc = await createJsonRpc(options);
  const safe = await rpc.ask("eth_getBlockByNumber", ["safe", false]);
  return {
    chainId: rpc.chainId,
    isHere: options.urls.every(isOnThisMachine),
    async client() {
      const answer = await rpc.ask("web3_clientVersion", []);
      return "result" in answer ? String(answer.result) : "";
    },
    hasSafe: "result" in safe && safe.result !== null,
    lagS: async (finality) => {
      const newest = await readHead(rpc, { confirmations: 0 });
      return Math.max(0, newest.timestampS - (await readHead(rpc, finality)).timestampS);
    },
  };
}
