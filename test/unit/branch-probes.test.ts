import { expect } from "chai";
import { type Probe, probeTag, withProbes } from "../../scripts/branch-probes.ts";

const head = "// ‖ a comment of more bytes than characters\npragma solidity ^0.8.28;\n";

/** The contract's body with probes, the rest cut off, and the probes. */
function probed(body: string): { text: string; probes: Probe[] } {
  const probes: Probe[] = [];
  const source = `${head}contract A {\n${body}\n}\n`;
  const text = withProbes("contracts/court/A.sol", source, probes);
  expect(text.split("\n").length).to.equal(source.split("\n").length);
  return { text: text.slice(text.indexOf("contract A {\n") + 13, text.lastIndexOf("\n}")), probes };
}

describe("withProbes", () => {
  it("asks each operand of a condition, not the whole of it", () => {
    const { text, probes } = probed("function f(bool a, uint b) pure external { if (a && b < 3) revert(); }");
    expect(text).to.equal(
      "function f(bool a, uint b) pure external { if (BranchProbe.seen(a, 0) && BranchProbe.seen(b < 3, 1)) revert(); }",
    );
    expect(probes.map(({ text: condition }) => condition)).to.deep.equal(["a", "b < 3"]);
  });

  it("asks what loops and conditional expressions decide by", () => {
    const { probes } = probed(`function f(bool a) pure external returns (uint k) {
      for (uint i = 0; i != 2; ++i) k += a ? 1 : 2;
      while (k > 9) --k;
      do ++k; while (!a);
      for (;;) break;
    }`);
    expect(probes.map(({ text, line }) => [text, line])).to.deep.equal([
      ["i != 2", 5],
      ["a", 5],
      ["k > 9", 6],
      ["!a", 7],
    ]);
  });

  it("asks comparisons that are returned, passed on or compared", () => {
    const { text } = probed("function f(uint a, bool b) pure external returns (bool) { return (a == 1) == b; }");
    expect(text).to.include("return BranchProbe.seen((BranchProbe.seen(a == 1, 1)) == b, 0);");
  });

  it("leaves assembly and sources without conditions as they are", () => {
    const body = "function f() pure external { assembly { if lt(1, 2) { revert(0, 0) } } }";
    expect(probed(body)).to.deep.equal({ text: body, probes: [] });
  });

  it("knows what a comment explains, on the line or alone before it", () => {
    const { probes } = probed(`function f(uint a) pure external {
      // branch-unreachable (true): a is small
      if (a == 1) revert();
      if (a == 2) revert(); // branch-unreachable (false): a is large
      if (a == 3) revert();
    }`);
    expect(probes.map(({ excused }) => excused)).to.deep.equal([
      { outcome: true, reason: "a is small" },
      { outcome: false, reason: "a is large" },
      undefined,
    ]);
  });
});

describe("probeTag", () => {
  it("is 32 bytes, another for each probe and outcome", () => {
    const tags = [0, 1, 200].flatMap((index) => [probeTag(index, false), probeTag(index, true)]);
    for (const tag of tags) expect(tag).to.match(/^[0-9a-f]{64}$/);
    expect(new Set(tags).size).to.equal(6);
  });
});
