import { itemAt } from "../../core/bytes/items.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { Bytes32, Hex, TaskId } from "../../core/ids.ts";
import type { StoredTask } from "../../core/record/bound-task.ts";
import type { ChainReader } from "../../ports/index.ts";
import { revertDataOf } from "../contracts/contract-errors.ts";
import type { FederationConnection } from "../contracts/federation-connection.ts";
import type { JsonRpcError } from "../endpoints/json-rpc-answer.ts";
import { type Finality, readHead } from "../rpc/head-watch.ts";
import { toQuantity } from "../rpc/log-ranges.ts";
import { rulesOf } from "./event-fields.ts";
import {
  placeOfEndedOpen,
  readPlace,
  readTask,
  readTaskCount,
  slotOfCredit,
  slotOfPlace,
  slotOfTaskCount,
  slotsOfTask,
} from "./storage-layout.ts";

/**
 * Why an endpoint does not say what a task's storage was at a block: it keeps no state of blocks so old; the contract
 * is not there; or the block is not there, or it refuses for another reason.
 */
export type NoStorage = { readonly missing: "state" | "contract" | "block"; readonly reason: string };

/** What of a reader asks the contract's storage. */
export type StorageReader = Pick<ChainReader, "taskCount" | "storedState" | "placeOf" | "creditOf"> & {
  /** A task as it is stored at a block, by its number; the head is zero where there is no such task. */
  taskAt(taskId: TaskId, block: number, signal?: AbortSignal): Promise<StoredTask | NoStorage>;
};

// geth, Erigon, Nethermind, Besu, Reth and providers before them, where the state of a block was thrown away.
const keepsNoState =
  /missing trie node|historical state|state .{0,40}(?:not available|unavailable|not found|pruned)|pruned|archive|distance to target block exceeds|old data not available|world state/i;

/**
 * Reads a federation's storage at the block of the configured finality; the number of its tasks at the newest block.
 */
export function createStorageReader(
  { rpc, contract, federation }: FederationConnection,
  finality: Finality,
): StorageReader {
  async function call(name: string, args: readonly unknown[], block: string) {
    const data = contract.encodeFunctionData(name, args);
    const answer = await rpc.ask("eth_call", [{ to: federation, data }, block]);
    if ("result" in answer) return contract.decodeFunctionResult(name, answer.result as Hex);
    const reason = revertDataOf(answer.error) === undefined ? answer.error.message : `${name} is refused`;
    throw new FedledgerError("RPC_WRONG_ANSWER", { url: "in use", reason });
  }
  async function load(slots: readonly Bytes32[], block: string): Promise<Bytes32[]> {
    const [words] = await call("extsload", [slots], block);
    return [...(words as Iterable<Bytes32>)];
  }
  const loadOne = async (slot: Bytes32, block: string): Promise<Bytes32> => itemAt(await load([slot], block), 0);
  const blockToRead = async () => toQuantity((await readHead(rpc, finality)).number);

  return {
    async taskAt(taskId, block, signal) {
      const data = contract.encodeFunctionData("extsload", [slotsOfTask(taskId)]);
      const answer = await rpc.ask("eth_call", [{ to: federation, data }, toQuantity(block)], signal);
      if ("error" in answer) return noStorageFor(answer.error);
      if (answer.result === "0x") return { missing: "contract", reason: `no code at ${federation}` };
      const [words] = contract.decodeFunctionResult("extsload", answer.result as Hex);
      return readTask([...(words as Iterable<Bytes32>)]);
    },
    async taskCount() {
      return readTaskCount(await loadOne(slotOfTaskCount, "latest"));
    },
    async storedState(taskId) {
      const stored = readTask(await load(slotsOfTask(taskId), await blockToRead()));
      if (BigInt(stored.historyHead) === 0n) throw new FedledgerError("UNKNOWN_TASK", { taskId });
      return stored;
    },
    async placeOf(taskId, account) {
      const block = await blockToRead();
      const [rules] = await call("taskRules", [taskId], block);
      if (Number(rules.rounds) === 0) throw new FedledgerError("UNKNOWN_TASK", { taskId });
      const value = await loadOne(slotOfPlace(taskId, account), block);
      const { pendingRound, ...place } = readPlace(value, rulesOf(rules));
      if (pendingRound === 0) return place;
      const { slot, bit } = placeOfEndedOpen(taskId, pendingRound);
      const counts = (BigInt(await loadOne(slot, block)) & bit) === 0n;
      return { ...place, roundsCommitted: place.roundsCommitted + (counts ? 1 : 0) };
    },
    async creditOf(account) {
      return BigInt(await loadOne(slotOfCredit(account), await blockToRead()));
    },
  };
}

function noStorageFor({ message }: JsonRpcError): NoStorage {
  return { missing: keepsNoState.test(message) ? "state" : "block", reason: message };
}
