import { expect } from "chai";
import { weightedMean } from "../../../node/aggregation/index.ts";
import { buildReceipt, type ProposedRound, proveChunk, verifyReceipt } from "../../../node/audit/index.ts";
import { createChunkTree } from "../../../node/core/bytes/chunk-tree.ts";
import { foldTask } from "../../../node/core/record/fold-task.ts";
import { auditOf } from "../../support/history/audit-of.ts";
import { type PlayedTask, playEveryEnding, playedWindowS, startPlayedTask } from "../../support/played/played-task.ts";

describe("the audit of a history that real contracts wrote", function () {
  this.timeout(60_000);
  let task: PlayedTask;

  before(async () => {
    task = await startPlayedTask();
  });
  after(async () => {
    await task?.fixture.close();
  });

  const events = () => task.reader.history(task.taskId, { detail: true });
  async function audit() {
    return auditOf({
      chainId: task.reader.chainId,
      federation: task.reader.federation,
      events: await events(),
      storedState: await task.reader.storedState(task.taskId),
      attributeChanges: await task.reader.attributeChanges(),
      recoverSigner: task.reader.recoverSigner,
      nowS: (await task.reader.head()).timestampS,
      store: task.store,
    });
  }

  it("finds nothing wrong in it, whichever way its rounds end", async () => {
    await playEveryEnding(task);
    const ends = (await events()).filter(({ name }) => name === "RoundInvalid");
    expect(ends.map((end) => end.name === "RoundInvalid" && end.reason)).to.deep.equal([
      "too-few-updates",
      "no-proposal",
      "not-attested",
    ]);

    const report = await audit();
    expect(report.findings).to.deep.equal([]);
    expect(report.exitCode).to.equal(0);
    expect(report.rounds.map(({ verdict }) => verdict)).to.deep.equal([
      "verified",
      "invalid",
      "verified",
      "verified",
      "invalid",
      "invalid",
    ]);
    expect(report.rounds[5]!.superseded).to.have.length(2);
    expect(report.rounds[3]!.updates[0]).to.include({ excluded: true, status: "missing" });
    expect(report.rounds[0]!.gas!.commit).to.be.above(30_000);
    expect(report.rounds[0]!.durationS).to.be.at.least(playedWindowS);
    expect(report.finalModelLanes).to.deep.equal(task.lanes);
  });

  it("proves an update to anyone who reads the contract's head", async () => {
    const { reader, taskId } = task;
    const { chainId, federation } = reader;
    const { historyHead } = await reader.storedState(taskId);
    const [commitment] = (await events()).filter((event) => event.name === "Committed" && event.round === 3);
    if (commitment?.name !== "Committed") expect.fail();
    const { participant } = commitment;
    const receipt = buildReceipt({ chainId, federation, events: await events(), round: 3, participant });
    const trusted = { chainId, federation, taskId, historyHead };
    expect(verifyReceipt(JSON.parse(JSON.stringify(receipt)), trusted)).to.include({ valid: true, included: true });
  });

  it("finds a lie that a quorum accepted, says that it can still be proven, and is clean once it is", async () => {
    const { reader, taskId, fixture } = task;
    const committed = await task.commitAll();
    await task.close();
    const base = task.lanes;
    const { proposal, model } = await task.propose(committed, { lie: (honest) => honest.fill(9, 80) });
    await task.attest(proposal);
    const report = await audit();
    expect(report.exitCode).to.equal(3);
    expect(report.findings.map(({ code, round, chunk }) => [code, round, chunk])).to.deep.equal([
      ["AGGREGATE_WRONG", 7, 1],
    ]);
    expect(report.findings[0]!.party).to.equal(proposal.aggregator);
    expect(report.findings[0]!.message).to.match(/can still be proven, until 2\d{3}-/);

    const view = foldTask(await reader.history(taskId));
    const { rules } = view;
    const round = view.rounds.at(-1) as ProposedRound;
    const recomputed = weightedMean({ base, updates: committed, serverRateQ16: rules.serverRateQ16 });
    const lengthBytes = 4 * rules.parameterCount;
    const call = await proveChunk({
      ...{ taskId, rules, round, baseLanes: base, recomputed, proposed: createChunkTree(model) },
      getUpdate: ({ contentId }) => task.store.get(contentId, { lengthBytes }),
    });
    await fixture.admin.chain.send(call!);
    const proven = await audit();
    expect(proven.findings).to.deep.equal([]);
    expect(proven.exitCode).to.equal(0);
    expect(proven.rounds[6]).to.deep.include({ verdict: "void", right: false });
    expect(proven.rounds[6]!.strike).to.deep.include({ kind: "wrong-chunk", index: 1 });
    expect(proven.finalModelLanes).to.deep.equal(base);
    expect(proven.expelled.map(({ account }) => account.toLowerCase())).to.deep.equal(
      [proposal.aggregator, ...round.result!.attesters].map((account) => account.toLowerCase()),
    );
  });
});
