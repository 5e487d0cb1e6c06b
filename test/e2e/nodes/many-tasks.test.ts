import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { loadContractInterface } from "../../../node/chain/contracts/contract-abi.ts";
import { chunkTreeRoot } from "../../../node/core/bytes/chunk-tree.ts";
import { initialLanes } from "../../../node/core/task/initial-model.ts";
import { canonicalTaskSpec } from "../../../node/core/task/task-spec.ts";
import { taskPreset } from "../../../node/training/index.ts";
import { type FederationFixture, type FixtureMember, startFederation } from "../../support/federation-fixture.ts";
import { patientWindows } from "../../support/played/node-play.ts";
import { type Running, runFedledger, startFedledger } from "../../support/processes/fedledger-process.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const { spec } = taskPreset("breast-cancer");
const fractionBits = 14;
type Event = Record<string, unknown>;

// Nodes as processes of their own, each for several tasks of one federation.
describe("one node, many tasks", function () {
  this.timeout(300_000);
  let fixture: FederationFixture;
  let folder: Awaited<ReturnType<typeof temporaryDirectory>>;
  let running: Running[];

  before(async () => {
    folder = await temporaryDirectory();
    fixture = await startFederation({
      participants: 3,
      aggregators: 1,
      outsiders: 1,
      register: false,
      blockIntervalMs: 500,
    });
  });
  beforeEach(() => {
    running = [];
  });
  afterEach(async () => {
    for (const { child } of running) child.kill("SIGINT");
    await Promise.all(running.map(({ finished }) => finished));
  });
  after(async () => {
    await fixture?.close();
    await folder?.remove();
  });

  const lanes = initialLanes(spec, fractionBits);
  const createTask = (rules: Record<string, unknown> = {}, more: { spec?: string } = {}) =>
    fixture.createTask({
      rules: {
        ...patientWindows,
        parameterCount: lanes.length,
        fractionBits,
        rounds: 1,
        minUpdates: 2,
        attestationQuorum: 2,
        challengeWindowS: 3600,
        clipLanes: 1 << 24,
        ...rules,
      },
      modelRoot: chunkTreeRoot(lanes),
      spec: canonicalTaskSpec(spec),
      enrol: [],
      join: [],
      ...more,
    });
  const accounts = () => [fixture.admin, ...fixture.participants, ...fixture.aggregators, ...fixture.outsiders];
  const argumentsOf = (who: FixtureMember) => [
    ...["--federation", fixture.federation, "--rpc", fixture.url, "--json"],
    ...["--dev-account", String(accounts().indexOf(who)), "--dir", join(folder.path, who.account)],
  ];
  const start = (who: FixtureMember, ...args: string[]) => {
    const node = startFedledger([...args, ...argumentsOf(who)]);
    running.push(node);
    return node;
  };
  const part = (i: number) => ["--part", `${i}/3`];
  const is = (kind: string, task: number) => (event: Event) => event.kind === kind && event.task === task;
  /** How often each account registered, in all. */
  const registrations = async () => {
    const contract = await loadContractInterface();
    const topics = [contract.getEvent("MemberRegistered")!.topicHash];
    const filter = { address: fixture.federation, topics, fromBlock: "0x0" };
    return ((await fixture.chain.request("eth_getLogs", [filter])) as unknown[]).length;
  };

  it("each registers once, and gets the models of both; all tasks are taken, those to come, too", async () => {
    const [first, second] = [await createTask(), await createTask()];
    const nodes = fixture.participants.map((who, i) =>
      start(who, "participant", "--task", `${first},${second}`, "--data", "breast-cancer", ...part(i)),
    );
    const aggregator = start(fixture.aggregators[0]!, "aggregator", "--task", "all");
    const watcher = start(fixture.outsiders[0]!, "watch", "--task", "all");
    for (const node of [...nodes, aggregator]) {
      await node.until(is("complete", first));
      await node.until(is("complete", second));
    }
    const later = await createTask();
    await aggregator.until((event) => event.event === "started" && event.task === later);
    await watcher.until((event) => event.event === "started" && event.task === later);
    for (const { child } of running) child.kill("SIGINT");
    const ended = await Promise.all(running.map(({ finished }) => finished));
    for (const { code, events, stderr } of ended) {
      expect(code, stderr).to.equal(0);
      const started = events.filter(({ event }) => event === "started");
      expect(started.length).to.be.at.least(2);
      expect(new Set(started.map(({ gateway }) => gateway)).size, "one gateway").to.equal(1);
    }
    expect(await registrations(), "of four members").to.equal(4);
  });

  it("a task that cannot be worked on ends with its reason, and no other with it", async () => {
    const [good, garbled] = [await createTask(), await createTask({}, { spec: "{}" })];
    const [who] = fixture.participants as [FixtureMember];
    const data = ["breast-cancer", "breast-cancer", join(folder.path, "nothing.csv"), "breast-cancer"];
    const tasks = [good, garbled, await createTask(), 99];
    const node = start(who, "participant", "--task", tasks.join(), "--data", data.join(), ...part(0));
    const enrolled = await node.until(is("enrolled", good));
    expect(enrolled).to.include({ event: "progress" });
    await node.until(({ event, task }) => event === "error" && task === 99);
    node.child.kill("SIGINT");
    const { code, events, stderr } = await node.finished;
    const errors = events.filter(({ event }) => event === "error").map((event) => [event.task, event.code]);
    expect(errors).to.deep.equal([
      [garbled, "INVALID_TASK_SPEC"],
      [tasks[2], "FILE_NOT_FOUND"],
      [99, "UNKNOWN_TASK"],
    ]);
    expect(code, `the first that did not end well\n${stderr}`).to.equal(2);
    expect(events.find(({ event, task }) => event === "ended" && task === good)).to.include({ outcome: "stopped" });
  });

  it("an aggregator of all tells once what its policy or its limit refuses, and takes the rest", async () => {
    const policy = join(folder.path, "policy.json");
    await writeFile(policy, JSON.stringify({ format: "fedledger/policy/1", maxRounds: 3 }));
    const [long, bonded, fine] = [
      await createTask({ rounds: 4 }),
      await createTask({ aggregatorBondGwei: 3_000_000_000 }),
      await createTask({ aggregatorBondGwei: 2_000_000_000 }),
    ];
    const [who] = fixture.aggregators as [FixtureMember];
    const node = start(who, "aggregator", "--task", "all", "--policy", policy, "--max-bond", "2.5");
    await node.until((event) => event.kind === "bond-paid" && event.task === fine);
    node.child.kill("SIGINT");
    const { events, code } = await node.finished;
    expect(code).to.equal(0);
    const refused = events.filter(({ event }) => event === "refused").map((event) => [event.task, event.code]);
    expect(refused.filter(([task]) => task === long)).to.deep.equal([[long, "POLICY_REFUSES"]]);
    expect(refused.filter(([task]) => task === bonded)).to.deep.equal([[bonded, "BOND_LIMIT"]]);
    expect((await who.chain.placeOf(bonded, who.account)).role).to.equal(undefined);
    expect((await who.chain.placeOf(long, who.account)).role).to.equal(undefined);
  });

  it("says how tasks and their data are named", async () => {
    const wrong = async (...args: string[]) => {
      const { code, events } = await runFedledger([...args, ...argumentsOf(fixture.participants[0]!)]);
      expect(code).to.equal(2);
      return events.at(-1) as Record<string, unknown>;
    };
    const unequal = await wrong("participant", "--task", "1,2,3", "--data", "a.csv,b.csv");
    expect(unequal).to.include({ code: "INVALID_CONFIG" });
    expect(unequal.message).to.contain("one for each");
    expect((await wrong("participant", "--task", "all", "--data", "a.csv")).message).to.contain("--task 1,2");
    expect((await wrong("participant", "--task", "1,1", "--data", "a.csv")).message).to.contain("once");
  });
});
