import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { guards } from "../../scripts/guard-table.ts";

const root = join(import.meta.dirname, "..", "..");

describe("The table of guards", () => {
  it("names texts that stand where it says, once", () => {
    const lost = guards.filter(({ file, guard }) => readFileSync(join(root, file), "utf8").split(guard).length !== 2);
    expect(lost.map(({ name }) => name)).to.deep.equal([]);
    expect(guards.length).to.be.greaterThan(100);
  });

  it("has one guard a name, and a test that is there for each", () => {
    expect(new Set(guards.map(({ name }) => name)).size).to.equal(guards.length);
    for (const { test } of guards) expect(() => readFileSync(join(root, test))).not.to.throw();
  });
});
