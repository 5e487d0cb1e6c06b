import { weightedMean } from "../../../node/aggregation/index.ts";
import { chunkTreeRoot } from "../../../node/core/bytes/chunk-tree.ts";
import { FedledgerError } from "../../../node/core/errors/error.ts";
import type { Address, TaskId } from "../../../node/core/ids.ts";
import { foldTask } from "../../../node/core/record/fold-task.ts";
import { slotsOf } from "../../../node/core/record/round-keys.ts";
import type { TaskEvent } from "../../../node/core/record/task-events.ts";
import type { RoundView } from "../../../node/core/record/task-view.ts";
import type { Commitment, Proposal, TaskRules } from "../../../node/core/records.ts";
import { initialLanes } from "../../../node/core/task/initial-model.ts";
import { modelLayout } from "../../../node/core/task/model-layout.ts";
import { canonicalTaskSpec, type ModelSpec, type TaskSpec } from "../../../node/core/task/task-spec.ts";
import { proposalHash, updateRootOf } from "../../../node/core/words/commitment.ts";
import type { ChainReader } from "../../../node/ports/index.ts";
import { type FederationFixture, type FixtureMember, startFederation } from "../federation-fixture.ts";
import { honestUpdate, putInto } from "../history/history-writer.ts";
import { memoryStore } from "../memory-store.ts";
import { drawingRules } from "../states/plain-rules.ts";
import { attestAll } from "./attest-all.ts";

const model = { kind: "linear-regression", inputs: 99, output: { kind: "numbers", count: 1 } } as const;
const spec = {
  format: "fedledger/task/1",
  name: "real",
  model,
  initialSeed: 3,
  training: { objective: "fedavg", epochs: 1, batchSize: 8, learningRate: 0.1 },
  data: {},
} as const satisfies TaskSpec;
const { parameterCount } = modelLayout(model);

/** The model of the task that is played. */
export const playedModel: ModelSpec = model;

/** Each window of the task, in seconds. */
export const playedWindowS = 60;

/** A commitment and what was committed. */
export interface PlayedUpdate extends Commitment {
  readonly lanes: Int32Array;
}

/** A task on a real chain whose rounds a test plays by hand, one call a step. */
export interface PlayedTask {
  readonly fixture: FederationFixture;
  readonly reader: ChainReader;
  readonly taskId: TaskId;
  readonly store: ReturnType<typeof memoryStore>;
  /** The model that the next round starts from; set it after an accepted proposal. */
  lanes: Int32Array;
  /** The newest round as its events tell it. */
  round(): Promise<RoundView>;
  /** The newest event of this name. */
  latest<Name extends TaskEvent["name"]>(name: Name): Promise<Extract<TaskEvent, { name: Name }>>;
  /** Opens a round, draws it, and lets so many of the drawn commit. */
  commitAll(most?: number): Promise<readonly PlayedUpdate[]>;
  /** Closes the running round after its deadline. */
  close(): Promise<void>;
  /** The assigned aggregator proposes the mean of these updates, or what `lie` makes of it. */
  propose(committed: readonly PlayedUpdate[], options?: ProposeOptions): Promise<Proposed>;
  /** All participants attest, those count that committed, and the proposal is accepted. */
  attest(proposal: Proposal): Promise<void>;
  /** Has the next aggregator assigned after the deadline, or the round ended. */
  reassign(): Promise<void>;
  /** Lets a window of the round pass. */
  endWindow(): Promise<void>;
}

/** Which slots a proposal leaves out, and what it makes of the honest model. */
export interface ProposeOptions {
  readonly excluded?: readonly number[];
  readonly lie?: (honest: Int32Array) => Int32Array;
  /** The total weight that it states; that of what is included by default. */
  readonly weight?: bigint;
}

/** A proposal on record, and its model. */
export interface Proposed {
  readonly proposal: Proposal;
  readonly model: Int32Array;
}

/**
 * Starts a chain with six participants, two aggregators and a task of eight accepted rounds that draws four of six.
 *
 * @param more what its specification says beside
 */
export async function startPlayedTask(
  changed: Partial<TaskRules> = {},
  more: Pick<Partial<TaskSpec>, "testSet"> = {},
): Promise<PlayedTask> {
  const fixture = await startFederation({ participants: 6, aggregators: 2, register: false });
  const reader = await fixture.reader();
  const lanes = initialLanes({ model, initialSeed: 3 }, 16);
  const rules = { parameterCount, rounds: 8, ...drawingRules, attempts: 2, roundsPerParticipant: 8, ...changed };
  const taskId = await fixture.createTask({
    rules,
    modelRoot: chunkTreeRoot(lanes),
    spec: canonicalTaskSpec({ ...spec, ...more }),
  });
  const store = memoryStore();
  const put = putInto(store);
  const admin = fixture.admin.chain;
  const members = [...fixture.participants, ...fixture.aggregators];
  const owner = (account: Address): FixtureMember =>
    members.find((each) => each.account.toLowerCase() === account.toLowerCase())!;

  async function openRound(): Promise<RoundView> {
    const before = foldTask(await reader.history(taskId)).rounds.at(-1)?.round ?? 0;
    await fixture.aggregators[0]!.chain.send({ kind: "openRound", taskId, round: before + 1 });
    const opened = await task.round();
    if (opened.drawBlock === 0) return opened;
    await fixture.chain.mine(rules.drawDelayBlocks);
    const { round, drawBlock } = opened;
    await admin.send({ kind: "drawRound", taskId, round, drawBlock });
    return await task.round();
  }

  const task: PlayedTask = {
    fixture,
    reader,
    taskId,
    store,
    lanes,
    round: async () => foldTask(await reader.history(taskId)).rounds.at(-1)!,
    async latest<Name extends TaskEvent["name"]>(name: Name) {
      const found = (await reader.history(taskId)).findLast((event) => event.name === name);
      return found as Extract<TaskEvent, { name: Name }>;
    },
    async commitAll(most = Number.POSITIVE_INFINITY) {
      const { round, anchor } = await openRound();
      const committed: PlayedUpdate[] = [];
      for (const [index, { chain, account }] of fixture.participants.entries()) {
        if (committed.length >= most) break;
        const update = honestUpdate({ parameterCount, clipLanes: 1 << 20 }, index, round);
        const contentId = await put(update);
        const call = { anchor, updateRoot: updateRootOf(account, chunkTreeRoot(update)), contentId, weight: index + 1 };
        const refused = await chain.send({ kind: "commit", taskId, round, ...call }).then(() => false, isUndrawn);
        if (!refused) committed.push({ ...(await task.latest("Committed")), lanes: update });
      }
      return committed;
    },
    async close() {
      await task.endWindow();
      await admin.send({ kind: "closeRound", taskId, round: (await task.round()).round });
    },
    async propose(committed, { excluded = [], lie = (honest: Int32Array) => honest, weight } = {}) {
      const { round, accumulator, assignment } = await task.round();
      const { attempt, aggregator } = assignment!;
      const included = committed.filter(({ slot }) => !excluded.includes(slot));
      const made = lie(weightedMean({ base: task.lanes, updates: included, serverRateQ16: 65536 }));
      const proposal: Proposal = {
        attempt,
        aggregator,
        modelRoot: chunkTreeRoot(made),
        contentId: await put(made),
        totalWeight: weight ?? included.reduce((sum, each) => sum + BigInt(each.weight), 0n),
        excluded: slotsOf(excluded.map((slot) => ({ slot }))),
      };
      const call = { kind: "propose", taskId, round, accumulator, proposal, openings: "0x" } as const;
      await owner(aggregator).chain.send(call);
      return { proposal, model: made };
    },
    async attest(proposal) {
      const { round, accumulator } = await task.round();
      const hash = proposalHash(taskId, round, accumulator, "0x", proposal);
      await attestAll(fixture, { taskId, round, hash, proposal });
    },
    async reassign() {
      await task.endWindow();
      await admin.send({ kind: "reassign", taskId, round: (await task.round()).round });
    },
    endWindow: () => fixture.chain.increaseTime(playedWindowS + 1),
  };
  return task;
}

/**
 * Plays six rounds, each with another end: accepted, with too few updates (and a participant leaves), accepted after
 * an aggregator slept, accepted without the first update (whose bytes are gone), without a proposal, and
 * with two wrong proposals that leave an update out and that nobody attests to.
 */
export async function playEveryEnding(task: PlayedTask): Promise<void> {
  const everyone = await task.commitAll();
  await task.close();
  const first = await task.propose(everyone);
  await task.attest(first.proposal);
  task.lanes = first.model;

  await task.commitAll(1);
  const { chain } = task.fixture.participants[0]!;
  const { firstHead } = foldTask(await chain.history(task.taskId));
  await chain.send({ kind: "leave", taskId: task.taskId, first: firstHead });
  await task.close();

  const third = await task.commitAll();
  await task.close();
  await task.reassign();
  const late = await task.propose(third);
  await task.attest(late.proposal);
  task.lanes = late.model;

  const fourth = await task.commitAll();
  await task.close();
  task.store.blobs.delete(fourth[0]!.contentId);
  const partial = await task.propose(fourth, { excluded: [fourth[0]!.slot] });
  await task.attest(partial.proposal);
  task.lanes = partial.model;

  await task.commitAll();
  await task.close();
  for (let attempt = 0; attempt < 2; attempt++) await task.reassign();

  const sixth = await task.commitAll();
  await task.close();
  for (let attempt = 0; attempt < 2; attempt++) {
    await task.propose(sixth, { excluded: [sixth[0]!.slot], lie: (honest) => honest.map((lane) => lane + 1) });
    await task.reassign();
  }
}

/** Whether a commitment was refused because its sender is not drawn or has no place; any other refusal is thrown on. */
function isUndrawn(error: unknown): boolean {
  const name = error instanceof FedledgerError ? error.data.error : undefined;
  if (name === "NotDrawn" || name === "NotEnrolled") return true;
  throw error;
}
