import { getAddress, type Interface, isAddress } from "ethers";
import { demandKindCodes } from "../core/enum-codes.ts";
import { FedledgerError } from "../core/error.ts";
import { toHex, word } from "../core/hex.ts";
import type { Address, Bytes32, Hex, TaskId } from "../core/ids.ts";
import type { TaskEvent } from "../core/task-events.ts";
import type { ChainReader, Clock, Log } from "../ports/index.ts";
import { attestationDigest, attestationDomain, attestationValue, recoverSigner } from "./attestation-digest.ts";
import { loadContractInterface } from "./contract-abi.ts";
import { revertDataOf } from "./contract-errors.ts";
import { readEventDetails } from "./event-details.ts";
import { decodeTaskEvent, type EventDetail, taskEventNames } from "./events.ts";
import { checkFederation, findStartBlock } from "./federation-lookup.ts";
import { type FollowDeps, followTask } from "./follow-task.ts";
import { createHeadWatch, type Finality, readHead } from "./head-watch.ts";
import { createJsonRpc, type JsonRpc } from "./json-rpc.ts";
import { createLogFeed } from "./log-feed.ts";
import { createLogReader, type LogFilter, type RawLog, toQuantity } from "./log-ranges.ts";
import { createMemberReader, memberEventNames } from "./members.ts";
import { withProposalWords } from "./proposal-words.ts";
import { recordDigest } from "./signed-records.ts";

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

  const decodeAll = (logs: readonly RawLog[], detail?: ReadonlyMap<Bytes32, EventDetail>): readonly TaskEvent[] =>
    logs.flatMap((entry) => decodeTaskEvent(contract, entry, detail?.get(entry.transactionHash)) ?? []);

  const follow: FollowDeps = {
    watch: createHeadWatch({ rpc, clock, log }, { finality, pollIntervalMs }),
    newFeed: async (taskId) => newFeed(taskFilter(taskId)),
    decode: decodeAll,
    taskCount,
    clock,
    log,
    pauseMs: 10 * pollIntervalMs,
  };

  return {
    chainId: rpc.chainId,
    federation,
    taskCount,
    ...createMemberReader(
      contract,
      () => newFeed({ address: federation, topics: [topicsOf(memberEventNames)] }),
      () => readHead(rpc, finality),
    ),
    async head() {
      const { number, hash, timestampS } = await readHead(rpc, finality);
      return { number, hash, timestampS };
    },
    async history(taskId, { detail = false, signal } = {}) {
      for (;;) {
        const feed = await newFeed(taskFilter(taskId));
        const step = await feed.advance(await readHead(rpc, finality, signal), signal);
        if (step?.logs.length === 0) throw new FedledgerError("UNKNOWN_TASK", { taskId });
        const details = step && detail ? await readEventDetails(rpc, step.logs, signal) : new Map();
        if (step && details) {
          const events = decodeAll(step.logs, details);
          return detail ? withProposalWords(connection, events, signal) : events;
        }
        await clock.sleep(pollIntervalMs, { ...(signal && { signal }) });
      }
    },
    async storedState(taskId) {
      const { number } = await readHead(rpc, finality);
      const state = await call("taskState", [taskId], toQuantity(number));
      if (!state || BigInt(state.historyHead) === 0n) throw new FedledgerError("UNKNOWN_TASK", { taskId });
      const { round, modelRoot, accumulator, historyHead } = state;
      return { round: Number(round), modelRoot, accumulator, historyHead };
    },
    async bondOf(account) {
      const block = toQuantity((await readHead(rpc, finality)).number);
      const [bond, credit] = await Promise.all([call("bondOf", [account], block), call("creditOf", [account], block)]);
      return {
        freeWei: BigInt(bond?.freeWei ?? 0n),
        lockedWei: BigInt(bond?.lockedWei ?? 0n),
        unbondingWei: BigInt(bond?.unbondingWei ?? 0n),
        withdrawableFromS: Number(bond?.withdrawableFrom ?? 0n),
        creditWei: BigInt(credit?.creditWei ?? 0n),
      };
    },
    async heldReward(caseHash) {
      const held = await call("heldReward", [caseHash], toQuantity((await readHead(rpc, finality)).number));
      if (!held || BigInt(held.amountWei) === 0n) return undefined;
      return {
        challenger: getAddress(held.challenger) as Address,
        amountWei: BigInt(held.amountWei),
        collectableFromS: Number(held.collectableFrom),
      };
    },
    async demandBondWei(kind) {
      const result = await call("demandBondWei", [demandKindCodes.codeOf(kind)], "latest");
      if (result === undefined)
        throw new FedledgerError("NO_FEDERATION", { address: federation, chainId: rpc.chainId });
      return BigInt(result[0]);
    },
    follow: (taskId, { signal }) => followTask(follow, taskId, signal),
    attestationDigest: (taskId, round, proposalHash, evaluation) =>
      attestationDigest(domain, attestationValue(taskId, round, proposalHash, evaluation)),
    recoverAttester: ({ taskId, round, proposalHash, evaluation, signature }) =>
      recoverSigner(attestationDigest(domain, attestationValue(taskId, round, proposalHash, evaluation)), signature),
    recoverSigner: (record) => recoverSigner(recordDigest(domain, record), record.signature),
  };
}
