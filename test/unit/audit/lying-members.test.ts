import { expect } from "chai";
import { auditOf } from "../../support/history/audit-of.ts";
import { accountOf, buildHistory, honestUpdate } from "../../support/history/history-builder.ts";
import { commitmentOf, line, proposed, told } from "../../support/history/history-queries.ts";

describe("the audit of members who lie within the contract's rules", () => {
  it("a wrong aggregate: a violation naming the aggregator and the first wrong chunk, in its round alone", async () => {
    const history = await buildHistory({
      rounds: 4,
      scripts: { 2: { model: (honest) => honest.map((lane, i) => (i >= 130 ? lane + 1 : lane)) } },
    });
    const report = await auditOf(history);
    expect(told(report)).to.deep.equal([line("AGGREGATE_WRONG", "violation", 2, proposed(history, 2).aggregator)]);
    expect(report.findings[0]!.chunk).to.equal(2);
    expect(report.findings[0]!.data.lane).to.equal(130);
    expect(report.rounds.map(({ verdict }) => verdict)).to.deep.equal([
      "verified",
      "violation",
      "verified",
      "verified",
    ]);
    expect(report.exitCode).to.equal(3);
    expect(report.finalModelLanes).to.have.length(151);
  });

  it("a wrong aggregate whose bytes are withheld: a violation all the same; the next round cannot start", async () => {
    const history = await buildHistory({
      rounds: 4,
      scripts: { 2: { model: (honest) => honest.map((lane) => lane + 1) } },
    });
    const { aggregator, contentId } = proposed(history, 2);
    history.store.blobs.delete(contentId);
    const report = await auditOf(history);
    expect(told(report)).to.deep.equal([
      line("AGGREGATE_WRONG", "violation", 2, aggregator),
      line("MODEL_MISSING", "unchecked", 2, aggregator),
      line("MODEL_MISSING", "unchecked", 3, undefined),
    ]);
    expect(report.findings[0]).to.not.have.property("chunk");
    expect(report.rounds.map(({ verdict }) => verdict)).to.deep.equal([
      "verified",
      "violation",
      "unchecked",
      "verified",
    ]);
    expect(report.exitCode).to.equal(3);
  });

  it("an aggregator that weighs an update otherwise than committed: a wrong aggregate", async () => {
    const history = await buildHistory({ rounds: 1 });
    const heavier = await buildHistory({
      rounds: 1,
      scripts: { 1: { weight: (member) => (member === 0 ? 2 : member + 1) } },
    });
    const { contentId, modelRoot } = proposed(heavier, 1);
    const lying = await buildHistory({
      rounds: 1,
      scripts: { 1: { proposal: (honest) => ({ ...honest, contentId, modelRoot }) } },
    });
    lying.store.blobs.set(contentId, heavier.store.blobs.get(contentId)!);
    const report = await auditOf(lying);
    expect(told(report)).to.deep.equal([line("AGGREGATE_WRONG", "violation", 1, proposed(history, 1).aggregator)]);
    expect(report.findings[0]!.chunk).to.equal(0);
  });

  it("a total weight that is not that of the included updates", async () => {
    const history = await buildHistory({
      scripts: { 2: { exclude: [0], proposal: (honest) => ({ ...honest, totalWeight: honest.totalWeight - 1n }) } },
    });
    history.store.blobs.delete(commitmentOf(history, 2, 0).contentId);
    const report = await auditOf(history);
    expect(told(report)).to.deep.equal([line("TOTAL_WEIGHT_WRONG", "violation", 2, proposed(history, 2).aggregator)]);
  });

  it("a weight beyond the task's: a violation by the participant, once", async () => {
    const history = await buildHistory({ scripts: { 3: { weight: (member) => (member === 2 ? 1001 : 1) } } });
    const report = await auditOf(history);
    expect(told(report)).to.deep.equal([
      line("WEIGHT_OUT_OF_RANGE", "violation", 3, history.members[2]),
      line("INCLUSION_UNJUSTIFIED", "violation", 3, proposed(history, 3).aggregator),
    ]);
  });

  it("a proposal by an account without the role", async () => {
    const stranger = accountOf("stranger");
    const history = await buildHistory({
      scripts: { 2: { proposal: (honest) => ({ ...honest, aggregator: stranger }) } },
    });
    const report = await auditOf(history);
    expect(told(report)).to.deep.equal([line("PROPOSER_NOT_ASSIGNED", "violation", 2, stranger)]);
    expect(report.exitCode).to.equal(3);
  });

  it("an update of an earlier round, replayed by its maker or by another", async () => {
    for (const from of [1, 0]) {
      const history = await buildHistory({
        scripts: { 3: { update: (member, honest) => (member === 1 ? earlier(from, 1, honest.length) : honest) } },
      });
      const report = await auditOf(history);
      expect(told(report)).to.deep.equal([line("UPDATE_REPLAYED", "violation", 3, history.members[1])]);
      expect(report.findings[0]!.data).to.include({ fromRound: 1, from: history.members[from] });
      expect(report.exitCode).to.equal(3);
    }
  });

  it("an update copied from another participant of the same round: no party is named, who copied may have been first", async () => {
    const history = await buildHistory({
      scripts: { 2: { update: (member, honest) => (member === 3 ? earlier(0, 2, honest.length) : honest) } },
    });
    const report = await auditOf(history);
    expect(told(report)).to.deep.equal([line("UPDATE_COPIED", "violation", 2, undefined)]);
    expect(report.findings[0]!.data).to.include({ first: history.members[0], second: history.members[3] });
  });

  it("a lane beyond the clip: a violation by the participant, naming the chunk, and by the aggregator that took it", async () => {
    for (const [lane, value] of [
      [149, 100_001],
      [64, -(2 ** 31)],
    ] as const) {
      const update = (member: number, honest: Int32Array) =>
        member === 0 ? honest.map((each, i) => (i === lane ? value : each)) : honest;
      const history = await buildHistory({ scripts: { 2: { update } } });
      const report = await auditOf(history);
      expect(told(report)).to.deep.equal([
        line("UPDATE_OUT_OF_BOUNDS", "violation", 2, history.members[0]),
        line("INCLUSION_UNJUSTIFIED", "violation", 2, proposed(history, 2).aggregator),
      ]);
      expect(report.findings[0]!.chunk).to.equal(Math.floor(lane / 64));
      expect(report.rounds[2]!.verdict).to.equal("verified");
    }
  });

  it("an update out of bounds that was left out for it: verified", async () => {
    const update = (member: number, honest: Int32Array) => (member === 0 ? honest.fill(100_001) : honest);
    const report = await auditOf(await buildHistory({ scripts: { 2: { update, exclude: [0] } } }));
    expect(report.exitCode).to.equal(0);
    expect(report.rounds[1]!.updates[0]).to.include({ excluded: true, status: "invalid" });
  });

  it("an update left out that is here and valid: unchecked, as nobody can say whether it was then", async () => {
    const history = await buildHistory({ scripts: { 2: { exclude: [1] } } });
    const report = await auditOf(history);
    expect(told(report)).to.deep.equal([
      line("EXCLUSION_UNJUSTIFIED", "unchecked", 2, proposed(history, 2).aggregator),
    ]);
    expect(report.exitCode).to.equal(4);
  });

  it("an update of another model's size: a violation by the participant", async () => {
    const history = await buildHistory({ rounds: 1 });
    const small = await buildHistory({ rounds: 1, inputs: 20 });
    const { updateRoot, contentId } = commitmentOf(small, 1, 0);
    const lying = await buildHistory({
      rounds: 1,
      scripts: {
        1: { commitment: (member, honest) => (member === 0 ? { ...honest, updateRoot, contentId } : honest) },
      },
    });
    lying.store.blobs.set(contentId, small.store.blobs.get(contentId)!);
    const report = await auditOf(lying);
    expect(told(report)[0]).to.deep.equal(line("UPDATE_BYTES_DIFFER", "violation", 1, history.members[0]));
  });
});

function earlier(member: number, round: number, parameterCount: number): Int32Array {
  return honestUpdate({ parameterCount, clipLanes: 100_000 }, member, round);
}
