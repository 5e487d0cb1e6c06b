import { expect } from "chai";
import { caseHash, challengeReservation, proposalHash } from "../../node/core/commitment.ts";
import { foldTask } from "../../node/core/fold-task.ts";
import type { Bytes32 } from "../../node/core/ids.ts";
import { type FederationFixture, type FixtureMember, startFederation } from "../support/federation-fixture.ts";
import { startFedledger } from "../support/fedledger-process.ts";
import { runInProcess } from "../support/run-command.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const ether = 10n ** 18n;
const bondWei = 10n * ether;
const unbondingS = 14 * 86_400;
const root = (byte: string) => `0x${byte.repeat(32)}` as Bytes32;
const salt = root("5a");

// One task with a bond, on a real chain: its bond is brought, lost, left and paid out by the commands alone.
describe("fedledger bond", function () {
  this.timeout(60_000);
  let fixture: FederationFixture;
  let folder: Awaited<ReturnType<typeof temporaryDirectory>>;
  let liar: FixtureMember;
  let poor: FixtureMember;
  let winner: FixtureMember;
  let taskId: number;

  before(async () => {
    folder = await temporaryDirectory();
    fixture = await startFederation({ participants: 2, aggregators: 2, outsiders: 1, register: false });
    [liar, poor] = fixture.aggregators as [FixtureMember, FixtureMember];
    [winner] = fixture.outsiders as [FixtureMember];
    taskId = await fixture.createTask({ rules: { minUpdates: 1, aggregatorBondGwei: Number(bondWei / 10n ** 9n) } });
  });
  after(async () => {
    await fixture.close();
    await folder.remove();
  });

  const numberOf = (who: FixtureMember) =>
    String([fixture.admin, ...fixture.participants, ...fixture.aggregators, ...fixture.outsiders].indexOf(who));
  const record = () => ["--federation", fixture.federation, "--rpc", fixture.url];
  const run = (line: string, who?: FixtureMember) => {
    const account = who === undefined ? [] : ["--dev-account", numberOf(who)];
    return runInProcess([...line.split(" "), ...record(), ...account, "--json"]);
  };
  /** Runs a command that must succeed; its last event. */
  async function done(line: string, who?: FixtureMember) {
    const { exit, events, stderr } = await run(line, who);
    expect(exit, stderr).to.equal(0);
    return events.at(-1)!;
  }
  /** Runs a command that must fail with this code; its error event. */
  async function refused(code: string, exit: number, line: string, who: FixtureMember) {
    const ran = await run(line, who);
    expect(ran.events.at(-1), ran.stderr).to.include({ event: "error", code });
    expect(ran.exit).to.equal(exit);
    return ran.events.at(-1)!;
  }
  const show = async (who: FixtureMember) => (await done(`bond show ${who.account} --task ${taskId}`)) as Shown;
  const balance = async (who: FixtureMember) =>
    BigInt((await fixture.chain.request("eth_getBalance", [who.account, "latest"])) as string);

  it("adds to the bond exactly, and says what is missing for the task", async () => {
    expect((await show(liar)).task).to.include({ standing: "missing", missingWei: `${bondWei}` });
    expect(await done("bond add 9.999999999999999999", liar)).to.include({ freeWei: `${bondWei - 1n}` });
    expect((await show(liar)).task).to.include({ standing: "missing", missingWei: "1" });
    expect(await done("bond add 0.000000000000000001", liar)).to.include({ event: "bonded", amountWei: "1" });
    expect(await show(liar)).to.deep.include({ freeWei: `${bondWei}`, lockedWei: "0", creditWei: "0" });
    expect((await show(liar)).task).to.include({ standing: "covered" });
    const { stdout } = await runInProcess(["bond", "show", ...record(), "--dev-account", numberOf(liar)]);
    expect(stdout)
      .to.match(/^free +10 /m)
      .and.to.match(/^Task 1 asks for a bond of 10 ether: the free bond covers it$/m);
  });

  it("shows a lost bond, and pays the reward of the challenge", async () => {
    const { chain } = winner;
    await chain.send({ kind: "openRound", taskId });
    for (const { chain: as } of fixture.participants) {
      const contents = { updateRoot: root("22"), contentId: root("33"), weight: 5 };
      await as.send({ kind: "commit", taskId, round: 1, baseModelRoot: root("11"), ...contents });
    }
    await chain.send({ kind: "closeRound", taskId, round: 1 });
    expect(await show(liar)).to.deep.include({ freeWei: "0", lockedWei: `${bondWei}` });
    expect((await show(liar)).task).to.include({ standing: "locked" });
    // leaves one of the two out, and counts a part of its weight all the same
    const lie = { attempt: 0, aggregator: liar.account, modelRoot: root("44"), contentId: root("55"), excluded: 1n };
    const proposal = { ...lie, totalWeight: 6n };
    await liar.chain.send({ kind: "propose", taskId, round: 1, proposal });
    const { commitments } = foldTask(await chain.history(taskId)).rounds[0]!;
    const about = { taskId, round: 1, proposalHash: proposalHash(taskId, 1, proposal) };
    const reservation = challengeReservation(
      winner.account,
      salt,
      caseHash({ ...about, challenge: "wrong-weight", index: 0 }),
    );
    await chain.send({ kind: "reserveChallenge", reservation });
    // a reservation counts from the next second on
    await fixture.chain.request("evm_increaseTime", [2]);
    await chain.send({ kind: "challengeWeight", taskId, round: 1, proposal, commitments, salt });

    expect((await show(liar)).task).to.include({ standing: "lost", missingWei: `${bondWei}` });
    expect(await show(winner)).to.include({ creditWei: `${bondWei / 2n}` });
    const before = await balance(winner);
    expect(await done("bond withdraw", winner)).to.include({ of: "credit", amountWei: `${bondWei / 2n}` });
    expect((await balance(winner)) > before + bondWei / 2n - ether / 100n).to.equal(true);
    await refused("NOTHING_TO_TAKE", 1, "bond withdraw", winner);
  });

  it("collects a reward that was held, for want of a reservation, once its time has come", async () => {
    const [reporter] = fixture.participants as [FixtureMember];
    const heldTask = await fixture.createTask({
      rules: { minUpdates: 1, participantBondGwei: 10 ** 9, maxUpdates: 2 },
      enrol: [],
    });
    const accused = fixture.participants[1]!;
    await accused.chain.send({ kind: "bond", amountWei: ether });
    await accused.chain.send({ kind: "enrol", taskId: heldTask });
    const about = { taskId: heldTask, round: 1, baseModelRoot: root("11"), participant: accused.account };
    const sign = async (contents: { updateRoot: Bytes32; contentId: Bytes32; weight: number }) => {
      const signed = { ...about, ...contents };
      return { ...signed, signature: await accused.chain.signRecord({ type: "commitment", ...signed }) };
    };
    const one = await sign({ updateRoot: root("22"), contentId: root("33"), weight: 5 });
    const other = await sign({ updateRoot: root("22"), contentId: root("33"), weight: 6 });
    await reporter.chain.send({ kind: "reportEquivocation", taskId: heldTask, round: 1, one, other });

    const early = await refused("NOTHING_TO_TAKE", 1, "bond withdraw", reporter);
    expect(early.message).to.match(/a reward of 0\.5 ether is held, .* can be withdrawn from \d{4}-.* UTC/);
    await fixture.chain.request("evm_increaseTime", [3600]);
    await fixture.chain.mine(1);
    expect(await done("bond withdraw", reporter)).to.include({ of: "credit", amountWei: `${ether / 2n}` });
  });

  it("takes the bond out: some, all, and only after its time", async () => {
    await done("bond add 2", winner);
    const { remedy } = await refused("TRANSACTION_REVERTED", 1, "bond unbond 2.5", winner);
    expect(remedy).to.include("Only 2 ether");
    const first = await done("bond unbond 0.5", winner);
    expect(first).to.include({ event: "unbonding", amountWei: `${ether / 2n}`, unbondingWei: `${ether / 2n}` });
    const { unbondingWei, withdrawableFromS } = await done("bond unbond all", winner);
    expect(unbondingWei).to.equal(`${2n * ether}`);
    const { timestampS } = await winner.chain.head();
    expect(withdrawableFromS).to.equal(timestampS + unbondingS);
    await refused("NOTHING_TO_TAKE", 1, "bond unbond all", winner);
    const early = await refused("NOTHING_TO_TAKE", 1, "bond withdraw", winner);
    expect(early.message).to.match(/2 ether of the bond can be withdrawn from \d{4}-.* UTC, in 1[34] d/);
    await fixture.chain.request("evm_increaseTime", [unbondingS]);
    await fixture.chain.mine(1);
    const before = await balance(winner);
    expect(await done("bond withdraw", winner)).to.include({ of: "bond", amountWei: `${2n * ether}` });
    expect((await balance(winner)) > before + 2n * ether - ether / 100n).to.equal(true);
    expect(await show(winner)).to.deep.include({ freeWei: "0", unbondingWei: "0", creditWei: "0" });
  });

  it("an aggregator says at its start what its bond means, and when it cannot pay it", async () => {
    const start = (who: FixtureMember) => {
      const own = ["--task", String(taskId), "--dev-account", numberOf(who), "--dir", folder.path + numberOf(who)];
      return startFedledger(["aggregator", ...record(), ...own, "--gateway", "off", "--json"]);
    };
    const toldOf = async (who: FixtureMember, ...tests: ((event: Record<string, unknown>) => boolean)[]) => {
      const node = start(who);
      try {
        return await Promise.all(tests.map((test) => node.until(test)));
      } finally {
        node.child.kill("SIGTERM");
        expect((await node.finished).code).to.equal(0);
      }
    };
    await fixture.chain.request("hardhat_setBalance", [poor.account, `0x${(ether / 2n).toString(16)}`]);
    const [[lost, why], [unpaid]] = await Promise.all([
      toldOf(
        liar,
        ({ event }) => event === "bond",
        ({ kind }) => kind === "bond-lost",
      ),
      toldOf(poor, ({ kind }) => kind === "bond-unpaid"),
    ]);
    expect(why).to.include({ round: 1, bondWei: `${bondWei}` });
    expect(lost).to.include({ standing: "lost", missingWei: `${bondWei}` });
    expect(unpaid).to.include({ bondWei: `${bondWei}`, missingWei: `${bondWei}` });
    expect(await show(poor)).to.include({ freeWei: "0" });
  });

  it("a member is not given a role together with ether that the admin has not", async () => {
    const stranger = "0x00000000000000000000000000000000000000aa";
    await refused("INSUFFICIENT_FUNDS", 2, `member add ${stranger} --role participant --fund 20000`, fixture.admin);
    expect((await fixture.admin.chain.members()).map(({ account }) => account)).to.not.include(stranger);
  });
});

interface Shown extends Record<string, unknown> {
  readonly task: Readonly<Record<string, unknown>>;
}
