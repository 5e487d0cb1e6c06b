import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { runFedledger, startFedledger } from "../support/processes/fedledger-process.ts";

describe("the demo", () => {
  const folder = mkdtempSync(join(tmpdir(), "fedledger-demo-"));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("runs ten rounds with five processes on non-IID digits, reaches 0.92, and audits clean", async () => {
    const out = join(folder, "run");
    const { code, events, stderr } = await runFedledger(["demo", "--json", "--out", out]);
    expect(code, stderr).to.equal(0);
    const verdict = nodeEvents(events, "auditor").find(({ event }) => event === "verdict") as Verdict;
    expect(verdict).to.include({ verdict: "verified", exitCode: 0, complete: true, storageCompared: true });
    // accepted is not final: the demo ends before the last window has passed, and says when that is
    expect(verdict.final).to.equal(false);
    expect(events.find(({ event }) => event === "complete")).to.deep.include({ finalFromS: verdict.finalFromS });
    expect(verdict.findings).to.deep.equal([]);
    expect(verdict.rounds).to.have.length(10);
    for (const round of verdict.rounds) {
      expect(round.verdict).to.equal("verified");
      expect(round.updates).to.have.length(5);
      expect(round.attesters).to.have.length.at.least(3);
      // the same numbers for everybody: a third of the five would be enough to tell
      const told = events.filter((event) => isMetricOf(event, round.round)).map(({ data }) => (data as Told).metric);
      expect(told).to.have.length.at.least(3);
      for (const each of told) expect(each).to.deep.equal(round.testMetric);
    }
    const { correct, examples } = verdict.rounds.at(-1)!.testMetric;
    expect(examples).to.equal(360);
    expect(correct / examples).to.be.at.least(0.92);
    const bonded = events.filter(({ data }) => (data as Told | undefined)?.kind === "bond-paid");
    expect(bonded).to.have.length(6);
    const report = readFileSync(join(out, "report.html"), "utf8");
    expect(report).to.contain(verdict.finalModelRoot);
    expect(report).not.to.match(/(?:src|href)="https?:/);
    // what the nodes kept is cleared away; nothing else is left behind
    expect(readdirSync(out).filter((name) => name !== "logs")).to.deep.equal(["invitation.json", "report.html"]);
  });

  it("leaves no process behind on Ctrl-C", async () => {
    const demo = startFedledger(["demo", "--participants", "2", "--json", "--out", join(folder, "stopped")]);
    const pids = new Set<number>();
    await demo.until((event) => {
      if (event.event === "process") pids.add(event.pid as number);
      return event.event === "node" && (event.data as { kind?: string }).kind === "round-opened";
    });
    expect(pids.size).to.equal(4);
    demo.child.kill("SIGINT");
    const { code, stderr } = await demo.finished;
    expect(code).to.equal(130);
    expect(stderr).to.contain("INTERRUPTED");
    expect([...pids].filter(isAlive)).to.deep.equal([]);
  });

  it("leaves no process behind when it is killed itself", async () => {
    const demo = startFedledger(["demo", "--participants", "2", "--json", "--out", join(folder, "killed")]);
    const pids: number[] = [];
    await demo.until((event) => {
      if (event.event === "process") pids.push(event.pid as number);
      return event.event === "node" && (event.data as { event?: string }).event === "started";
    });
    demo.child.kill("SIGKILL");
    await demo.finished;
    await untilGone(pids);
    expect(existsSync(join(folder, "killed", "nodes"))).to.equal(true);
  });
});

interface Verdict extends Record<string, unknown> {
  readonly findings: unknown[];
  readonly finalModelRoot: string;
  readonly rounds: {
    round: number;
    verdict: string;
    updates: unknown[];
    attesters: unknown[];
    testMetric: { correct: number; examples: number };
  }[];
}

/** What a node of the demo said. */
interface Told {
  readonly kind?: string;
  readonly round?: number;
  readonly metric?: unknown;
}

function isMetricOf({ data }: Record<string, unknown>, round: number): boolean {
  const { kind, round: of } = (data ?? {}) as Told;
  return kind === "public-metric" && of === round;
}

function nodeEvents(events: readonly Record<string, unknown>[], name: string): Record<string, unknown>[] {
  return events
    .filter((event) => event.event === "node" && event.name === name)
    .map((event) => event.data as Record<string, unknown>);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Waits until none of the processes is there any more; the test's own time limit ends a wait in vain. */
async function untilGone(pids: readonly number[]): Promise<void> {
  while (pids.some(isAlive)) await new Promise((resolve) => setImmediate(resolve));
}
