import { chunkTreeRoot } from "../../../node/core/bytes/chunk-tree.ts";
import { initialHistoryHead } from "../../../node/core/record/history-head.ts";
import type { TaskEvent } from "../../../node/core/record/task-events.ts";
import type { TaskRules } from "../../../node/core/records.ts";
import { initialLanes } from "../../../node/core/task/initial-model.ts";
import { taskLaneCount } from "../../../node/core/task/task-lanes.ts";
import { canonicalTaskSpec, type TaskSpec } from "../../../node/core/task/task-spec.ts";
import { zeroBytes32 } from "../../../node/core/words/commitment.ts";
import { memoryStore } from "../memory-store.ts";
import { plainRules } from "../states/plain-rules.ts";
import { placeEverybody } from "./history-members.ts";
import type { History, HistoryOptions } from "./history-options.ts";
import { writeRound } from "./history-round.ts";
import { accountOf, createMiner, putInto, signerRecovery, type Writer } from "./history-writer.ts";

export type { History, HistoryOptions, RoundScript } from "./history-options.ts";
export { accountOf, honestUpdate } from "./history-writer.ts";

const everybody = { organisations: [], regions: [], clearance: 0 } as const;

/** Writes a task's history and its blobs, step by step as the contracts and the members do. */
export async function buildHistory(options: HistoryOptions = {}): Promise<History> {
  const { members: count = 4, rounds = 3, inputs = 150, detail = true, scripts = {}, access = everybody } = options;
  const model = { kind: "linear-regression", inputs, output: { kind: "numbers", count: 1 } } as const;
  const { privacy } = options;
  const taskSpec: TaskSpec = {
    format: "fedledger/task/1",
    name: "history",
    model,
    initialSeed: 7,
    training: { objective: "fedavg", epochs: 1, batchSize: 8, learningRate: 0.1 },
    data: {},
    ...(privacy && { privacy }),
    ...(options.seal && { blobs: "members" }),
  };
  const spec = canonicalTaskSpec(taskSpec);
  const rules = { ...usualRules, parameterCount: taskLaneCount(taskSpec), rounds, ...options.rules };
  const deployment = { chainId: 31337, federation: accountOf("federation") };
  const taskId = 1;
  const members = Array.from({ length: count }, (_, i) => accountOf(`member ${i}`));
  const aggregators = Array.from({ length: options.aggregators ?? 2 }, (_, i) => accountOf(`aggregator ${i}`));
  const creator = accountOf("creator");
  const lanes = initialLanes(taskSpec, rules.fractionBits);
  const modelRoot = chunkTreeRoot(lanes);
  const events: TaskEvent[] = [];
  const store = memoryStore();
  const historyHead = initialHistoryHead({ ...deployment, taskId, rules, modelRoot, spec, access });
  const writer: Writer = {
    ...{ ...deployment, taskId, rules, members, aggregators, store, events, detail },
    ...{ participants: [], joined: [], leavers: [], bonded: new Set(), expelled: new Set() },
    ...{ ended: new Map(), void: new Set(), nowS: 1_800_000_000, round: 0, accepted: 0 },
    ...{ lanes, modelRoot, accumulator: zeroBytes32, historyHead },
    ...createMiner(events, detail, () => writer.nowS),
    put: options.seal ? (given, name) => options.seal!(store, given, name) : putInto(store),
  };
  writer.mine(creator, { name: "TaskCreated", taskId, creator, rules, access, modelRoot, spec, historyHead });
  const said = options.attributes;
  placeEverybody(writer, said && ((account) => said(account) ?? { organisation: "", region: "", clearance: 0 }));
  for (let round = 1; round <= rounds; round++) if (!(await writeRound(writer, scripts[round] ?? {}))) break;
  const { round, accepted, accumulator, nowS } = writer;
  const storedState = { round, accepted, modelRoot: writer.modelRoot, accumulator, historyHead: writer.historyHead };
  const recoverSigner = signerRecovery(deployment);
  return { ...deployment, events, storedState, recoverSigner, store, members, aggregators, nowS };
}

const usualRules: Omit<TaskRules, "parameterCount" | "rounds"> = {
  mode: "transparent",
  rule: "weighted-mean",
  fractionBits: 16,
  attempts: 2,
  clipLanes: 100_000,
  maxWeight: 1000,
  serverRateQ16: 65536,
  minUpdates: 2,
  maxUpdates: 64,
  participationBps: 10_000,
  ...plainRules,
  attestationQuorum: 2,
  roundsPerParticipant: 0,
  commitWindowS: 60,
  aggregateWindowS: 60,
  attestWindowS: 60,
  challengeWindowS: 3600,
};
