import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { type Attack, lyingRound } from "../../attack/attack.ts";
import { attacks } from "../../attack/attacks.ts";
import { nodeCount } from "../../attack/cast.ts";
import { losersOf } from "../../attack/checks/check-bonds.ts";
import { checkEnding } from "../../attack/checks/check-ending.ts";
import { compareModels, roundsWithoutLiar } from "../../attack/checks/compare-models.ts";
import { type AttackResult, createHonestRuns, runAttack } from "../../attack/run-attack.ts";
import { projectFolder } from "../../support/processes/fedledger-process.ts";

const main = join(projectFolder, "test", "attack", "main.ts");

describe("attacks, each in a federation of eight processes", function () {
  this.timeout(300_000);
  const honestRuns = createHonestRuns();
  const results = new Map<string, AttackResult>();

  for (const attack of attacks) {
    it(`${attack.name}: ${attack.summary}`, async function () {
      if (attack.endpoint !== undefined) {
        // a node that holds the record against storage makes no step on what this endpoint shows: the story must follow
        process.stdout.write(`      ${attack.name} is not run: test/e2e/masked-attacks.test.ts plays it\n`);
        return this.skip();
      }
      const lines: string[] = [];
      const result = await runAttack(attack.name, { honestRuns, onLine: ({ text }) => lines.push(text) });
      results.set(attack.name, result);
      expect(result.problems, lines.join("\n")).to.deep.equal([]);
      // the same once more and by itself
      const { run, honest } = result;
      expect(nodeCount).to.be.at.least(8);
      expect(run.view.complete).to.equal(true);
      expect(run.audit.exitCode).to.equal(0);
      expect(run.audit.finalModelRoot).to.equal(honest.audit.finalModelRoot);
      expect(run.audit.finalModelLanes).to.deep.equal(honest.audit.finalModelLanes);
      expect(run.falseAlarms).to.deep.equal([]);
      expect(run.lies).not.to.have.length(0);
      expect(lines.filter((line) => line.includes("LIES"))).to.have.length(run.lies.length);
      const expelled = run.history.flatMap((event) => (event.name === "MemberExpelled" ? [event.account] : []));
      expect(expelled).to.have.members([...losersOf(run, attack)]);
    });
  }

  it("would not pass for another one", () => {
    const flipped = results.get("flip-lane")!;
    const left = results.get("exceed-clip")!;
    const problemsOf = (ending: Attack["ending"], lies: Partial<Attack> = {}) =>
      checkEnding(flipped.run, { ...flipped.attack, ...lies, ending });
    expect(problemsOf(flipped.attack.ending)).to.deep.equal([]);
    expect(problemsOf({ struck: "wrong-weight", takeover: "proof" })).to.have.length(1);
    expect(problemsOf({ struck: "wrong-chunk", takeover: "deadline" })).to.have.length(1);
    expect(problemsOf({ struck: "wrong-chunk", takeover: "proof", leftOut: true })).to.have.length(1);
    expect(problemsOf({ struck: "wrong-chunk", takeover: "proof", rolledBack: true })).not.to.have.length(0);
    expect(problemsOf({ takeover: "proof" })).not.to.have.length(0);
    expect(problemsOf({ ...flipped.attack.ending, misconduct: "equivocation" })).not.to.have.length(0);
    expect(problemsOf(flipped.attack.ending, { participant: left.attack.participant! })).to.have.length(1);
    expect(checkEnding(flipped.run, undefined).length).to.be.greaterThan(4);
    // its update counts in one of them and not in the other
    expect(roundsWithoutLiar(flipped.run)).to.deep.equal([]);
    expect(roundsWithoutLiar(left.run)).to.deep.equal([lyingRound, lyingRound + 1]);
    const differing = compareModels(flipped.run, left.honest);
    expect(differing).to.have.length(3);
    expect(differing[0]).to.contain(`round ${lyingRound}`);
  });

  it("are all in docs/attacks.md, and no others", () => {
    const text = readFileSync(join(projectFolder, "docs", "attacks.md"), "utf8");
    const named = [...text.matchAll(/^\| `([a-z-]+)`/gm)].map(([, name]) => name);
    expect(named).to.deep.equal(attacks.map(({ name }) => name));
  });
});

describe("npm run attack", function () {
  this.timeout(300_000);

  it("lists the attacks", async () => {
    const { code, stdout } = await runMain(["--list", "--json"]);
    expect(code).to.equal(0);
    const listed = linesOf(stdout).map(({ name }) => name);
    expect(listed).to.deep.equal(attacks.map(({ name }) => name));
  });

  it("refuses a name that it does not know, a seed that is none, and no name at all, with exit code 2", async () => {
    for (const args of [["flip-everything"], ["flip-lane", "--seed", "x"], [], ["flip-lane", "--fast"]]) {
      const { code, stderr } = await runMain(args);
      expect(code, args.join(" ")).to.equal(2);
      expect(stderr).to.contain("INVALID_CONFIG");
    }
  });

  it("tells the story of another seed, and ends with exit code 0", async () => {
    const { code, stdout } = await runMain(["flip-lane", "--seed", "7", "--json"]);
    const lines = linesOf(stdout);
    expect(code, stdout).to.equal(0);
    expect(lines.filter(({ event, kind }) => event === "line" && kind === "lie")).to.have.length(1);
    const result = lines.at(-1)!;
    expect(result).to.include({ event: "result", attack: "flip-lane", seed: 7, passed: true, auditExitCode: 0 });
    expect(result.finalModelRoot).to.equal(result.honestModelRoot);
  });

  it("stops cleanly on Ctrl-C", async () => {
    const { code, stderr } = await runMain(["flip-lane", "--json"], (line, child) => {
      if (line.includes("round 1: open")) child.kill("SIGINT");
    });
    expect(code).to.equal(1);
    expect(stderr).to.contain("INTERRUPTED");
  });
});

function linesOf(stdout: string): Record<string, unknown>[] {
  const lines = stdout.trim().split("\n");
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

async function runMain(
  args: readonly string[],
  onOutput: (text: string, child: ReturnType<typeof spawn>) => void = () => undefined,
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  const child = spawn(process.execPath, [main, ...args], { cwd: projectFolder, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (data: Buffer) => {
    stdout += data.toString();
    onOutput(data.toString(), child);
  });
  child.stderr.on("data", (data: Buffer) => {
    stderr += data.toString();
  });
  return await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, stdout, stderr }));
  });
}
