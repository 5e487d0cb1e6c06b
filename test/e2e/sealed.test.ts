import { join } from "node:path";
import { expect } from "chai";
import { createKeystore, deriveNodeKeys } from "../../node/chain/index.ts";
import { chunkTreeRoot } from "../../node/core/bytes/chunk-tree.ts";
import { initialLanes } from "../../node/core/task/initial-model.ts";
import { modelLayout } from "../../node/core/task/model-layout.ts";
import { canonicalTaskSpec, parseTaskSpec } from "../../node/core/task/task-spec.ts";
import { type FederationFixture, type FixtureMember, startFederation } from "../support/federation-fixture.ts";
import { createNodePlay, type NodePlay, patientWindows } from "../support/played/node-play.ts";
import { composeAggregator, composeParticipant } from "../support/processes/compose-node.ts";
import { runInProcess } from "../support/processes/run-command.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { createPullingTrainer } from "../support/training/pulling-trainer.ts";

const spec = parseTaskSpec({
  format: "fedledger/task/1",
  name: "sealed",
  model: { kind: "linear-regression", inputs: 99, output: { kind: "numbers", count: 1 } },
  initialSeed: 3,
  training: { objective: "fedavg", epochs: 1, batchSize: 8, learningRate: 0.1 },
  data: {},
  blobs: "members",
  start: { participants: 2, latestS: 2 ** 33 },
});
const fractionBits = 16;
const password = { FEDLEDGER_PASSWORD: "of the auditor" };

describe("a task whose blobs are sealed", function () {
  this.timeout(240_000);
  let folder: Awaited<ReturnType<typeof temporaryDirectory>>;
  let fixture: FederationFixture;
  let record: readonly string[];
  let play: NodePlay;
  const keyOf = ({ privateKey }: FixtureMember) => deriveNodeKeys(privateKey).encryption.publicKey;
  const fileOf = (name: string) => join(folder.path, name);

  before(async () => {
    folder = await temporaryDirectory();
    fixture = await startFederation({
      participants: 2,
      aggregators: 1,
      outsiders: 2,
      register: false,
      blockIntervalMs: 300,
    });
    const { parameterCount } = modelLayout(spec.model);
    const taskId = await fixture.createTask({
      rules: { parameterCount, fractionBits, rounds: 2, clipLanes: 1 << 20, ...patientWindows },
      modelRoot: chunkTreeRoot(initialLanes(spec, fractionBits)),
      spec: canonicalTaskSpec(spec),
      enrol: [],
    });
    record = ["--task", String(taskId), "--rpc", fixture.url, "--federation", fixture.federation, "--json"];
    play = createNodePlay(fixture, folder.path);
    const { settingsOf, eventsOf, opened } = play;
    const [aggregator] = fixture.aggregators as [FixtureMember];
    const nodes = await Promise.all([
      composeAggregator(settingsOf(aggregator, taskId), eventsOf(aggregator)),
      ...fixture.participants.map((member, seed) =>
        composeParticipant({ ...settingsOf(member, taskId), seed }, eventsOf(member), async () =>
          createPullingTrainer(seed / 4),
        ),
      ),
    ]);
    await play.toFinal(nodes.map((node) => opened(node).role));
  });
  after(async () => {
    await play.close();
    await fixture.close();
    await folder.remove();
  });

  /** The test accounts are the fixture's, in this order: the admin, participants, aggregators, outsiders. */
  const asAccount = (index: number) => ["--dev-account", String(index)];
  const [participant, aggregator, auditor, stranger] = [1, 3, 4, 5].map(asAccount) as [
    string[],
    string[],
    string[],
    string[],
  ];
  const audit = (...args: readonly string[]) => runInProcess(["audit", ...record, ...args]);

  it("is audited by its members, and by nobody else without a grant", async () => {
    expect(await audit(...participant)).to.include({ exit: 0 });
    expect(await audit(...aggregator)).to.include({ exit: 0 });
    for (const [args, code] of [
      [[], "BLOBS_SEALED"],
      [stranger, "UPDATE_SEALED"],
    ] as const) {
      const { exit, events } = await audit(...args);
      expect(exit).to.equal(4);
      const { findings } = events.at(-1) as { findings: readonly { code: string }[] };
      expect(findings[0]!.code).to.equal(code);
    }
  });

  it("is audited by whom a member gives a grant, and by no other with it", async () => {
    const [auditing] = fixture.outsiders as [FixtureMember];
    const grant = fileOf("grant.json");
    const create = ["grant", "create", ...record, "--auditor", keyOf(auditing), "--out", grant];
    const granted = await runInProcess([...create, ...participant]);
    expect(granted.exit, granted.stderr).to.equal(0);
    expect(granted.events[0]).to.include({ event: "granted", fromRound: 1, toRound: 2, keyrings: 3, missing: 0 });
    const audited = await audit("--grant", grant, ...auditor);
    expect(audited.exit, audited.stdout).to.equal(0);
    expect(audited.events.at(-1)).to.include({ verdict: "verified" });
    const stolen = await audit("--grant", grant, ...stranger);
    expect(stolen.exit).to.equal(2);
    expect(stolen.stderr).to.contain("GRANT_INVALID");
    expect((await runInProcess([...create, "--force", ...stranger])).stderr).to.contain("BLOB_SEALED");
    const elsewhere = await runInProcess(["audit", ...record, "--task", "2", "--grant", grant, ...auditor]);
    expect(elsewhere.exit).to.equal(2);
  });

  it("is granted to a keystore, and to an account that is registered", async () => {
    const path = fileOf("auditor.json");
    await createKeystore({ path, password: password.FEDLEDGER_PASSWORD });
    const create = ["grant", "create", ...record, ...aggregator];
    const grant = fileOf("by-keystore.json");
    expect(await runInProcess([...create, "--auditor", path, "--out", grant], password)).to.include({ exit: 0 });
    expect(await runInProcess(["audit", ...record, "--grant", grant, "--keystore", path], password)).to.include({
      exit: 0,
    });
    const [member] = fixture.participants as [FixtureMember];
    const [nobody] = fixture.outsiders as [FixtureMember];
    expect(await runInProcess([...create, "--auditor", member.account, "--out", fileOf("a.json")])).to.include({
      exit: 0,
    });
    expect(await runInProcess([...create, "--auditor", nobody.account, "--out", fileOf("b.json")])).to.include({
      exit: 2,
    });
    expect(await runInProcess([...create, "--auditor", "nothing", "--out", fileOf("c.json")])).to.include({ exit: 2 });
  });

  it("is granted to those only whom the task lets audit", async () => {
    const taskId = await fixture.createTask({
      rules: { parameterCount: modelLayout(spec.model).parameterCount, fractionBits },
      modelRoot: chunkTreeRoot(initialLanes(spec, fractionBits)),
      spec: canonicalTaskSpec({ ...spec, access: { audit: { organisations: ["inspectorate"] } } }),
    });
    const path = fileOf("inspector.json");
    const { address: account } = await createKeystore({ path, password: password.FEDLEDGER_PASSWORD });
    const create = ["grant", "create", ...record, "--task", String(taskId), ...aggregator, "--auditor", path];
    const refused = await runInProcess([...create, "--out", fileOf("d.json")], password);
    expect(refused.stderr).to.contain("NOT_ELIGIBLE");
    const attributes = { organisation: "inspectorate", region: "", clearance: 0 };
    await fixture.admin.chain.send({ kind: "setAttributes", account, attributes });
    // it is let in; there is nothing sealed yet
    expect((await runInProcess([...create, "--out", fileOf("d.json")], password)).stderr).to.contain("BLOB_SEALED");
    const [member] = fixture.participants as [FixtureMember];
    const byAccount = [...create.slice(0, -1), member.account, "--out", fileOf("d.json")];
    expect((await runInProcess(byAccount)).stderr).to.contain("NOT_ELIGIBLE");
  });

  it("gives its model to its members only", async () => {
    const out = fileOf("model.safetensors");
    const refused = await runInProcess(["model", "export", ...record, "--out", out]);
    expect([refused.exit, refused.stderr.includes("BLOB_SEALED")]).to.deep.equal([4, true]);
    expect(await runInProcess(["model", "export", ...record, "--out", out, ...participant])).to.include({ exit: 0 });
  });
});
