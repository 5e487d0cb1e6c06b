import { expect } from "chai";
import type { Address } from "../../../node/core/ids.ts";
import type { AttributeChange, Attributes } from "../../../node/core/records.ts";
import { auditOf } from "../../support/audit-of.ts";
import { buildHistory } from "../../support/history-builder.ts";

const access = { organisations: ["North"], regions: [], clearance: 2 };
const fits: Attributes = { organisation: "North", region: "EU", clearance: 2 };
const task = { rounds: 1, members: 3, access };

function said(account: Address, attributes: Attributes, blockNumber = 0, logIndex = 0): AttributeChange {
  return { account, attributes, blockNumber, logIndex };
}

describe("audit of a restricted task", () => {
  it("is clean where all who enrolled were eligible then, whatever was said later", async () => {
    const history = await buildHistory(task);
    const before = history.members.map((account) => said(account, fits));
    const later = history.members.map((account) => said(account, { ...fits, clearance: 0 }, 1_000_000));
    const report = await auditOf({ ...history, attributeChanges: [...before, ...later] });
    expect(report.findings).to.deep.equal([]);
    expect(report.verdict).to.equal("verified");
  });

  it("names who was not: never set, set to something else, taken back before, or set behind", async () => {
    const history = await buildHistory({ ...task, members: 5 });
    const [never, other, taken, late, right] = history.members as [Address, Address, Address, Address, Address];
    const enrolled = history.events.findLast((event) => event.name === "Enrolled")!;
    const attributeChanges = [
      said(other, { ...fits, organisation: "South" }),
      said(taken, fits),
      said(taken, { ...fits, clearance: 1 }, 0, 1),
      said(right, fits),
      said(late, fits, enrolled.blockNumber, enrolled.logIndex + 1),
    ];
    const { findings, exitCode } = await auditOf({ ...history, attributeChanges });
    expect(findings.map(({ code, severity, party }) => [code, severity, party])).to.deep.equal(
      [never, other, taken, late].map((party) => ["PARTICIPANT_NOT_ELIGIBLE", "violation", party]),
    );
    expect(exitCode).to.equal(3);
  });

  it("calls it unchecked without the attributes", async () => {
    const { findings, verdict } = await auditOf(await buildHistory(task));
    expect(findings.map(({ code, severity }) => `${code} ${severity}`)).to.deep.equal(
      Array(3).fill("PARTICIPANT_NOT_ELIGIBLE unchecked"),
    );
    expect(verdict).to.equal("unchecked");
  });

  it("asks nothing of a task that is open to all", async () => {
    const report = await auditOf(await buildHistory({ rounds: 1, members: 3 }));
    expect(report.findings).to.deep.equal([]);
  });
});
