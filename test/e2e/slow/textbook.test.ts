import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { runFedledger } from "../../support/processes/fedledger-process.ts";

// The case of the field's textbooks: ten clients with 1,000 samples each, ten inputs, a ReLU layer of ten, one sigmoid
// output, five drawn a round, ten local epochs at learning rate 0.01, 100 rounds.
describe("the textbooks' case: fedledger demo --data synthetic-ten", function () {
  this.timeout(900_000);
  const folder = mkdtempSync(join(tmpdir(), "fedledger-textbook-"));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("ends 100 rounds with a clean audit, learnt", async function () {
    const { code, events, stderr } = await runFedledger([
      "demo",
      "--json",
      "--data",
      "synthetic-ten",
      "--out",
      join(folder, "run"),
    ]);
    expect(code, stderr).to.equal(0);
    const verdict = events
      .map((event) => event.data as Record<string, unknown>)
      .find((data) => data?.event === "verdict") as {
      verdict: string;
      totals: { accepted: number; gas: number; durationS: number };
      task: { participants: string[]; spec: { training: object; model: object } };
      rounds: { drawn: string[]; updates: unknown[]; testMetric: { correct: number; examples: number } }[];
    };
    expect(verdict.verdict).to.equal("verified");
    expect(verdict.totals.accepted).to.equal(100);
    expect(verdict.task.participants).to.have.length(10);
    expect(verdict.task.spec.training).to.include({ epochs: 10, learningRate: 0.01 });
    for (const round of verdict.rounds) expect(round.drawn).to.have.length(5);
    // the draw is a draw: not always the same five
    expect(new Set(verdict.rounds.map(({ drawn }) => [...drawn].sort().join())).size).to.be.greaterThan(20);
    const { correct, examples } = verdict.rounds.at(-1)!.testMetric;
    expect(correct / examples).to.be.at.least(0.95);
    this.test!.title += `: ${verdict.totals.durationS} s, ${verdict.totals.gas} gas`;
  });
});
