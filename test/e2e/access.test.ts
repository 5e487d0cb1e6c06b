import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { deriveNodeKeys } from "../../node/chain/index.ts";
import { foldTask } from "../../node/core/record/fold-task.ts";
import { canonicalTaskSpec, parseTaskSpecJson } from "../../node/core/task/task-spec.ts";
import { taskPreset } from "../../node/training/index.ts";
import { type FederationFixture, type FixtureMember, startFederation } from "../support/federation-fixture.ts";
import { startFedledger } from "../support/processes/fedledger-process.ts";
import { runInProcess } from "../support/processes/run-command.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const policy = "--join-organisations North,South --join-regions EU --join-clearance 2";

// Who may do what, on a real chain, by the commands alone: attributes set, a restricted task, one refused, one let in,
// and the audit of it.
describe("access by attributes", function () {
  this.timeout(240_000);
  let fixture: FederationFixture;
  let folder: Awaited<ReturnType<typeof temporaryDirectory>>;
  let inside: FixtureMember;
  let outside: FixtureMember;
  let taskId = 0;

  before(async () => {
    folder = await temporaryDirectory();
    fixture = await startFederation({ participants: 2, register: false });
    [inside, outside] = fixture.participants as [FixtureMember, FixtureMember];
  });
  after(async () => {
    await fixture.close();
    await folder.remove();
  });

  const record = () => ["--federation", fixture.federation, "--rpc", fixture.url];
  const numberOf = (who: FixtureMember) =>
    String([fixture.admin, ...fixture.participants, ...fixture.aggregators].indexOf(who));
  const run = (line: string, who?: FixtureMember) =>
    runInProcess([
      ...line.split(" "),
      ...record(),
      ...(who === undefined ? [] : ["--dev-account", numberOf(who)]),
      "--json",
    ]);
  async function done(line: string, who?: FixtureMember) {
    const { exit, events, stderr } = await run(line, who);
    expect(exit, stderr).to.equal(0);
    return events.at(-1)!;
  }
  async function refused(code: string, line: string, who?: FixtureMember) {
    const { exit, events, stderr } = await run(line, who);
    expect(events.at(-1), stderr).to.include({ event: "error", code });
    expect(exit).to.be.within(1, 4);
    return events.at(-1)!;
  }

  it("an admin sets attributes; what is not given stays", async () => {
    const { admin } = fixture;
    const set = await done(`member set ${inside.account} --organisation North --region EU --clearance 1`, admin);
    expect(set.attributes).to.deep.equal({ organisation: "North", region: "EU", clearance: 1 });
    const more = await done(`member set ${inside.account} --clearance 3`, admin);
    expect(more.attributes).to.deep.equal({ organisation: "North", region: "EU", clearance: 3 });
    await done(`member set ${outside.account} --organisation North --region US --clearance 9`, admin);
    const { members } = await done("member list");
    expect(members).to.be.an("array").that.has.length(4);
    const listed = (members as { account: string; attributes?: unknown }[]).find(
      ({ account }) => account === inside.account,
    );
    expect(listed?.attributes).to.deep.equal(more.attributes);
    const { stdout } = await runInProcess(["member", "list", ...record()]);
    expect(stdout).to.contain("organisation North, region EU, clearance 3");
    // of somebody who is no member yet, too
    const stranger = `0x${"ab".repeat(20)}`;
    await done(`member set ${stranger} --region EU`, admin);
    const later = await done(`member set ${stranger} --clearance 1`, admin);
    expect(later.attributes).to.deep.equal({ organisation: "", region: "EU", clearance: 1 });
  });

  it("nobody else sets them, and nothing that fits into no word", async () => {
    const { admin } = fixture;
    const revert = await refused("TRANSACTION_REVERTED", `member set ${outside.account} --region EU`, outside);
    expect(revert.remedy).to.contain("lacks the role");
    await refused("INVALID_CONFIG", `member set ${outside.account}`, admin);
    await refused("INVALID_CONFIG", `member set ${outside.account} --region ${"x".repeat(33)}`, admin);
    await refused("INVALID_CONFIG", `member set ${outside.account} --clearance 256`, admin);
    await refused("WRONG_USE", "member set --region EU", admin);
  });

  it("a task says who may join, read and audit, on the chain and in its specification", async () => {
    const spec = { ...taskPreset("breast-cancer").spec, blobs: "members" };
    writeFileSync(join(folder.path, "task.json"), JSON.stringify(spec));
    const create = `task create --spec ${join(folder.path, "task.json")} --participants 2`;
    const created = await done(`${create} ${policy} --audit-organisations Regulator`, fixture.admin);
    taskId = created.taskId as number;
    expect(created.access).to.deep.equal({ organisations: ["North", "South"], regions: ["EU"], clearance: 2 });
    const view = foldTask(await fixture.reader().then((reader) => reader.history(taskId)));
    expect(view.access).to.deep.equal(created.access);
    const told = parseTaskSpecJson(view.spec);
    expect(told.access).to.deep.equal({ audit: { organisations: ["Regulator"] } });
    expect(told.start).to.include({ participants: 2 });
    expect(canonicalTaskSpec(told)).to.equal(view.spec);
    const { stdout } = await runInProcess(["task", "show", "--task", String(taskId), ...record()]);
    expect(stdout)
      .to.match(/^join +organisation North or South, region EU, clearance 2 or more$/m)
      .and.to.match(/^read +anyone$/m)
      .and.to.match(/^audit +organisation Regulator$/m);
    await refused("INVALID_CONFIG", `${create} ${policy} --read-clearance 3`, fixture.admin);
    const open = "task create --data breast-cancer --participants 2 --audit-organisations Regulator";
    expect((await refused("INVALID_TASK_SPEC", open, fixture.admin)).message).to.contain("public blobs");
    await refused("INVALID_CONFIG", `${create} --join-regions ${"x".repeat(33)}`, fixture.admin);
    await refused("INVALID_CONFIG", `${create} --join-clearance 256`, fixture.admin);
  });

  const participant = (who: FixtureMember) =>
    `participant --data breast-cancer --task ${taskId} --dir ${folder.path}/${numberOf(who)}`;

  it("one who is not eligible is told so before anything is started, and the contract would not have it either", async () => {
    const error = await refused("NOT_ELIGIBLE", participant(outside), outside);
    expect(error.data).to.include({ action: "join", has: "organisation North, region US, clearance 9" });
    expect(error.remedy).to.contain("fedledger member set");
    const { firstHead: first } = foldTask(await outside.chain.history(taskId));
    const revert = await outside.chain
      .send({ kind: "enrol", taskId, first, amountWei: 0n })
      .catch((reason: unknown) => reason);
    expect(revert).to.include({ code: "TRANSACTION_REVERTED" });
    expect((revert as { remedy: string }).remedy).to.contain("fedledger task show");
  });

  it("one who is joins", async () => {
    const { until, child, finished } = startFedledger([
      ...participant(inside).split(" "),
      ...record(),
      ...["--dev-account", numberOf(inside), "--json"],
    ]);
    try {
      for (const kind of ["registered", "enrolled"]) await until((event) => event.kind === kind);
    } finally {
      child.kill("SIGTERM");
      await finished;
    }
    const view = foldTask(await fixture.reader().then((reader) => reader.history(taskId)));
    expect(view.enrolled.map(({ account }) => account)).to.deep.equal([inside.account]);
  });

  it("a grant is for whom the task lets audit only", async () => {
    const [aggregator] = fixture.aggregators as [FixtureMember];
    const grant = (auditor: string) => `grant create --task ${taskId} --auditor ${auditor} --out ${folder.path}/grant`;
    for (const { privateKey, account } of [aggregator, outside]) {
      const { publicKey } = deriveNodeKeys(privateKey).encryption;
      const error = await refused("NOT_ELIGIBLE", grant(publicKey), inside);
      expect(error.data).to.include({ action: "audit", needed: "organisation Regulator" });
      await done(`member set ${account} --organisation Regulator`, fixture.admin);
    }
    // the key is nobody's that has registered it
    await refused("NOT_ELIGIBLE", grant(`0x${"12".repeat(32)}`), inside);
    const { publicKey: encryptionKey } = deriveNodeKeys(outside.privateKey).encryption;
    await outside.chain.send({ kind: "register", peerId: outside.peerId, encryptionKey, multiaddrs: [] });
    // let in; but there is no round yet, and nothing to open
    await refused("BLOB_SEALED", grant(outside.account), inside);
  });

  it("the audit finds nothing wrong, also when attributes change later", async () => {
    await done(`member set ${inside.account} --clearance 0`, fixture.admin);
    const { exit, events, stderr } = await run(
      `audit --task ${taskId} --content dir:${folder.path}/${numberOf(inside)}`,
    );
    expect(exit, JSON.stringify(events) + stderr).to.equal(0);
  });
});
