import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { loadContractInterface } from "../../../node/chain/contracts/contract-abi.ts";
import { chunkTreeRoot } from "../../../node/core/bytes/chunk-tree.ts";
import { initialLanes } from "../../../node/core/task/initial-model.ts";
import { canonicalTaskSpec } from "../../../node/core/task/task-spec.ts";
import { taskPreset } from "../../../node/training/index.ts";
import { type FederationFixture, type FixtureMember, startFederation } from "../../support/federation-fixture.ts";
import { patientWindows } from "../../support/played/node-play.ts";
import { type Running, startFedledger } from "../../support/processes/fedledger-process.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

/** An hour where it is asked for; here and in CI long enough to see that it works. */
const lengthS = Number(process.env.SOAK_SECONDS ?? 120);
const looks = 12;
const { spec } = taskPreset("breast-cancer");
const fractionBits = 14;
/** Of Linux: so many ticks of a processor a second. */
const ticksPerSecond = 100;

interface Use {
  readonly rssMb: number;
  readonly cpuS: number;
}

/** What a process has used, by Linux's own account of it. */
function useOf(pid: number): Use {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
  const cpuS = (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  return { rssMb: Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024, cpuS };
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

// 5 participants and an aggregator, each one process for 2 tasks, and a node that waits for others in a third one.
describe(`a soak of ${lengthS} s: 5 participants, 2 tasks`, function () {
  this.timeout(lengthS * 1000 + 300_000);
  let fixture: FederationFixture;
  let folder: Awaited<ReturnType<typeof temporaryDirectory>>;
  const running: Running[] = [];

  before(async function () {
    if (!existsSync("/proc/self/status")) return this.skip();
    folder = await temporaryDirectory();
    fixture = await startFederation({ participants: 6, aggregators: 1, register: false, blockIntervalMs: 1_000 });
  });
  after(async () => {
    for (const { child } of running) child.kill("SIGINT");
    await Promise.all(running.map(({ finished }) => finished));
    await fixture?.close();
    await folder?.remove();
  });

  const lanes = initialLanes(spec, fractionBits);
  const createTask = (minUpdates: number) =>
    fixture.createTask({
      rules: {
        ...patientWindows,
        parameterCount: lanes.length,
        fractionBits,
        rounds: 60_000,
        minUpdates,
        attestationQuorum: minUpdates,
        challengeWindowS: 600,
        clipLanes: 1 << 24,
      },
      modelRoot: chunkTreeRoot(lanes),
      spec: canonicalTaskSpec(spec),
      enrol: [],
      join: [],
    });
  const start = (who: FixtureMember, ...args: string[]) => {
    const account = [fixture.admin, ...fixture.participants, ...fixture.aggregators].indexOf(who);
    const dir = ["--dir", join(folder.path, who.account)];
    const record = ["--federation", fixture.federation, "--rpc", fixture.url, "--dev-account", String(account)];
    const node = startFedledger([...args, ...record, ...dir, "--json"]);
    running.push(node);
    return node;
  };

  it("needs no more memory in the end, and registers each node once", async () => {
    const tasks = [await createTask(3), await createTask(3), await createTask(5)] as const;
    const [aggregator] = fixture.aggregators as [FixtureMember];
    const nodes = fixture.participants.map((who, i) => {
      const of = i === 5 ? String(tasks[2]) : `${tasks[0]},${tasks[1]}`;
      return start(who, "participant", "--task", of, "--data", "breast-cancer", "--part", `${i}/6`);
    });
    nodes.push(start(aggregator, "aggregator", "--task", `${tasks[0]},${tasks[1]}`));
    await Promise.all(nodes.map((node) => node.until(({ event }) => event === "started")));
    for (const task of tasks.slice(0, 2)) {
      await nodes[0]!.until((event) => event.kind === "accepted" && event.task === task);
    }
    const uses: Use[][] = [];
    for (let look = 0; look <= looks; look++) {
      uses.push(nodes.map(({ child }) => useOf(child.pid!)));
      if (look < looks) await sleep((lengthS * 1000) / looks);
    }
    const third = looks / 3;
    const rows = nodes.map((_, i) => {
      const rss = uses.map((all) => all[i]!.rssMb);
      const cpu = (uses.at(-1)![i]!.cpuS - uses[0]![i]!.cpuS) / lengthS;
      return { firstMb: median(rss.slice(0, third)), lastMb: median(rss.slice(-third)), cpuPercent: 100 * cpu };
    });
    const kinds = [...fixture.participants.map((_, i) => (i === 5 ? "idle" : "participant")), "aggregator"];
    const view = await (await fixture.reader()).record(tasks[0]);
    for (const [i, { firstMb, lastMb, cpuPercent }] of rows.entries()) {
      const memory = `${firstMb.toFixed(0)} MB at first, ${lastMb.toFixed(0)} MB in the end`;
      process.stdout.write(`      ${kinds[i]}: ${memory}; ${cpuPercent.toFixed(1)} % of a processor\n`);
    }
    process.stdout.write(`      ${view.view.rounds.length} rounds of the first task\n`);
    for (const { firstMb, lastMb } of rows) expect(lastMb, "memory").to.be.below(1.25 * firstMb + 64);
    expect(rows[5]!.cpuPercent, "of an idle node").to.be.below(25);
    const topics = [(await loadContractInterface()).getEvent("MemberRegistered")!.topicHash];
    const filter = { address: fixture.federation, topics, fromBlock: "0x0" };
    const registrations = (await fixture.chain.request("eth_getLogs", [filter])) as unknown[];
    expect(registrations).to.have.length(nodes.length);
  });
});
