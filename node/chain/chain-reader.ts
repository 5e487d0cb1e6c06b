import { getAddress, type Interface, isAddress } from "ethers";
import pLimit from "p-limit";
import { FedledgerError, isFedledgerError } from "../core/error.ts";
import { toHex, word } from "../core/hex.ts";
import type { Address, Bytes32, Hex, TaskId } from "../core/ids.ts";
import type { Member, TaskEvent } from "../core/records.ts";
import type { ChainReader, ChainUpdate, Clock, Log } from "../ports/index.ts";
import { attestationDigest, attestationDomain, attestationValue, recoverSigner } from "./attestation-digest.ts";
import { loadContractInterface } from "./contract-abi.ts";
import { revertDataOf } from "./contract-errors.ts";
import { decodeTaskEvent, type EventDetail, taskEventNames } from "./events.ts";
import { checkFederation, findStartBlock } from "./federation-lookup.ts";
import { createHeadWatch, type Finality, type LinkedHead, readHead } from "./head-watch.ts";
import { createJsonRpc, type JsonRpc } from "./json-rpc.ts";
import { createLogFeed, type LogStep } from "./log-feed.ts";
import { createLogReader, type LogFilter, type RawLog, toQuantity } from "./log-ranges.ts";
import { foldMembers, memberEventNames } from "./members.ts";

/** How to read a federation's record. */
export interface ChainReaderOptions {
  /** JSON-RPC endpoints of one chain, best first. */
  readonly urls: readonly string[];
  readonly federation: string;
  readonly finality: Finality;
  /** How often the head is looked at; default 100 on this machine, 1,000 elsewhere. */
  readonly pollIntervalMs?: number;
  /** Time one endpoint has to answer; default 15,000. */
  readonly requestTimeoutMs?: number;
  readonly log: Log;
  readonly clock: Clock;
}

/** What reader and writer share: the connection, and the contract there. */
export interface FederationConnection {
  readonly rpc: JsonRpc;
  readonly contract: Interface;
  readonly federation: Address;
  readonly pollIntervalMs: number;
}

/** Connects and checks. Rejects with INVALID_CONFIG, NOT_BUILT, RPC_UNREACHABLE, CHAIN_MISMATCH, NO_FEDERATION. */
export async function connectFederation(options: ChainReaderOptions): Promise<FederationConnection> {
  if (!isAddress(options.federation)) {
    throw new FedledgerError("INVALID_CONFIG", { name: "federation", reason: "expected a contract's address" });
  }
  const federation = getAddress(options.federation) as Address;
  const contract = await loadContractInterface();
  const rpc = await createJsonRpc(options);
  await checkFederation(rpc, contract, federation);
  const local = options.urls.every((url) => /^(?:127\.|localhost$|\[::1\]$)/.test(new URL(url).hostname));
  return { rpc, contract, federation, pollIntervalMs: options.pollIntervalMs ?? (local ? 100 : 1_000) };
}

/** Reads a federation's record over JSON-RPC. Rejects with INVALID_CONFIG, NOT_BUILT, RPC_UNREACHABLE, CHAIN_MISMATCH, NO_FEDERATION. */
export async function createChainReader(options: ChainReaderOptions): Promise<ChainReader> {
  return chainReaderOver(await connectFederation(options), options);
}

/** The reader over a connection that stands. */
export function chainReaderOver(connection: FederationConnection, options: ChainReaderOptions): ChainReader {
  const { rpc, contract, federation, pollIntervalMs } = connection;
  const { finality, log, clock } = options;
  const domain = attestationDomain(rpc.chainId, federation);
  const readLogs = createLogReader(rpc);
  const watch = createHeadWatch({ rpc, clock, log }, { finality, pollIntervalMs });
  const topicsOf = (names: readonly string[]) => names.map((name) => contract.getEvent(name)!.topicHash as Bytes32);
  const taskTopics = topicsOf(taskEventNames);
  const taskFilter = (taskId: TaskId): LogFilter => ({
    address: federation,
    topics: [taskTopics, toHex(word(taskId))],
  });
  let startBlockSearch: Promise<number> | undefined;
  const startBlock = () => {
    startBlockSearch ??= findStartBlock(rpc, federation).catch((error: unknown) => {
      startBlockSearch = undefined;
      throw error;
    });
    return startBlockSearch;
  };
  const newFeed = async (filter: LogFilter) =>
    createLogFeed({ rpc, readLogs, clock }, { filter, startBlock: await startBlock() });

  async function call(name: string, args: readonly unknown[], block: string, signal?: AbortSignal) {
    const data = contract.encodeFunctionData(name, args);
    const answer = await rpc.ask("eth_call", [{ to: federation, data }, block], signal);
    if ("result" in answer) return contract.decodeFunctionResult(name, answer.result as Hex);
    if (revertDataOf(answer.error) !== undefined) return undefined;
    throw new FedledgerError("RPC_UNREACHABLE", { url: "eth_call", reason: answer.error.message });
  }

  async function taskCount(): Promise<number> {
    const result = await call("taskCount", [], "latest");
    return Number(result?.[0] ?? 0);
  }

  /** Sender, gas and time of each log's transaction. */
  async function details(logs: readonly RawLog[], signal?: AbortSignal): Promise<Map<Bytes32, EventDetail>> {
    const limit = pLimit(8);
    const times = new Map<Hex, Promise<number>>();
    const timeOf = (block: Hex) => {
      const known = times.get(block);
      if (known) return known;
      const time = limit(async () => {
        const { timestamp } = await rpc.request<{ timestamp: Hex }>("eth_getBlockByNumber", [block, false], signal);
        return Number(timestamp);
      });
      times.set(block, time);
      return time;
    };
    const first = new Map(logs.map((entry) => [entry.transactionHash, entry]));
    const found = [...first.values()].map(async (entry) => {
      const receipt = await limit(() =>
        rpc.request<{ from: string; gasUsed: Hex }>("eth_getTransactionReceipt", [entry.transactionHash], signal),
      );
      const sender = getAddress(receipt.from) as Address;
      const detail = { sender, gasUsed: Number(receipt.gasUsed), timestampS: await timeOf(entry.blockNumber) };
      return [entry.transactionHash, detail] as const;
    });
    return new Map(await Promise.all(found));
  }

  const decodeAll = (logs: readonly RawLog[], detail?: Map<Bytes32, EventDetail>): readonly TaskEvent[] =>
    logs.flatMap((entry) => decodeTaskEvent(contract, entry, detail?.get(entry.transactionHash)) ?? []);

  const memberReader = createMemberReader(
    () => newFeed({ address: federation, topics: [topicsOf(memberEventNames)] }),
    () => readHead(rpc, finality),
    (logs) => foldMembers(contract, logs),
  );

  return {
    chainId: rpc.chainId,
    federation,
    taskCount,
    members: memberReader,
    async head() {
      const { number, hash, timestampS } = await readHead(rpc, finality);
      return { number, hash, timestampS };
    },
    async history(taskId, { detail = false, signal } = {}) {
      for (;;) {
        const feed = await newFeed(taskFilter(taskId));
        const step = await feed.advance(await readHead(rpc, finality, signal), signal);
        if (!step) continue;
        if (step.logs.length === 0) throw new FedledgerError("UNKNOWN_TASK", { taskId });
        return decodeAll(step.logs, detail ? await details(step.logs, signal) : undefined);
      }
    },
    async storedState(taskId) {
      const { number } = await readHead(rpc, finality);
      const state = await call("taskState", [taskId], toQuantity(number));
      if (!state || BigInt(state.historyHead) === 0n) throw new FedledgerError("UNKNOWN_TASK", { taskId });
      const { round, modelRoot, accumulator, historyHead } = state;
      return { round: Number(round), modelRoot, accumulator, historyHead };
    },
    async *follow(taskId, { signal }) {
      let feed: Awaited<ReturnType<typeof newFeed>> | undefined;
      let known = false;
      let told = false;

      async function look(head: LinkedHead): Promise<ChainUpdate | undefined> {
        feed ??= await newFeed(taskFilter(taskId));
        const step = await feed.advance(head, signal);
        if (!step) return undefined;
        known ||= step.logs.length > 0;
        // A task that exists but is not final yet: nothing to tell until it is.
        if (!known && (await taskCount()) < taskId) throw new FedledgerError("UNKNOWN_TASK", { taskId });
        if (!known) return undefined;
        const { number, hash, timestampS } = head;
        const reset = step.reset || !told;
        told = true;
        return { head: { number, hash, timestampS }, events: decodeAll(step.logs), reset };
      }

      for await (const head of watch.heads(signal)) {
        const update = await untilAnswered(() => look(head), { clock, log, pauseMs: 10 * pollIntervalMs, signal });
        if (update && !signal.aborted) yield update;
      }
    },
    attestationDigest: (taskId, round, proposalHash, evaluation) =>
      attestationDigest(domain, attestationValue(taskId, round, proposalHash, evaluation)),
    recoverAttester: ({ taskId, round, proposalHash, evaluation, signature }) =>
      recoverSigner(attestationDigest(domain, attestationValue(taskId, round, proposalHash, evaluation)), signature),
  };
}

/** Repeats over outages of the endpoints; undefined once the signal aborts. */
async function untilAnswered<T>(
  work: () => Promise<T>,
  { clock, log, pauseMs, signal }: { clock: Clock; log: Log; pauseMs: number; signal: AbortSignal },
): Promise<T | undefined> {
  while (!signal.aborted) {
    try {
      return await work();
    } catch (error) {
      if (signal.aborted) return undefined;
      if (!isFedledgerError(error, "RPC_UNREACHABLE")) throw error;
      log.debug("Reading again", { error });
      await clock.sleep(pauseMs, { signal }).catch(() => {});
    }
  }
  return undefined;
}

/** Members, read on from the last look. Looks wait for each other. */
function createMemberReader(
  newFeed: () => Promise<ReturnType<typeof createLogFeed>>,
  readNewestHead: () => Promise<LinkedHead>,
  fold: (logs: readonly RawLog[]) => readonly Member[],
): () => Promise<readonly Member[]> {
  let feed: ReturnType<typeof createLogFeed> | undefined;
  let logs: RawLog[] = [];
  let looked = false;
  let queue: Promise<unknown> = Promise.resolve();
  return () => {
    const look = queue.then(async () => {
      feed ??= await newFeed();
      // Only the first look must bring something; later ones may find nothing new.
      for (let step: LogStep | undefined; !step; ) {
        step = await feed.advance(await readNewestHead());
        if (step?.reset) logs = [];
        if (step) logs.push(...step.logs);
        if (looked) break;
      }
      looked = true;
      return fold(logs);
    });
    queue = look.catch(() => {});
    return look;
  };
}
