import { itemAt } from "../../core/bytes/items.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { Bytes32, Hex } from "../../core/ids.ts";
import type { ChainReader } from "../../ports/index.ts";
import { revertDataOf } from "../contracts/contract-errors.ts";
import type { FederationConnection } from "../contracts/federation-connection.ts";
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
  slotOfRing,
  slotOfTaskCount,
  slotsOfTask,
} from "./storage-layout.ts";

/** What of a reader asks the contract's storage. */
export type StorageReader = Pick<ChainReader, "taskCount" | "storedState" | "ringWords" | "placeOf" | "creditOf">;

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
    async taskCount() {
      return readTaskCount(await loadOne(slotOfTaskCount, "latest"));
    },
    async storedState(taskId) {
      const stored = readTask(await load(slotsOfTask(taskId), await blockToRead()));
      if (BigInt(stored.historyHead) === 0n) throw new FedledgerError("UNKNOWN_TASK", { taskId });
      return stored;
    },
    async ringWords(taskId, places) {
      if (places.length === 0) return [];
      const slots = places.map((place) => slotOfRing(taskId, place));
      return await load(slots, await blockToRead());
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
