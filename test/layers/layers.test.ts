import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { findViolations, type ImportEdge, listSources, readImports } from "./import-graph.ts";
import { layerRules } from "./layer-rules.ts";

const node = join(import.meta.dirname, "..", "..", "node");
const edge = (from: string, to: string, more: Partial<ImportEdge> = {}): ImportEdge => ({
  from,
  to,
  isPackage: false,
  typeOnly: false,
  ...more,
});

describe("layers", () => {
  const edges = readImports(node);

  it("reads imports of every kind", () => {
    expect(edges.length).to.be.greaterThan(50);
    expect(edges.some((each) => each.typeOnly)).to.equal(true);
    expect(edges.some((each) => each.isPackage)).to.equal(true);
  });

  it("hold: nobody imports what the table does not allow, and there are no cycles", () => {
    expect(findViolations(edges, layerRules)).to.deep.equal([]);
  });

  it("fails on planted violations", () => {
    const planted: [string, ImportEdge][] = [
      ["upward", edge("core/planted.ts", "chain/index.ts")],
      ["adapter to role", edge("participant/planted.ts", "p2p/index.ts")],
      ["sole owner", edge("audit/planted.ts", "ethers", { isPackage: true })],
      ["disk in core", edge("core/planted.ts", "node:fs", { isPackage: true })],
      ["upward between rooms", edge("rounds/words/planted.ts", "rounds/machine/driver.ts")],
      ["unknown room", edge("audit/planted/planted.ts", "audit/record/task-record.ts")],
      ["past the door", edge("cli/commands/planted.ts", "api/record/open-record.ts")],
      ["past the errors", edge("cli/commands/planted.ts", "core/record/fold-task.ts", { typeOnly: true })],
      ["work in the command line", edge("cli/commands/planted.ts", "chain/index.ts")],
      ["unknown module", edge("utils/strings.ts", "core/bytes/hex.ts")],
    ];
    for (const [name, violation] of planted)
      expect(findViolations([...edges, violation], layerRules), name).to.have.length(1);
  });

  it("fails on a planted cycle", () => {
    const cycle = [edge("core/a.ts", "core/b.ts"), edge("core/b.ts", "core/c.ts"), edge("core/c.ts", "core/a.ts")];
    expect(findViolations(cycle, layerRules)).to.deep.equal(["cycle: core/a.ts → core/b.ts → core/c.ts → core/a.ts"]);
  });

  it("raises only catalogued errors", () => {
    const bare = listSources(node).filter((file) =>
      /throw new (Error|TypeError|RangeError)\(/.test(readFileSync(join(node, file), "utf8")),
    );
    expect(bare).to.deep.equal([]);
  });
});
