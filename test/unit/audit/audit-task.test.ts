import { expect } from "chai";
import { auditOf } from "../../support/audit-of.ts";
import { buildHistory } from "../../support/history-builder.ts";

describe("auditTask on true histories", () => {
  it("verifies every round of a clean history", async () => {
    const report = await auditOf(await buildHistory({ rounds: 4, members: 5 }));
    expect(report.findings).to.deep.equal([]);
    expect(report.exitCode).to.equal(0);
    expect(report.rounds.map(({ verdict }) => verdict)).to.deep.equal(Array(4).fill("verified"));
    expect(report.complete).to.equal(true);
    expect(report.finalModelLanes).to.have.length(151);
    expect(report.totals).to.include({ finalized: 4, updates: 20, bytesChecked: 4 * (5 + 1) * 151 * 4 });
  });
});
