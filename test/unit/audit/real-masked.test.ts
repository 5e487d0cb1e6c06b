import { expect } from "chai";
import { auditOf } from "../../support/history/audit-of.ts";
import { type PlayedMasked, startPlayedMasked } from "../../support/played/played-masked.ts";

describe("the audit of a masked and restricted task that real contracts wrote", function () {
  this.timeout(120_000);
  let task: PlayedMasked;

  before(async () => {
    task = await startPlayedMasked();
  });
  after(() => task?.fixture.close());

  it("finds nothing wrong in keys, dropouts, openings and what was said of those who enrolled", async () => {
    const lanes = await task.play();
    const { chainId, federation, recoverSigner } = task.reader;
    const events = await task.reader.history(task.taskId, { detail: true });
    const storedState = await task.reader.storedState(task.taskId);
    const members = await task.reader.members();
    expect(members.find(({ account }) => account === task.fixture.participants[1]!.account)!.attributes).to.deep.equal({
      ...{ organisation: "Klinik B", region: "EU", clearance: 2 },
    });
    const attributeChanges = await task.reader.attributeChanges();
    const input = { chainId, federation, recoverSigner, events, storedState, attributeChanges, store: task.store };
    const report = await auditOf(input);
    expect(report.findings).to.deep.equal([]);
    expect(report.rounds.map(({ verdict }) => verdict)).to.deep.equal(["verified", "verified", "invalid"]);
    expect(report.exitCode).to.equal(0);
    expect(report.finalModelLanes).to.deep.equal(lanes);
    const opened = events.flatMap((event) => (event.name === "Proposed" ? [event.openings] : []));
    expect(opened.map((openings) => String(openings).length)).to.deep.equal([2 + 64 * 5, 2 + 64 * 5]);
  });
});
