import { readFileSync } from "node:fs";
import { expect } from "chai";
import { exitCodeOf, type Finding, type FindingCode, findingCodes, verdictOf } from "../../../../node/audit/index.ts";

const finding = (code: FindingCode, severity: Finding["severity"]): Finding => ({
  code,
  severity,
  taskId: 1,
  round: 1,
  message: "",
  data: {},
});

describe("findings", () => {
  it("are all explained in docs/audit.md, and no others", () => {
    const text = readFileSync(new URL("../../../../docs/audit.md", import.meta.url), "utf8");
    const explained = [...text.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, code]) => code);
    expect(explained).to.deep.equal([...findingCodes]);
  });

  it("come to a verdict: violation before unchecked before verified", () => {
    const violation = finding("AGGREGATE_WRONG", "violation");
    const unchecked = finding("UPDATE_MISSING", "unchecked");
    expect(verdictOf([])).to.equal("verified");
    expect(verdictOf([unchecked])).to.equal("unchecked");
    expect(verdictOf([unchecked, violation, unchecked])).to.equal("violation");
    expect((["verified", "violation", "unchecked"] as const).map(exitCodeOf)).to.deep.equal([0, 3, 4]);
  });
});
