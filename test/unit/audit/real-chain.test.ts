import { expect } from "chai";
import { weightedMean } from "../../../node/aggregation/index.ts";
import { buildReceipt, verifyReceipt } from "../../../node/audit/index.ts";
import { chunkTreeRoot } from "../../../node/core/chunk-tree.ts";
import { proposalHash } from "../../../node/core/commitment.ts";
import { initialLanes } from "../../../node/core/initial-model.ts";
import { modelLayout } from "../../../node/core/model-layout.ts";
import type { Attestation, Commitment, Proposal, TaskEvent } from "../../../node/core/records.ts";
import { canonicalTaskSpec } from "../../../node/core/task-spec.ts";
import type { ChainReader } from "../../../node/ports/index.ts";
import { auditOf } from "../../support/audit-of.ts";
import { type FederationFixture, type FixtureMember, startFederation } from "../../support/federation-fixture.ts";
import { honestUpdate, memoryBlobs, putInto } from "../../support/history-writer.ts";

const model = { kind: "linear-regression", inputs: 99, output: { kind: "numbers", count: 1 } } as const;
const specification = canonicalTaskSpec({
  format: "fedledger/task/1",
  name: "real",
  model,
  initialSeed: 3,
  training: { objective: "fedavg", epochs: 1, batchSize: 8, learningRate: 0.1 },
  data: {},
});
const { parameterCount } = modelLayout(model);
const windowS = 60;

describe("the audit of a history that real contracts wrote", function () {
  this.timeout(60_000);
  let fixture: FederationFixture;
  let reader: ChainReader;
  let taskId: number;
  let lanes = initialLanes({ model, initialSeed: 3 }, 16);
  const store = memoryBlobs();
  const put = putInto(store);

  before(async () => {
    fixture = await startFederation({ participants: 6, aggregators: 2, register: false });
    reader = await fixture.reader();
    const rules = { parameterCount, rounds: 8, participationBps: 6000, attempts: 2, roundsPerParticipant: 6 };
    taskId = await fixture.createTask({ rules, modelRoot: chunkTreeRoot(lanes), spec: specification });
  });
  after(async () => {
    await fixture.close();
  });

  const events = () => reader.history(taskId, { detail: true });
  async function latest<Name extends TaskEvent["name"]>(name: Name) {
    const found = (await reader.history(taskId)).findLast((event) => event.name === name);
    return found as Extract<TaskEvent, { name: Name }>;
  }
  async function round(): Promise<number> {
    return (await latest("RoundOpened")).round;
  }
  const owner = (account: string): FixtureMember =>
    [...fixture.participants, ...fixture.aggregators].find(
      (each) => each.account.toLowerCase() === account.toLowerCase(),
    )!;

  /** Opens a round and lets so many of the drawn commit. */
  async function commitAll(most = Number.POSITIVE_INFINITY): Promise<readonly (Commitment & { lanes: Int32Array })[]> {
    await fixture.admin.chain.send({ kind: "openRound", taskId });
    const number = await round();
    const committed: (Commitment & { lanes: Int32Array })[] = [];
    const baseModelRoot = chunkTreeRoot(lanes);
    for (const [index, { account, chain }] of fixture.participants.entries()) {
      if (committed.length >= most) break;
      const update = honestUpdate({ parameterCount, clipLanes: 1 << 20 }, index, number);
      const contentId = await put(update);
      const call = { baseModelRoot, updateRoot: chunkTreeRoot(update), contentId, weight: index + 1 };
      const refused = await chain.send({ kind: "commit", taskId, round: number, ...call }).then(
        () => undefined,
        (error: { data?: { error?: string } }) => error.data?.error,
      );
      if (refused === undefined) committed.push({ ...(await latest("Committed")), lanes: update });
      else expect(refused, account).to.be.oneOf(["NotDrawn", "NotEnrolled"]);
    }
    return committed;
  }

  async function close(): Promise<void> {
    await fixture.chain.increaseTime(windowS + 1);
    await fixture.admin.chain.send({ kind: "closeRound", taskId, round: await round() });
  }

  /** The assigned aggregator proposes the mean of these updates, or what `lie` makes of it. */
  async function propose(
    committed: readonly (Commitment & { lanes: Int32Array })[],
    { excluded = [] as readonly number[], lie = (honest: Int32Array) => honest } = {},
  ): Promise<{ proposal: Proposal; model: Int32Array }> {
    const { attempt, aggregator } = await latest("AggregatorAssigned");
    const included = committed.filter(({ slot }) => !excluded.includes(slot));
    const model = lie(weightedMean({ base: lanes, updates: included, serverRateQ16: 65536 }));
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
  }

  async function attest(proposal: Proposal): Promise<void> {
    const number = await round();
    const hash = proposalHash(taskId, number, proposal);
    const evaluation = { samples: 5, metricQ24: 1n << 23n, lossQ24: 1n << 24n };
    const attestations: Attestation[] = [];
    for (const { chain, account } of fixture.participants.slice(1)) {
      const signature = await chain.signAttestation(taskId, number, hash, evaluation);
      attestations.push({ taskId, round: number, proposalHash: hash, attester: account, evaluation, signature });
    }
    attestations.sort((a, b) => (a.attester.toLowerCase() < b.attester.toLowerCase() ? -1 : 1));
    await fixture.admin.chain.send({ kind: "finalize", taskId, round: number, proposal, attestations });
  }

  async function audit() {
    return auditOf({
      chainId: reader.chainId,
      federation: reader.federation,
      events: await events(),
      storedState: await reader.storedState(taskId),
      store,
    });
  }

  it("finds nothing wrong in it, whichever way its rounds end", async () => {
    const everyone = await commitAll();
    await close();
    const first = await propose(everyone);
    await attest(first.proposal);
    lanes = first.model;

    const second = await commitAll(1);
    expect(second).to.have.length(1);
    await fixture.participants[0]!.chain.send({ kind: "leaveTask", taskId });
    await close();
    expect((await latest("RoundInvalidated")).reason).to.equal("too-few-updates");

    const third = await commitAll();
    await close();
    await fixture.chain.increaseTime(windowS + 1);
    await fixture.admin.chain.send({ kind: "reassign", taskId, round: await round() });
    const late = await propose(third);
    await fixture.chain.increaseTime(windowS + 1);
    await fixture.admin.chain.send({ kind: "finalizeUnchallenged", taskId, round: 3, proposal: late.proposal });
    lanes = late.model;

    const fourth = await commitAll();
    await close();
    store.blobs.delete(fourth[0]!.contentId);
    const partial = await propose(fourth, { excluded: [fourth[0]!.slot] });
    await attest(partial.proposal);
    lanes = partial.model;

    await commitAll();
    await close();
    for (let attempt = 0; attempt < 2; attempt++) {
      await fixture.chain.increaseTime(windowS + 1);
      await fixture.admin.chain.send({ kind: "reassign", taskId, round: 5 });
    }
    expect((await latest("RoundInvalidated")).reason).to.equal("no-proposal");

    const sixth = await commitAll();
    await close();
    for (let attempt = 0; attempt < 2; attempt++) {
      await propose(sixth, { excluded: [sixth[0]!.slot], lie: (honest) => honest.map((lane) => lane + 1) });
      await fixture.chain.increaseTime(windowS + 1);
      await fixture.admin.chain.send({ kind: "reassign", taskId, round: 6 });
    }
    expect((await latest("RoundInvalidated")).reason).to.equal("not-attested");

    const report = await audit();
    expect(report.findings).to.deep.equal([]);
    expect(report.exitCode).to.equal(0);
    expect(report.rounds.map(({ verdict }) => verdict)).to.deep.equal([
      "verified",
      "invalidated",
      "verified",
      "verified",
      "invalidated",
      "invalidated",
    ]);
    expect(report.rounds[5]!.superseded).to.have.length(2);
    expect(report.rounds[3]!.updates[0]).to.include({ excluded: true, status: "missing" });
    expect(report.rounds[0]!.gas!.commit).to.be.above(30_000);
    expect(report.rounds[0]!.durationS).to.be.at.least(windowS);
    expect(report.finalModelLanes).to.deep.equal(lanes);
  });

  it("proves an update to anyone who reads the contract's head", async () => {
    const { chainId, federation } = reader;
    const { historyHead } = await reader.storedState(taskId);
    const [commitment] = (await events()).filter((event) => event.name === "Committed" && event.round === 3);
    if (commitment?.name !== "Committed") expect.fail();
    const { participant } = commitment;
    const receipt = buildReceipt({ chainId, federation, events: await events(), round: 3, participant });
    const trusted = { chainId, federation, taskId, historyHead };
    expect(verifyReceipt(JSON.parse(JSON.stringify(receipt)), trusted)).to.include({ valid: true, included: true });
  });

  it("finds the aggregator that lied where nobody looked in time", async () => {
    const committed = await commitAll();
    await close();
    const { proposal, model } = await propose(committed, { lie: (honest) => honest.fill(9, 80) });
    await fixture.chain.increaseTime(windowS + 1);
    await fixture.admin.chain.send({ kind: "finalizeUnchallenged", taskId, round: 7, proposal });
    lanes = model;
    const report = await audit();
    expect(report.exitCode).to.equal(3);
    expect(report.findings.map(({ code, round, chunk }) => [code, round, chunk])).to.deep.equal([
      ["AGGREGATE_WRONG", 7, 1],
    ]);
    expect(report.findings[0]!.party).to.equal(proposal.aggregator);
  });
});
