import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { startFedledger } from "../../support/processes/fedledger-process.ts";

describe("a participant that is there but never answers", function () {
  this.timeout(240_000);
  const folder = mkdtempSync(join(tmpdir(), "fedledger-stalled-"));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("does not stall a round: the commit deadline passes, and the others make it", async () => {
    const line = "demo --json --rounds 3 --commit-window 8 --out";
    const demo = startFedledger([...line.split(" "), join(folder, "run")]);
    const pids = new Map<string, number>();
    // it has registered and enrolled, and the first round with all five is over
    await demo.until((event) => {
      if (event.event === "process") pids.set(event.name as string, event.pid as number);
      const data = event.data as { kind?: string; round?: number } | undefined;
      return event.event === "node" && data?.kind === "accepted" && data.round === 1;
    });
    process.kill(pids.get("participant-3") as number, "SIGSTOP");
    const { code, events, stderr } = await demo.finished;
    expect(code, stderr).to.equal(0);
    const told = events.filter(({ event, name }) => event === "node" && name === "auditor").map(({ data }) => data);
    const verdict = told.find((data) => (data as { event?: string }).event === "verdict") as Verdict;
    expect(verdict.verdict).to.equal("verified");
    expect(verdict.rounds.map(({ verdict: each }) => each)).to.deep.equal(["verified", "verified", "verified"]);
    expect(verdict.rounds[0]?.updates).to.have.length(5);
    // stopped at some point of round 2, it may have committed to that one already
    expect(verdict.rounds[2]?.updates).to.have.length(4);
  });
});

interface Verdict {
  readonly verdict: string;
  readonly rounds: readonly { readonly verdict: string; readonly updates: readonly unknown[] }[];
}
