import { FedledgerError } from "../../core/errors/error.ts";
import type { Address, Bytes32, Hex } from "../../core/ids.ts";
import type { JsonRpcError } from "../endpoints/json-rpc-answer.ts";
import { allowedBlocks, readRefusal, suggestedBlocks } from "../endpoints/refusal-texts.ts";
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

/** After so many answers in a row a range that had too many logs is tried longer. */
const answersBeforeLonger = 8;

/**
 * A reader of logs that learns how many blocks an endpoint gives at once. It asks for all. Where that is refused as too
 * many blocks, it never asks for so many again: for as many as the refusal allows, where it says so, else for half.
 * Where it is refused as too many logs, it asks for less there, and for more behind.
 */
export function createLogReader(rpc: JsonRpc): ReadLogs {
  let mostBlocks = Number.MAX_SAFE_INTEGER;
  let spanBlocks = mostBlocks;
  let answersInRow = 0;

  /** How many blocks are asked for after a refusal. */
  function learn(refused: number, { code, message, data }: JsonRpcError): void {
    answersInRow = 0;
    const half = Math.ceil(refused / 2);
    const isOfBlocks = readRefusal("eth_getLogs", 200, { code, message, data }) === "fewer-blocks";
    const said = isOfBlocks ? allowedBlocks(message) : suggestedBlocks(message);
    spanBlocks = said !== undefined && said < refused ? said : half;
    if (isOfBlocks) mostBlocks = spanBlocks;
  }

  function answered(): void {
    if (++answersInRow % answersBeforeLonger === 0) spanBlocks = Math.min(mostBlocks, spanBlocks * 2);
  }

  return async (filter, from, to, signal) => {
    const logs: RawLog[] = [];
    for (let start = from; start <= to; ) {
      const end = Math.min(to, start + spanBlocks - 1);
      const range = { ...filter, fromBlock: toQuantity(start), toBlock: toQuantity(end) };
      const answer = await rpc.ask("eth_getLogs", [range], signal);
      if ("error" in answer) {
        const { code, message } = answer.error;
        if (end === start) {
          throw new FedledgerError("RPC_REFUSED", { url: "in use", reason: `eth_getLogs: ${message || code}` });
        }
        learn(end - start + 1, answer.error);
        continue;
      }
      logs.push(...(answer.result as RawLog[]));
      start = end + 1;
      answered();
    }
    return logs;
  };
}

/** A number as JSON-RPC writes it. */
export function toQuantity(value: number | bigint): Hex {
  return `0x${value.toString(16)}`;
}
