import { join } from "node:path";
import { expect } from "chai";
import { startHostileEndpoint } from "../../../support/endpoint/hostile-endpoint.ts";
import { logLies } from "../../../support/endpoint/lies.ts";
import { type PlayedTask, startPlayedTask } from "../../../support/played/played-task.ts";
import { runInProcess } from "../../../support/processes/run-command.ts";
import { temporaryDirectory } from "../../../support/temporary-directory.ts";

describe("fedledger audit", function () {
  this.timeout(60_000);
  let task: PlayedTask;

  before(async () => {
    task = await startPlayedTask();
    const committed = await task.commitAll();
    await task.close();
    const { proposal } = await task.propose(committed);
    await task.attest(proposal);
  });
  after(() => task.fixture.close());

  it("ends with what it found, told before the report, where the report cannot be written", async () => {
    const folder = await temporaryDirectory();
    // a name that no file can have is found when it is written
    const report = join(folder.path, "r".repeat(300));
    const args = [
      "audit",
      "--json",
      "--rpc",
      task.fixture.url,
      "--federation",
      task.fixture.federation,
      "--report",
      report,
    ];
    for (const exit of [4, 3]) {
      if (exit === 3) await acceptWrongWeight();
      const ran = await runInProcess(args);
      expect(ran.exit, ran.stderr).to.equal(exit);
      const told = ran.events.filter(({ event }) => event === "verdict" || event === "error");
      expect(told.map(({ event, exitCode, code }) => [event, exitCode ?? code])).to.deep.equal([
        ["verdict", exit],
        ["error", "FILE_UNWRITABLE"],
      ]);
    }
    await folder.remove();
  });

  /** A result whose total weight is not that of its updates: what the contract takes, and the record proves. */
  async function acceptWrongWeight(): Promise<void> {
    const committed = await task.commitAll();
    await task.close();
    await task.attest((await task.propose(committed, { excluded: [committed[0]!.slot], weight: 1n })).proposal);
  }

  it("says in one line what it rests on, and pins a block by its hash", async () => {
    const args = ["audit", "--rpc", task.fixture.url, "--federation", task.fixture.federation];
    const { hash, number } = await task.reader.head();
    const ran = await runInProcess([...args, "--block", hash]);
    expect(ran.stdout)
      .to.contain(`Proven by the hash of block ${number} ${hash}`)
      .and.contain("(equal to the contract's)");
    const json = await runInProcess([...args, "--json", "--block", hash]);
    expect(json.events.find(({ event }) => event === "verdict")?.evidence).to.deep.include({ isPinned: true });
    expect((await runInProcess([...args, "--block", "0x12"])).exit).to.equal(2);
    expect((await runInProcess([...args, "--block", `0x${"12".repeat(32)}`])).exit).to.equal(4);
  });

  it("is not deceived by one endpoint where two of three must agree, and says who contradicts whom of two", async () => {
    const liar = await startHostileEndpoint(task.fixture.chain.url);
    const honest = await startHostileEndpoint(task.fixture.chain.url);
    liar.bend(logLies["a log in the middle is left out"]!);
    const audit = (urls: readonly string[]) => [
      ...["audit", "--json", "--rpc", urls.join(","), "--rpc-agree", "2"],
      ...["--federation", task.fixture.federation],
    ];
    const three = await runInProcess(audit([liar.url, honest.url, task.fixture.chain.url]));
    const truth = await runInProcess(["audit", "--rpc", task.fixture.url, "--federation", task.fixture.federation]);
    expect(three.exit, three.stderr).to.equal(truth.exit);
    const two = await runInProcess(audit([liar.url, honest.url]));
    expect(two.stderr).to.contain("RPC_DISAGREE").and.contain(`${liar.url} against ${honest.url}`);
    expect(two.exit).to.equal(5);
    const one = await runInProcess(audit([liar.url]));
    expect(one.stderr).to.contain("INVALID_CONFIG").and.contain("rpcAgree");
    expect(one.exit).to.equal(2);
    await liar.cut();
    await honest.cut();
  });

  it("looks at the report's place before it begins", async () => {
    const folder = await temporaryDirectory();
    const args = ["audit", "--json", "--rpc", task.fixture.url, "--federation", task.fixture.federation];
    const ran = await runInProcess([...args, "--report", folder.path]);
    expect(ran.events.map(({ event, code }) => [event, code])).to.deep.equal([["error", "FILE_UNWRITABLE"]]);
    expect(ran.exit).to.equal(2);
    await folder.remove();
  });
});
