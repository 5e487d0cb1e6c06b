import { expect } from "chai";
import { auditOf } from "../../support/audit-of.ts";
import { type PlayedPipeline, startPlayedPipeline } from "../../support/played-pipeline.ts";

describe("the audit of a pipelined task with holders that real contracts wrote", function () {
  this.timeout(60_000);
  let task: PlayedPipeline;

  before(async () => {
    task = await startPlayedPipeline();
  });
  after(() => task?.fixture.close());

  async function audit(change: Partial<Parameters<typeof auditOf>[0]> = {}) {
    const { chainId, federation, recoverSigner } = task.reader;
    const events = await task.reader.history(task.taskId, { detail: true });
    const storedState = await task.reader.storedState(task.taskId);
    return auditOf({ chainId, federation, recoverSigner, events, storedState, store: task.store, ...change });
  }

  it("finds nothing wrong in batches, words, an update that nobody held, and rounds in flight together", async () => {
    const lanes = await task.play();
    const report = await audit();
    expect(report.findings).to.deep.equal([]);
    expect(report.rounds.map(({ verdict }) => verdict)).to.deep.equal(["verified", "verified", "verified", "pending"]);
    expect(report.rounds[0]!.updates.map(({ excluded }) => excluded)).to.deep.equal([true, false, false, false, false]);
    expect(report.exitCode).to.equal(0);
    expect(report.finalModelLanes).to.deep.equal(lanes);
  });

  it("does not call it fine without the words, or with one that another signed", async () => {
    const events = await task.reader.history(task.taskId);
    const without = await audit({ events });
    expect(without.exitCode).to.equal(4);
    expect(new Set(without.findings.map(({ code }) => code))).to.deep.equal(new Set(["AVAILABILITY_UNCHECKED"]));
    const detailed = await task.reader.history(task.taskId, { detail: true });
    const forged = detailed.map((event) =>
      event.name === "Proposed"
        ? { ...event, words: event.words!.map((word, i) => (i === 0 ? { ...word, slots: 1n } : word)) }
        : event,
    );
    expect((await audit({ events: forged })).findings.map(({ code }) => code)).to.include("AVAILABILITY_WRONG");
  });
});
