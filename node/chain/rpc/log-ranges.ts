import { FedledgerError } from "../../core/errors/error.ts";
import type { Address, Bytes32, Hex } from "../../core/ids.ts";
import type { JsonRpc } from "./json-rpc.ts";

/** A log as eth_getLogs returns it. */
export interface RawLog {
  readonly address: Hex;
  readonly topics: readonly Bytes32[];
  readonly data: Hex;
  readonly blockNumber: Hex;
  readonly blockHash: Bytes32;
  readonly logIndex: Hex;
  readonly transactionHash: Bytes32;
  readonly removed?: boolean;
}

/** Which logs: the contract's, with topics as eth_getLogs takes them. */
export interface LogFilter {
  readonly address: Address;
  readonly topics: readonly (Bytes32 | readonly Bytes32[] | null)[];
}

/** Reads the logs of the blocks `from` to `to`, both included, in chain order. Rejects with RPC_UNREACHABLE. */
export type ReadLogs = (
  filter: LogFilter,
  from: number,
  to: number,
  signal?: AbortSignal,
) => Promise<readonly RawLog[]>;

/**
 * A reader of logs that learns how many blocks an endpoint gives at once: it asks for all, halves what is refused,
 * and doubles again after each success.
 */
export function createLogReader(rpc: JsonRpc): ReadLogs {
  let spanBlocks = Number.MAX_SAFE_INTEGER;
  return async (filter, from, to, signal) => {
    const logs: RawLog[] = [];
    for (let start = from; start <= to; ) {
      const end = Math.min(to, start + spanBlocks - 1);
      const range = { ...filter, fromBlock: toQuantity(start), toBlock: toQuantity(end) };
      const answer = await rpc.ask("eth_getLogs", [range], signal);
      if ("error" in answer) {
        if (end === start) {
          throw new FedledgerError("RPC_UNREACHABLE", { url: "eth_getLogs", reason: answer.error.message });
        }
        spanBlocks = Math.ceil((end - start + 1) / 2);
        continue;
      }
      logs.push(...(answer.result as RawLog[]).filter((log) => !log.removed));
      start = end + 1;
      spanBlocks = Math.min(Number.MAX_SAFE_INTEGER, spanBlocks * 2);
    }
    return logs;
  };
}

/** A number as JSON-RPC writes it. */
export function toQuantity(value: number | bigint): Hex {
  return `0x${value.toString(16)}`;
}
