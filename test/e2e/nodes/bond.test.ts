import { expect } from "chai";
import type { Bytes32 } from "../../../node/core/ids.ts";
import { evidenceOf } from "../../../node/core/record/evidence.ts";
import { foldTask } from "../../../node/core/record/fold-task.ts";
import { proofWei } from "../../../node/core/task/least-bond.ts";
import { proposalHash } from "../../../node/core/words/commitment.ts";
import {
  type FederationFixture,
  type FixtureMember,
  fixtureRules,
  startFederation,
} from "../../support/federation-fixture.ts";
import { startFedledger } from "../../support/processes/fedledger-process.ts";
import { runInProcess } from "../../support/processes/run-command.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const ether = 10n ** 18n;
const bondWei = 10n * ether;
const windowS = 3600;
const root = (byte: string) => `0x${byte.repeat(32)}` as Bytes32;

// One task with a bond, on a real chain: it is lost, left and paid out, and shown and taken by the commands alone.
describe("fedledger bond", function () {
  this.timeout(240_000);
  let fixture: FederationFixture;
  let folder: Awaited<ReturnType<typeof temporaryDirectory>>;
  let honest: FixtureMember;
  let liar: FixtureMember;
  let poor: FixtureMember;
  let winner: FixtureMember;
  let taskId: number;

  before(async () => {
    folder = await temporaryDirectory();
    fixture = await startFederation({ participants: 2, aggregators: 3, outsiders: 1, register: false });
    [honest, liar, poor] = fixture.aggregators as [FixtureMember, FixtureMember, FixtureMember];
    [winner] = fixture.outsiders as [FixtureMember];
    taskId = await fixture.createTask({
      rules: {
        minUpdates: 1,
        attestationQuorum: 1,
        challengeWindowS: windowS,
        aggregatorBondGwei: Number(bondWei / 10n ** 9n),
      },
      join: [honest, liar],
    });
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
  const show = async (who: FixtureMember) => (await done(`bond show ${who.account}`)) as Shown;
  const balance = async (who: FixtureMember) =>
    BigInt((await fixture.chain.request("eth_getBalance", [who.account, "latest"])) as string);

  it("shows what is locked, task by task, to anybody", async () => {
    const { places, creditWei } = await show(liar);
    expect(places).to.have.length(1);
    expect(places[0]).to.include({
      taskId,
      role: "aggregator",
      bondWei: `${bondWei}`,
      leaving: false,
      expelled: false,
    });
    expect(creditWei).to.equal("0");
    expect((await show(winner)).places).to.deep.equal([]);
    const { stdout } = await runInProcess(["bond", "show", ...record(), "--dev-account", numberOf(liar)]);
    expect(stdout).to.match(/^task 1 +10 +aggregator, the bond answers for/m);
    await refused("NOTHING_TO_TAKE", 1, "bond release", liar);
    await refused("NOTHING_TO_TAKE", 1, "bond withdraw", winner);
  });

  it("is lost by who proposed a wrong weight, though a quorum had accepted it; the prover is paid", async () => {
    const [one] = fixture.participants as [FixtureMember];
    await one.chain.send({ kind: "openRound", taskId, round: 1 });
    const roundNow = async () => foldTask(await one.chain.history(taskId)).rounds.at(-1)!;
    for (const { chain } of fixture.participants) {
      const { anchor } = await roundNow();
      const contents = { updateRoot: root("22"), contentId: root("33"), weight: 5 };
      await chain.send({ kind: "commit", taskId, round: 1, anchor, ...contents });
    }
    await one.chain.send({ kind: "closeRound", taskId, round: 1 });
    // leaves one of the two out, and counts a part of its weight all the same
    const lie = { attempt: 0, aggregator: liar.account, modelRoot: root("44"), contentId: root("55"), excluded: 1n };
    const proposal = { ...lie, totalWeight: 6n };
    const { accumulator } = await roundNow();
    await liar.chain.send({ kind: "propose", taskId, round: 1, accumulator, proposal, openings: "0x" });
    const hash = (await roundNow()).proposal!.hash;
    expect(hash).to.equal(proposalHash(taskId, 1, accumulator, "0x", proposal));
    const attestations = await Promise.all(
      fixture.participants.map(async ({ chain, account }) => ({
        ...{ taskId, round: 1, proposalHash: hash, attester: account },
        signature: await chain.signAttestation(taskId, 1, hash),
      })),
    );
    await one.chain.send({ kind: "accept", taskId, round: 1, proposal, attestations });
    const accepted = await roundNow();
    const evidence = evidenceOf(taskId, accepted)!;
    await winner.chain.send({ kind: "proveWeight", evidence, commitments: accepted.commitments });

    const rules = { ...fixtureRules, maxUpdates: 64 };
    const rewardWei = (proofWei(rules, "wrong-weight") * 3n) / 2n;
    expect((await show(liar)).places[0]).to.include({ expelled: true, bondWei: "0" });
    expect((await show(winner)).creditWei).to.equal(`${rewardWei}`);
    const { stdout } = await runInProcess(["bond", "show", ...record(), "--dev-account", numberOf(liar)]);
    expect(stdout).to.contain("expelled for misconduct; what it had locked is lost");
    const before = await balance(winner);
    expect(await done("bond withdraw", winner)).to.include({ event: "withdrawn", amountWei: `${rewardWei}` });
    expect((await balance(winner)) > before + rewardWei - ether / 100n).to.equal(true);
    await refused("NOTHING_TO_TAKE", 1, "bond withdraw", winner);
    await refused("NOTHING_TO_TAKE", 1, "bond release", liar);
  });

  it("is free one challenge window after its owner has left, and is paid out then", async () => {
    await refused("NOTHING_TO_TAKE", 1, "bond withdraw", honest);
    const { firstHead: first } = foldTask(await honest.chain.history(taskId));
    await honest.chain.send({ kind: "leave", taskId, first });
    await honest.chain.send({ kind: "freePlaces", taskId });
    const { timestampS } = await honest.chain.head();
    // a proof counts to the last second of the window: the bond is free from the next one on
    expect((await show(honest)).places[0]).to.include({ bondWei: `${bondWei}`, freeFromS: timestampS + windowS + 1 });
    const early = await refused("NOTHING_TO_TAKE", 1, "bond withdraw", honest);
    expect(early.message).to.match(/10 ether in task 1: from \d{4}-.* UTC, in (1 h|59 min)/);
    await fixture.chain.increaseTime(windowS + 1);
    const before = await balance(honest);
    // by anybody, for its owner
    expect(await done(`bond release ${honest.account}`, winner)).to.include({ amountWei: `${bondWei}` });
    expect(await done("bond withdraw", honest)).to.include({ event: "withdrawn", amountWei: `${bondWei}` });
    expect((await balance(honest)) > before + bondWei - ether / 100n).to.equal(true);
    expect(await show(honest)).to.deep.include({ places: [], creditWei: "0" });
  });

  it("an aggregator that cannot pay it says so, and joins no task", async () => {
    await fixture.chain.request("hardhat_setBalance", [poor.account, `0x${(ether / 2n).toString(16)}`]);
    const own = ["--task", String(taskId), "--dev-account", numberOf(poor), "--dir", folder.path];
    const node = startFedledger(["aggregator", ...record(), ...own, "--gateway", "off", "--json"]);
    try {
      const unpaid = await node.until(({ kind }) => kind === "bond-unpaid");
      expect(unpaid).to.include({ role: "aggregator", bondWei: `${bondWei}`, missingWei: `${bondWei}` });
    } finally {
      node.child.kill("SIGTERM");
      expect((await node.finished).code).to.equal(0);
    }
    expect((await show(poor)).places).to.deep.equal([]);
  });

  it("a member is not given a role together with ether that the admin has not", async () => {
    const stranger = "0x00000000000000000000000000000000000000aa";
    await refused("INSUFFICIENT_FUNDS", 2, `member add ${stranger} --role participant --fund 20000`, fixture.admin);
    expect((await fixture.admin.chain.members()).map(({ account }) => account)).to.not.include(stranger);
  });
});

interface Shown extends Record<string, unknown> {
  readonly places: readonly Readonly<Record<string, unknown>>[];
  readonly creditWei: string;
}
