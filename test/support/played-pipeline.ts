import { expect } from "chai";
import { weightedMean } from "../../node/aggregation/index.ts";
import { chunkTreeRoot } from "../../node/core/chunk-tree.ts";
import { proposalHash, updateRootOf } from "../../node/core/commitment.ts";
import { foldTask } from "../../node/core/fold-task.ts";
import { initialLanes } from "../../node/core/initial-model.ts";
import { modelLayout } from "../../node/core/model-layout.ts";
import type { Attestation, Availability, Commitment, Proposal, SignedCommitment } from "../../node/core/records.ts";
import { canonicalTaskSpec } from "../../node/core/task-spec.ts";
import type { ChainReader } from "../../node/ports/index.ts";
import { type FederationFixture, startFederation } from "./federation-fixture.ts";
import { honestUpdate, memoryBlobs, putInto } from "./history-writer.ts";

const model = { kind: "linear-regression", inputs: 99, output: { kind: "numbers", count: 1 } } as const;
const { parameterCount } = modelLayout(model);
const clipLanes = 1 << 20;
const spec = canonicalTaskSpec({
  format: "fedledger/task/1",
  name: "pipeline",
  model,
  initialSeed: 3,
  training: { objective: "fedavg", epochs: 1, batchSize: 8, learningRate: 0.1 },
  data: {},
});
const ascending =
  <Each>(of: (each: Each) => string) =>
  (a: Each, b: Each) =>
    of(a).toLowerCase() < of(b).toLowerCase() ? -1 : 1;

type Update = Commitment & { readonly lanes: Int32Array };

/** A pipelined task with holders on a real chain. */
export interface PlayedPipeline {
  readonly fixture: FederationFixture;
  readonly reader: ChainReader;
  readonly taskId: number;
  readonly store: ReturnType<typeof memoryBlobs>;
  /**
   * Plays four rounds: commitments in batches; in rounds 1 and 3 an update that nobody says to hold is left out; rounds 2 and 4 open on
   * the proposals before them; rounds 1 and 2 are attested, round 3 becomes final by time, round 4 is left closed. Returns the
   * last final model.
   */
  play(): Promise<Int32Array>;
}

/** Starts a chain with five participants, two aggregators and the task. */
export async function startPlayedPipeline(): Promise<PlayedPipeline> {
  const store = memoryBlobs();
  const put = putInto(store);
  const fixture = await startFederation({ participants: 5, aggregators: 2, register: false });
  const reader = await fixture.reader();
  const rules = { parameterCount, clipLanes, minUpdates: 4, maxUpdates: 5, holders: 2, pipelined: true, rounds: 4 };
  const modelRoot = chunkTreeRoot(initialLanes({ model, initialSeed: 3 }, 16));
  const taskId = await fixture.createTask({ rules, modelRoot, spec });

  const viewNow = async () => foldTask(await reader.history(taskId));

  /** Opens a round; all commit in one transaction that the admin sends. */
  async function commitAll(round: number, baseModelRoot: Commitment["updateRoot"]): Promise<readonly Update[]> {
    await fixture.admin.chain.send({ kind: "openRound", taskId });
    const lanesOf = new Map<string, Int32Array>();
    const signed: SignedCommitment[] = [];
    for (const [member, { chain, account }] of fixture.participants.entries()) {
      const lanes = honestUpdate({ parameterCount, clipLanes }, member, round);
      lanesOf.set(account, lanes);
      const updateRoot = updateRootOf(account, chunkTreeRoot(lanes));
      const body = {
        taskId,
        round,
        participant: account,
        baseModelRoot,
        weight: member + 1,
        updateRoot,
        contentId: await put(lanes),
      };
      signed.push({ ...body, signature: await chain.signRecord({ type: "commitment", ...body }) });
    }
    await fixture.admin.chain.send({ kind: "commitBatch", taskId, round, signed });
    await fixture.admin.chain.send({ kind: "closeRound", taskId, round });
    const { commitments } = (await viewNow()).rounds[round - 1]!;
    return commitments.map((commitment) => ({ ...commitment, lanes: lanesOf.get(commitment.participant)! }));
  }

  /** Proposes the mean of all but the updates left out, which nobody says to hold. */
  async function propose(round: number, base: Int32Array, updates: readonly Update[], out: readonly Update[] = []) {
    const closed = (await reader.history(taskId)).findLast((event) => event.name === "RoundClosed")!;
    if (closed.name !== "RoundClosed") expect.fail();
    const { accumulator } = closed;
    const included = updates.filter((update) => !out.includes(update));
    const bits = (of: readonly Update[]) => of.reduce((all, { slot }) => all | (1n << BigInt(slot)), 0n);
    const words: Availability[] = [];
    for (const { chain, account } of fixture.participants) {
      const word = { taskId, round, accumulator, slots: bits(included), holder: account };
      words.push({ ...word, signature: await chain.signRecord({ type: "availability", ...word }) });
    }
    words.sort(ascending(({ holder }) => holder));
    const lanes = weightedMean({ base, updates: included, serverRateQ16: 1 << 16 });
    const { attempt, aggregator } = (await viewNow()).rounds[round - 1]!.assignment!;
    const totalWeight = included.reduce((sum, { weight }) => sum + BigInt(weight), 0n);
    const modelRoot = chunkTreeRoot(lanes);
    const proposal: Proposal = {
      attempt,
      aggregator,
      modelRoot,
      contentId: await put(lanes),
      totalWeight,
      excluded: bits(out),
    };
    const { chain } = fixture.aggregators.find(({ account }) => account === aggregator)!;
    await chain.send({ kind: "propose", taskId, round, proposal, words });
    return { proposal, lanes };
  }

  async function attest(round: number, proposal: Proposal): Promise<void> {
    const hash = proposalHash(taskId, round, proposal);
    const evaluation = { samples: 5, metricQ24: -(1n << 23n), lossQ24: 1n << 24n };
    const attestations: Attestation[] = [];
    for (const { chain, account } of fixture.participants) {
      const signature = await chain.signAttestation(taskId, round, hash, evaluation);
      attestations.push({ taskId, round, proposalHash: hash, attester: account, evaluation, signature });
    }
    attestations.sort(ascending(({ attester }) => attester));
    await fixture.admin.chain.send({ kind: "finalize", taskId, round, proposal, attestations });
  }

  async function play(): Promise<Int32Array> {
    const initial = initialLanes({ model, initialSeed: 3 }, 16);
    const first = await commitAll(1, chunkTreeRoot(initial));
    const one = await propose(1, initial, first, first.slice(0, 1));
    const second = await commitAll(2, one.proposal.modelRoot);
    const two = await propose(2, one.lanes, second);
    await attest(1, one.proposal);
    await attest(2, two.proposal);
    const third = await commitAll(3, two.proposal.modelRoot);
    const three = await propose(3, two.lanes, third, third.slice(2, 3));
    await commitAll(4, three.proposal.modelRoot);
    await fixture.chain.increaseTime(61);
    await fixture.admin.chain.send({ kind: "finalizeUnchallenged", taskId, round: 3, proposal: three.proposal });
    return three.lanes;
  }

  return { fixture, reader, taskId, store, play };
}
