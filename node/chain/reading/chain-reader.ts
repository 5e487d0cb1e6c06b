import { toHex, word } from "../../core/bytes/hex.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { Bytes32, TaskId } from "../../core/ids.ts";
import type { TaskEvent } from "../../core/record/task-events.ts";
import type { ChainReader, Clock, Log } from "../../ports/index.ts";
import { attestationDigest, attestationDomain, recoverSigner } from "../contracts/attestation-digest.ts";
import { topicOf } from "../contracts/contract-abi.ts";
import { readCodes } from "../contracts/deployed-codes.ts";
import { connectFederation, type FederationConnection } from "../contracts/federation-connection.ts";
import { findStartBlock } from "../contracts/federation-lookup.ts";
import { requireSameChain } from "../contracts/same-chain.ts";
import { recordDigest } from "../contracts/signed-records.ts";
import { createHeadWatch, type Finality, readHead, readPinned } from "../rpc/head-watch.ts";
import { createLogFeed } from "../rpc/log-feed.ts";
import { createLogReader, type LogFilter, type RawLog } from "../rpc/log-ranges.ts";
import { readEventDetails } from "./event-details.ts";
import { decodeTaskEvent, type EventDetail, taskEventNames } from "./events.ts";
import { type FollowDeps, followTask } from "./follow-task.ts";
import { lookUntilFits, type Misfit } from "./look-until-fits.ts";
import { createMemberReader, memberEventNames } from "./members.ts";
import { createStorageReader } from "./stored-state.ts";
import { createTaskRecord } from "./task-record.ts";
import { readWitnesses } from "./witnesses.ts";

/** So often a record that does not fit is read again before whoever asks for it once is told. */
const mostTries = 5;

/** How to read a federation's record. */
export interface ChainReaderOptions {
  /** JSON-RPC endpoints of one chain, best first. */
  readonly urls: readonly string[];
  /** How many of them must say the same; default 1: they only take over from each other. */
  readonly agree?: number | undefined;
  readonly federation: string;
  readonly finality: Finality;
  /** How often the head is looked at; default in the rhythm of the chain's blocks. */
  readonly pollIntervalMs?: number;
  /** Time one endpoint has to answer; default 15,000. */
  readonly requestTimeoutMs?: number;
  readonly log: Log;
  readonly clock: Clock;
}

/**
 * Reads a federation's record over JSON-RPC. Rejects with INVALID_CONFIG, NOT_BUILT, RPC_UNREACHABLE, CHAIN_MISMATCH,
 * NO_FEDERATION.
 */
export async function createChainReader(options: ChainReaderOptions): Promise<ChainReader> {
  return chainReaderOver(await connectFederation(options), options);
}

/** The reader over a connection that stands. */
export function chainReaderOver(connection: FederationConnection, options: ChainReaderOptions): ChainReader {
  const { rpc, contract, federation, polling } = connection;
  const { pauseMs } = polling;
  const { finality, log, clock } = options;
  const domain = attestationDomain(rpc.chainId, federation);
  const readLogs = createLogReader(rpc);
  const topicsOf = (names: readonly string[]) => names.map((name) => topicOf(contract, name));
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
    createLogFeed({ rpc, readLogs }, { filter, startBlock: await startBlock() });

  const storage = createStorageReader(connection, finality);

  const decodeAll = (logs: readonly RawLog[], detail?: ReadonlyMap<Bytes32, EventDetail>): readonly TaskEvent[] =>
    logs.flatMap((entry) => decodeTaskEvent(contract, entry, detail?.get(entry.transactionHash)) ?? []);

  const looking = {
    rpc,
    clock,
    readHead: (signal?: AbortSignal) => readHead(rpc, finality, signal),
    pauseMs: Math.min(1_000, pauseMs),
  };
  const newRecord = (taskId: TaskId) =>
    createTaskRecord(
      {
        rpc,
        storage,
        newFeed: async (of) => newFeed(taskFilter(of)),
        decode: decodeAll,
        requireSameChain: (signal) => requireSameChain(connection, signal),
      },
      taskId,
    );
  const follow: FollowDeps = {
    ...looking,
    watch: createHeadWatch({ rpc, clock, log }, { finality, polling }),
    newRecord,
    taskCount: storage.taskCount,
    log,
  };

  const record: ChainReader["record"] = async (taskId, { detail = false, block, signal } = {}) => {
    const onMisfit = ({ endpoint, block, differing }: Misfit, tries: number) => {
      if (tries < mostTries) return;
      throw new FedledgerError("ENDPOINT_BEHIND", { url: endpoint, taskId, block, differing });
    };
    const first = block ? await readPinned(rpc, block, signal) : await readHead(rpc, finality, signal);
    const again = block ? { ...looking, readHead: async () => first } : looking;
    const { look, head } = await lookUntilFits(again, newRecord(taskId), first, onMisfit, signal);
    if (look.kind !== "fits") throw new FedledgerError("UNKNOWN_TASK", { taskId });
    const { view, stored, logs } = look;
    const events = detail ? decodeAll(logs, await readEventDetails(rpc, logs, signal)) : look.events;
    if (!stored)
      log.warn("The endpoint keeps no state of this block: the record is as its logs show it", { block: head.number });
    const { number, hash, timestampS } = head;
    return { head: { number, hash, timestampS }, view, events, stored };
  };

  return {
    chainId: rpc.chainId,
    federation,
    ...storage,
    codes: () => readCodes(connection),
    ...createMemberReader(
      contract,
      () => newFeed({ address: federation, topics: [topicsOf(memberEventNames)] }),
      () => readHead(rpc, finality),
      { clock, pauseMs },
    ),
    async head() {
      const { number, hash, timestampS } = await readHead(rpc, finality);
      return { number, hash, timestampS };
    },
    record,
    witnesses: (taskId, head, how) => readWitnesses({ ...options, contract }, { taskId, head, ...how }),
    history: async (taskId, how) => (await record(taskId, how)).events,
    follow: (taskId, how) => followTask(follow, taskId, how),
    attestationDigest: (taskId, round, proposalHash) => attestationDigest(domain, { taskId, round, proposalHash }),
    recoverAttester: (attestation) => recoverSigner(attestationDigest(domain, attestation), attestation.signature),
    recoverSigner: (record) => recoverSigner(recordDigest(domain, record), record.signature),
  };
}
