import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";

const project = join(import.meta.dirname, "../..");
const read = (pattern: string) =>
  globSync(pattern, { cwd: project })
    .sort()
    .map((file) => ({ file, text: readFileSync(join(project, file), "utf8") }));

const sources = read("contracts/**/*.sol");
const tests = read("test/contracts/*.{t.sol,test.ts}");

const declared = sources.flatMap(({ file, text }) =>
  [...text.matchAll(/^\s*error (\w+)\(/gm)].map(([, name]) => ({ scope: file.replace(/.*\/|\.sol$/g, ""), name })),
);

// that each place which reverts is reached is what scripts/contract-coverage.ts finds out
describe("The contracts' errors", () => {
  it("are all raised, and expected by a test", () => {
    expect(declared.length).to.be.greaterThan(60);
    for (const { scope, name } of declared) {
      const raised = new RegExp(`revert (?:${scope}\\.)?${name}\\(`);
      expect(
        sources.some(({ text }) => raised.test(text)),
        `${scope}.${name} is raised`,
      ).to.equal(true);
      const expected = new RegExp(`\\.${name}\\.selector|"${name}"`);
      expect(
        tests.some(({ text }) => expected.test(text)),
        `${scope}.${name} is expected by a test`,
      ).to.equal(true);
    }
  });
});
