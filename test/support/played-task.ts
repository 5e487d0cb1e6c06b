import { weightedMean } from "../../node/aggregation/index.ts";
import { chunkTreeRoot } from "../../node/core/chunk-tree.ts";
import { proposalHash, updateRootOf } from "../../node/core/commitment.ts";
import { FedledgerError } from "../../node/core/error.ts";
import type { Address, TaskId } from "../../node/core/ids.ts";
import { initialLanes } from "../../node/core/initial-model.ts";
import { modelLayout } from "../../node/core/model-layout.ts";
import type { Attestation, Commitment, Proposal } from "../../node/core/records.ts";
import type { TaskEvent } from "../../node/core/task-events.ts";
import { canonicalTaskSpec } from "../../node/core/task-spec.ts";
import type { ChainReader } from "../../node/ports/index.ts";
import { type FederationFixture, type FixtureMember, startFederation } from "./federation-fixture.ts";
import { honestUpdate, memoryBlobs, putInto } from "./history-writer.ts";

const model = { kind: "linear-regression", inputs: 99, output: { kind: "numbers", count: 1 } } as const;
const spec = canonicalTaskSpec({
  format: "fedledger/task/1",
  name: "real",
  model,
  initialSeed: 3,
  training: { objective: "fedavg", epochs: 1, batchSize: 8, learningRate: 0.1 },
  data: {},
});
const { parameterCount } = modelLayout(model);

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
  readonly store: ReturnType<typeof memoryBlobs>;
  /** The model that the next round starts from; set it after a final proposal. */
  lanes: Int32Array;
  /** The newest event of this name. */
  latest<Name extends TaskEvent["name"]>(name: Name): Promise<Extract<TaskEvent, { name: Name }>>;
  /** Opens a round and lets so many of the drawn commit. */
  commitAll(most?: number): Promise<readonly PlayedUpdate[]>;
  /** Closes the running round after its deadline. */
  close(): Promise<void>;
  /** The assigned aggregator proposes the mean of these updates, or what `lie` makes of it. */
  propose(committed: readonly PlayedUpdate[], options?: ProposeOptions): Promise<Proposed>;
  /** All participants but the first attest, and the proposal becomes final. */
  attest(proposal: Proposal): Promise<void>;
  /** Has the next aggregator assigned after the deadline, or the round invalidated. */
  reassign(): Promise<void>;
  /** Makes a proposal final after its challenge window. */
  finalizeUnchallenged(proposal: Proposal): Promise<void>;
  endWindow(): Promise<void>;
}

/** Which slots a proposal leaves out, and what it makes of the honest model. */
export interface ProposeOptions {
  readonly excluded?: readonly number[];
  readonly lie?: (honest: Int32Array) => Int32Array;
}

/** A proposal on record, and its model. */
export interface Proposed {
  readonly proposal: Proposal;
  readonly model: Int32Array;
}

/** Starts a chain with six participants, two aggregators and a task of eight rounds that draws four of six. */
export async function startPlayedTask(): Promise<PlayedTask> {
  const fixture = await startFederation({ participants: 6, aggregators: 2, register: false });
  const reader = await fixture.reader();
  const lanes = initialLanes({ model, initialSeed: 3 }, 16);
  const rules = { parameterCount, rounds: 8, participationBps: 6000, attempts: 2, roundsPerParticipant: 6 };
  const taskId = await fixture.createTask({ rules, modelRoot: chunkTreeRoot(lanes), spec });
  const store = memoryBlobs();
  const put = putInto(store);
  const admin = fixture.admin.chain;
  const members = [...fixture.participants, ...fixture.aggregators];
  const owner = (account: Address): FixtureMember =>
    members.find((each) => each.account.toLowerCase() === account.toLowerCase())!;
  const round = async () => (await task.latest("RoundOpened")).round;

  const task: PlayedTask = {
    fixture,
    reader,
    taskId,
    store,
    lanes,
    async latest<Name extends TaskEvent["name"]>(name: Name) {
      const found = (await reader.history(taskId)).findLast((event) => event.name === name);
      return found as Extract<TaskEvent, { name: Name }>;
    },
    async commitAll(most = Number.POSITIVE_INFINITY) {
      await admin.send({ kind: "openRound", taskId });
      const number = await round();
      const committed: PlayedUpdate[] = [];
      const baseModelRoot = chunkTreeRoot(task.lanes);
      for (const [index, { chain, account }] of fixture.participants.entries()) {
        if (committed.length >= most) break;
        const update = honestUpdate({ parameterCount, clipLanes: 1 << 20 }, index, number);
        const contentId = await put(update);
        const call = {
          baseModelRoot,
          updateRoot: updateRootOf(account, chunkTreeRoot(update)),
          contentId,
          weight: index + 1,
        };
        const refused = await chain
          .send({ kind: "commit", taskId, round: number, ...call })
          .then(() => false, isUndrawn);
        if (!refused) committed.push({ ...(await task.latest("Committed")), lanes: update });
      }
      return committed;
    },
    async close() {
      await task.endWindow();
      await admin.send({ kind: "closeRound", taskId, round: await round() });
    },
    async propose(committed, { excluded = [], lie = (honest: Int32Array) => honest } = {}) {
      const { attempt, aggregator } = await task.latest("AggregatorAssigned");
      const included = committed.filter(({ slot }) => !excluded.includes(slot));
      const model = lie(weightedMean({ base: task.lanes, updates: included, serverRateQ16: 65536 }));
      const proposal: Proposal = {
        attempt,
        aggregator,
        modelRoot: chunkTreeRoot(model),
        contentId: await put(model),
        totalWeight: included.reduce((sum, { weight }) => sum + BigInt(weight), 0n),
        excluded: excluded.reduce((bits, slot) => bits | (1n << BigInt(slot)), 0n),
      };
      await owner(aggregator).chain.send({ kind: "propose", taskId, round: await round(), proposal });
      return { proposal, model };
    },
    async attest(proposal) {
      const number = await round();
      const hash = proposalHash(taskId, number, proposal);
      const evaluation = { samples: 5, metricQ24: -(1n << 23n), lossQ24: 1n << 24n };
      const attestations: Attestation[] = [];
      for (const { chain, account } of fixture.participants.slice(1)) {
        const signature = await chain.signAttestation(taskId, number, hash, evaluation);
        attestations.push({ taskId, round: number, proposalHash: hash, attester: account, evaluation, signature });
      }
      attestations.sort((a, b) => (a.attester.toLowerCase() < b.attester.toLowerCase() ? -1 : 1));
      await admin.send({ kind: "finalize", taskId, round: number, proposal, attestations });
    },
    async reassign() {
      await task.endWindow();
      await admin.send({ kind: "reassign", taskId, round: await round() });
    },
    async finalizeUnchallenged(proposal) {
      await task.endWindow();
      await admin.send({ kind: "finalizeUnchallenged", taskId, round: await round(), proposal });
    },
    endWindow: () => fixture.chain.increaseTime(playedWindowS + 1).then(() => undefined),
  };
  return task;
}

/**
 * Plays six rounds, each with another end: attested, invalidated with too few updates (and a participant leaves), unchallenged after
 * an aggregator slept, attested without the first update (whose bytes are gone), invalidated without a proposal, and
 * invalidated after two wrong proposals that leave an update out.
 */
export async function playEveryEnding(task: PlayedTask): Promise<void> {
  const everyone = await task.commitAll();
  await task.close();
  const first = await task.propose(everyone);
  await task.attest(first.proposal);
  task.lanes = first.model;

  await task.commitAll(1);
  await task.fixture.participants[0]!.chain.send({ kind: "leaveTask", taskId: task.taskId });
  await task.close();

  const third = await task.commitAll();
  await task.close();
  await task.reassign();
  const late = await task.propose(third);
  await task.finalizeUnchallenged(late.proposal);
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
