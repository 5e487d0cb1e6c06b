import { expect } from "chai";
import type { Address } from "../../../node/core/ids.ts";
import type { AttributeChange, Attributes } from "../../../node/core/records.ts";
import { auditOf } from "../../support/history/audit-of.ts";
import { buildHistory, type History } from "../../support/history/history-builder.ts";

const access = { organisations: ["North"], regions: [], clearance: 2 };
const fits: Attributes = { organisation: "North", region: "EU", clearance: 2 };
const task = { rounds: 1, members: 3, access, attributes: () => fits };

function said(account: Address, attributes: Attributes, blockNumber = 0, logIndex = 0): AttributeChange {
  return { account, attributes, blockNumber, logIndex };
}

describe("audit of a restricted task", () => {
  const placed = ({ members, aggregators }: History) => [...members, ...aggregators];

  it("is clean where all who took a place were eligible then, whatever was said later", async () => {
    const history = await buildHistory(task);
    const before = placed(history).map((account) => said(account, fits));
    const later = placed(history).map((account) => said(account, { ...fits, clearance: 0 }, 1_000_000));
    const report = await auditOf({ ...history, attributeChanges: [...before, ...later] });
    expect(report.findings).to.deep.equal([]);
    expect(report.verdict).to.equal("verified");
  });

  it("names who was not, aggregators, too: set to something else, or taken back before", async () => {
    const other = { ...fits, organisation: "South" };
    const options = { ...task, members: 4 };
    const { members, aggregators } = await buildHistory(options);
    const [first, second] = [members[0]!, aggregators[1]!];
    const history = await buildHistory({
      ...options,
      attributes: (account) => (account === first ? other : account === second ? { ...fits, clearance: 1 } : fits),
    });
    const attributeChanges = [
      ...placed(history).map((account) => said(account, fits)),
      said(first, other, 0, 1),
      said(second, { ...fits, clearance: 1 }, 0, 1),
    ];
    const { findings, exitCode } = await auditOf({ ...history, attributeChanges });
    expect(findings.map(({ code, severity, party }) => [code, severity, party])).to.deep.equal(
      [first, second].map((party) => ["PARTICIPANT_NOT_ELIGIBLE", "violation", party]),
    );
    expect(exitCode).to.equal(3);
  });

  it("leaves unchecked whose attributes are not those that the history binds, for the source may lack them: never set, set behind, or otherwise", async () => {
    const history = await buildHistory(task);
    const [never, late, otherwise] = history.members as [Address, Address, Address];
    const enrolled = history.events.findLast((event) => event.name === "Enrolled")!;
    const attributeChanges = [
      ...history.aggregators.map((account) => said(account, fits)),
      said(late, fits, enrolled.blockNumber, enrolled.logIndex + 1),
      said(otherwise, { ...fits, region: "CH" }),
    ];
    const { findings, exitCode } = await auditOf({ ...history, attributeChanges });
    expect(findings.map(({ code, severity, party }) => [code, severity, party])).to.deep.equal(
      [never, late, otherwise].map((party) => ["PARTICIPANT_NOT_ELIGIBLE", "unchecked", party]),
    );
    expect(exitCode).to.equal(4);
    const open = await buildHistory({ rounds: 1, members: 2, aggregators: 1 });
    const lied = await auditOf({ ...open, attributeChanges: [said(open.members[0]!, fits)] });
    expect(
      lied.findings.map(({ party }) => party),
      "in a task that is open to all",
    ).to.deep.equal([open.members[0]]);
  });

  it("calls it unchecked without the attributes", async () => {
    const { findings, verdict } = await auditOf(await buildHistory(task));
    expect(findings.map(({ code, severity }) => `${code} ${severity}`)).to.deep.equal(
      Array(5).fill("PARTICIPANT_NOT_ELIGIBLE unchecked"),
    );
    expect(verdict).to.equal("unchecked");
  });

  it("asks nothing of a task that is open to all", async () => {
    const report = await auditOf(await buildHistory({ rounds: 1, members: 3 }));
    expect(report.findings).to.deep.equal([]);
  });
});
