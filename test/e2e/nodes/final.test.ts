import { existsSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { foldTask } from "../../../node/core/record/fold-task.ts";
import { type FederationFixture, type FixtureMember, startFederation } from "../../support/federation-fixture.ts";
import { type Running, startFedledger } from "../../support/processes/fedledger-process.ts";
import { runInProcess } from "../../support/processes/run-command.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

// A task from its creation until nothing of it can be proven wrong any more, each member a process, by the commands
// alone.
describe("a task that becomes final", function () {
  this.timeout(240_000);
  let fixture: FederationFixture;
  let folder: Awaited<ReturnType<typeof temporaryDirectory>>;
  let nodes: readonly Running[] = [];
  let members: readonly FixtureMember[];
  let late: FixtureMember;

  before(async () => {
    folder = await temporaryDirectory();
    fixture = await startFederation({ participants: 3, aggregators: 1, register: false, blockIntervalMs: 300 });
    members = [...fixture.aggregators, ...fixture.participants.slice(0, 2)];
    late = fixture.participants[2]!;
  });
  after(async () => {
    for (const { child } of nodes) child.kill("SIGKILL");
    await fixture.close();
    await folder.remove();
  });

  const record = () => ["--federation", fixture.federation, "--rpc", fixture.url];
  const numberOf = (who: FixtureMember) =>
    String([fixture.admin, ...fixture.participants, ...fixture.aggregators].indexOf(who));
  const as = (who: FixtureMember) => ["--dev-account", numberOf(who), "--dir", join(folder.path, numberOf(who))];
  const run = (line: string, ...more: readonly string[]) =>
    runInProcess([...line.split(" "), ...record(), ...more, "--json"]);
  const view = async () => foldTask(await (await fixture.reader()).history(1));

  it("says at its creation what it asks, when it begins, and what it does without", async () => {
    const create = "task create --data breast-cancer --participants 2 --rounds 2 --bond least --participant-bond least";
    const { exit, stdout, stderr } = await runInProcess([
      ...[...create.split(" "), "--statement-required"],
      ...[...record(), "--dev-account", "0"],
    ]);
    expect(exit, stderr).to.equal(0);
    expect(stdout).to.match(/the first round opens with 2 participants, or on \d{4}-.* UTC$/m);
    expect(stdout).to.match(/public test set: 114 examples; every node makes it from the bundled data$/m);
    expect(stdout).to.match(/bonds: 0\.\d+ ether of each aggregator, 0\.\d+ ether of each participant$/m);
    expect(stdout).to.contain("off: everybody who gets the blobs sees each update: --mode masked");
    expect(stdout).not.to.contain("--bond least");
  });

  it("is trained by two who state their data, and measured by all on the same examples", async () => {
    const statement = join(folder.path, "statement.txt");
    writeFileSync(statement, "569 tumours, of one clinic\n");
    const data = (part: number) => ["--data", "breast-cancer", "--part", `${part}/2`, "--statement", statement];
    const start = (line: string, who: FixtureMember, ...more: readonly string[]) =>
      startFedledger([line, ...record(), ...as(who), ...more, "--exit-when-final", "--json"]);
    const [aggregator, one, other] = members as [FixtureMember, FixtureMember, FixtureMember];
    nodes = [
      start("aggregator", aggregator),
      start("participant", one, ...data(0)),
      start("participant", other, ...data(1)),
    ];
    const [complete] = await Promise.all(nodes.map(({ until }) => until(({ kind }) => kind === "complete")));
    const { enrolled, accepted, complete: isComplete } = await view();
    expect({ accepted, isComplete }).to.deep.equal({ accepted: 2, isComplete: true });
    expect(new Set(enrolled.map((place) => place.statement)).size).to.equal(1);
    expect(Number(enrolled[0]!.statement)).not.to.equal(0);
    const metrics = await Promise.all(
      nodes.slice(1).map(async ({ until }) => (await until((e) => e.kind === "public-metric" && e.round === 2)).metric),
    );
    expect(metrics[0]).to.deep.equal(metrics[1]);
    const shown = await run("task show");
    expect((shown.events[0] as { metrics: Record<string, unknown> }).metrics["2"]).to.deep.equal(metrics[0]);
    expect((await run("task list")).events[0]!.tasks).to.deep.include({
      ...{ taskId: 1, name: "breast-cancer-logistic-regression", accepted: 2, rounds: 2, participants: 2 },
      ...{ aggregators: 1, complete: true, state: `complete, final at ${dateOf(complete!.finalFromS as number)}` },
    });
  });

  it("is complete and not final: the audit is clean, and says until when it can change", async () => {
    const audited = await run("audit");
    expect(audited.exit, audited.stdout).to.equal(0);
    expect(audited.events.at(-1)).to.include({ verdict: "verified", complete: true, final: false });
    expect(audited.events.at(-1)!.text).to.match(/The task is complete; final at \d{4}-.* UTC\.$/);
    const insisting = await run("audit --final");
    expect(insisting.exit).to.equal(4);
    // who serves until it is final has not ended
    expect(nodes.every(({ child }) => child.exitCode === null)).to.equal(true);
  });

  it("takes entries on its record from its members, which the audit shows", async () => {
    const [, one] = members as [FixtureMember, FixtureMember];
    const hash = `0x${"ab".repeat(32)}`;
    const { events } = await run(`task record approval ${hash}`, "--dev-account", numberOf(one));
    expect(events.at(-1)).to.include({ event: "recorded", kind: 1, hash });
    expect((await view()).recorded).to.deep.equal([{ author: one.account, kind: 1, hash }]);
    expect((await run("audit")).events.at(-1)).to.deep.include({ exitCode: 0 });
  });

  it("is final when the last window has passed: nodes end by themselves, and the audit insists no more", async () => {
    await fixture.chain.increaseTime(3601);
    for (const { finished } of nodes) expect((await finished).code).to.equal(0);
    nodes = [];
    for (const who of members) {
      for (const entry of readdirSync(join(folder.path, numberOf(who)), { recursive: true, withFileTypes: true })) {
        const { mode } = statSync(join(entry.parentPath, entry.name));
        expect(mode & 0o077, `${entry.parentPath}/${entry.name} is for its user only`).to.equal(0);
      }
    }
    const dirs = members.map((who) => `dir:${join(folder.path, numberOf(who))}`).join(",");
    const audited = await run("audit --final", "--content", dirs);
    expect(audited.exit, audited.stdout).to.equal(0);
    expect(audited.events.at(-1)).to.include({ verdict: "verified", final: true });
    const { stdout } = await runInProcess(["task", "list", ...record()]);
    expect(stdout).to.match(/ final$/m);
  });

  it("tells who comes too late, with exit code 1; and a watcher marks as past what is", async () => {
    const comer = startFedledger(["participant", ...record(), ...as(late), "--data", "breast-cancer"]);
    const { code, stdout } = await comer.finished;
    expect(stdout).to.contain("This task ended before you joined: you contributed nothing");
    expect(code).to.equal(1);
    expect((await view()).enrolled).to.have.length(2);
    const watching = startFedledger(["watch", ...record(), ...as(fixture.admin), "--exit-when-final"]);
    const watched = await watching.finished;
    expect(watched.code, watched.stderr).to.equal(0);
    const lines = watched.stdout.split("\n").filter((line) => line.includes("accepted by"));
    for (const line of lines) expect(line).to.match(/^before this node started: /);
    expect(existsSync(join(folder.path, numberOf(fixture.admin)))).to.equal(true);
  });
});

function dateOf(atS: number): string {
  return `${new Date(atS * 1000).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}
