import { chunkTreeRoot } from "../../node/core/chunk-tree.ts";
import { initialHistoryHead, zeroBytes32 } from "../../node/core/commitment.ts";
import { initialLanes } from "../../node/core/initial-model.ts";
import type { TaskRules } from "../../node/core/records.ts";
import type { TaskEvent } from "../../node/core/task-events.ts";
import { taskLaneCount } from "../../node/core/task-lanes.ts";
import { canonicalTaskSpec, type TaskSpec } from "../../node/core/task-spec.ts";
import type { History, HistoryOptions } from "./history-options.ts";
import { writeRound } from "./history-round.ts";
import {
  accountOf,
  createMiner,
  memoryBlobs,
  putInto,
  signerRecovery,
  type Unplaced,
  type Writer,
} from "./history-writer.ts";
import { plainRules } from "./plain-rules.ts";

export type { History, HistoryOptions, RoundScript } from "./history-options.ts";
export { accountOf, honestUpdate } from "./history-writer.ts";

/** Writes a task's history and its blobs, step by step as the contracts and the members do. */
export async function buildHistory(options: HistoryOptions = {}): Promise<History> {
  const { members: count = 4, rounds = 3, inputs = 150, detail = true, scripts = {}, access } = options;
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
  const aggregators = [accountOf("aggregator 0"), accountOf("aggregator 1")] as const;
  const creator = accountOf("creator");
  const lanes = initialLanes(taskSpec, rules.fractionBits);
  const modelRoot = chunkTreeRoot(lanes);
  const events: TaskEvent[] = [];
  const store = memoryBlobs();
  const writer: Writer = {
    ...deployment,
    taskId,
    rules,
    members,
    aggregators,
    store,
    events,
    places: [...members],
    detail,
    leaving: [],
    expelled: [],
    answering: new Map(),
    nowS: 1_800_000_000,
    round: 0,
    lanes,
    modelRoot,
    accumulator: zeroBytes32,
    historyHead: initialHistoryHead({ ...deployment, taskId, rules, modelRoot, spec, access }),
    mine: createMiner(events, detail, () => writer.nowS),
    put: options.seal ? (lanes, name) => options.seal!(store, lanes, name) : putInto(store),
  };
  const created: Unplaced = { name: "TaskCreated", taskId, creator, rules, modelRoot, spec };
  const restricted: Unplaced[] = access ? [{ name: "AccessRestricted", taskId, access }] : [];
  writer.mine(creator, created, ...restricted);
  const amountWei = BigInt(rules.participantBondGwei) * 10n ** 9n;
  for (const [index, participant] of members.entries()) {
    const lock: Unplaced = { name: "BondLocked", taskId, round: 0, account: participant, amountWei };
    const bond = amountWei === 0n ? [] : [lock];
    writer.mine(participant, ...bond, { name: "Enrolled", taskId, participant, index });
  }
  for (let round = 1; round <= rounds; round++) if (!(await writeRound(writer, scripts[round] ?? {}))) break;
  const { round, accumulator, historyHead } = writer;
  const storedState = { round, modelRoot: writer.modelRoot, accumulator, historyHead };
  const recoverSigner = signerRecovery(deployment);
  return { ...deployment, events, storedState, recoverSigner, store, members, aggregators };
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
  challengeWindowS: 60,
};
