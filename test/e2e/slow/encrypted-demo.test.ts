import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { runFedledger } from "../../support/processes/fedledger-process.ts";

interface Verdict {
  readonly verdict: string;
  readonly exitCode: number;
  readonly findings: readonly unknown[];
  readonly rounds: readonly {
    readonly isDecryptionAttested?: true;
    readonly testMetric: { readonly correct: number; readonly examples: number };
  }[];
}

describe("fedledger demo --mode encrypted", function () {
  this.timeout(900_000);
  const folder = mkdtempSync(join(tmpdir(), "fedledger-encrypted-"));
  after(() => rmSync(folder, { recursive: true, force: true }));

  async function demo(mode: string): Promise<Verdict> {
    const { code, events, stderr } = await runFedledger([
      "demo",
      "--json",
      "--mode",
      mode,
      "--out",
      join(folder, mode),
    ]);
    expect(code, stderr).to.equal(0);
    return events
      .map(({ data }) => data as Record<string, unknown> | undefined)
      .find((data) => data?.event === "verdict") as unknown as Verdict;
  }

  it("ends with a clean audit, and learns what it learns in the open, to half a point", async function () {
    const [encrypted, transparent] = [await demo("encrypted"), await demo("transparent")];
    expect(encrypted).to.include({ verdict: "verified", exitCode: 0 });
    expect(encrypted.findings).to.deep.equal([]);
    expect(encrypted.rounds.every(({ isDecryptionAttested }) => isDecryptionAttested)).to.equal(true);
    const accuracyOf = ({ rounds }: Verdict) => rounds.at(-1)!.testMetric.correct / rounds.at(-1)!.testMetric.examples;
    const [hidden, open] = [accuracyOf(encrypted), accuracyOf(transparent)];
    expect(Math.abs(hidden - open)).to.be.at.most(0.005);
    this.test!.title += `: ${hidden.toFixed(4)} and ${open.toFixed(4)}`;
  });
});
