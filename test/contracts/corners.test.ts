import { expect } from "chai";
import {
  baseRules,
  createFederation,
  maskedRules,
  openAccess,
  type TestFederation,
  word,
} from "./support/federation.ts";

type Member = TestFederation["admin"];

describe("Corners of the contracts", () => {
  let f: TestFederation;
  beforeEach(async () => {
    f = await createFederation({ participants: 6, aggregators: 3 });
  });

  /** Proves two words of an account over an anchor that the round need not have. */
  async function expel(taskId: number, account: Member) {
    const { round } = await f.facts(taskId);
    const anchor = word(5);
    const about = { round, anchor, updateRoot: word(1), contentId: word(2) };
    const one = await f.signCommitment(taskId, account, { ...about, weight: 1 });
    const other = await f.signCommitment(taskId, account, { ...about, weight: 2 });
    return f.proofs.proveEquivocation(f.federation, taskId, round, anchor, one, other);
  }

  /** Has these members commit in a new round, which is then closed. */
  async function closed(taskId: number, members: readonly Member[]): Promise<number> {
    await f.openRound(taskId, members[0]!);
    for (const member of members) await f.commit(taskId, member);
    await f.pass(601);
    const { round } = await f.facts(taskId);
    await f.federation.closeRound(taskId, round);
    return round;
  }

  /** A proposal that leaves out the first and counts its weight all the same. */
  async function proposeWrong(taskId: number): Promise<void> {
    const { totalWeight, evidence } = await f.facts(taskId);
    const excluded = evidence.inputs.committed & -evidence.inputs.committed;
    await f.propose(taskId, { excluded, totalWeight: totalWeight - 9n });
  }

  const strike = async (taskId: number, round: number, about?: object) => {
    const { evidence, commitments } = await f.facts(taskId, round);
    return f.proofs.proveWeight(f.federation, about ?? evidence, commitments);
  };

  it("one void interval follows another, and both are known", async () => {
    const taskId = await f.createTask({ minUpdates: 2 });
    const first = await closed(taskId, f.members.slice(0, 3));
    await proposeWrong(taskId);
    await f.accept(taskId, f.members.slice(0, 2));
    await strike(taskId, first);
    const second = await closed(taskId, f.members.slice(2, 6));
    await proposeWrong(taskId);
    await f.accept(taskId, f.members.slice(3, 6));
    await expect(strike(taskId, second)).emit(f.federation, "RolledBack").withArgs(taskId, second, second, word(0));
    await expect(strike(taskId, first)).revertedWithCustomError(f.federation, "NothingToTake");
    await expect(strike(taskId, second)).revertedWithCustomError(f.federation, "NothingToTake");
  });

  it("a proposal falls, standing or accepted, though all its signers were expelled before", async () => {
    const taskId = await f.createTask({ minUpdates: 1, attempts: 1 });
    await closed(taskId, f.members.slice(0, 3));
    await proposeWrong(taskId);
    await expel(taskId, f.signerOf((await f.facts(taskId)).assigned));
    await expect(strike(taskId, 1)).emit(f.federation, "RoundInvalid");

    const second = await closed(taskId, f.members.slice(0, 3));
    const proposer = f.signerOf((await f.facts(taskId)).assigned);
    await proposeWrong(taskId);
    await f.accept(taskId, f.members.slice(0, 2));
    for (const signer of [proposer, ...f.members.slice(0, 2)]) await expel(taskId, signer);
    await expect(strike(taskId, second)).emit(f.federation, "RolledBack");
  });

  it("evidence of a round that is still to come is of no round", async () => {
    const taskId = await f.createTask({ minUpdates: 2 });
    const round = await closed(taskId, f.members.slice(0, 3));
    await proposeWrong(taskId);
    await f.accept(taskId, f.members.slice(0, 2));
    const { evidence } = await f.facts(taskId, round);
    // the greatest length of a ring further: the same place
    const later = { ...evidence, inputs: { ...evidence.inputs, round: round + 4096 } };
    await expect(strike(taskId, round, later))
      .revertedWithCustomError(f.federation, "WrongRound")
      .withArgs(round);
  });

  it("an expulsion of who takes no part in the round in flight leaves its slots alone", async () => {
    const taskId = await f.createTask({}, { enrolled: f.members.slice(0, 5) });
    await f.openRound(taskId);
    await f.commit(taskId, f.members[0]!);
    const late = f.members[5]!;
    await f.federation.connect(late).enrol(taskId, f.first(taskId), `0x${"00".repeat(32)}`, "0x");
    await expect(expel(taskId, late)).emit(f.federation, "MemberExpelled");
    await expect(expel(taskId, f.members[1]!)).emit(f.federation, "MemberExpelled");
    for (const member of f.members.slice(2, 5)) await f.commit(taskId, member);
    await f.pass(601);
    await expect(f.federation.closeRound(taskId, 1)).emit(f.federation, "RoundClosed");
  });

  it("a quorum that the task sets above the half is asked for", async () => {
    const taskId = await f.createTask({ minUpdates: 3, attestationQuorum: 3 });
    await closed(taskId, f.members.slice(0, 3));
    await f.propose(taskId);
    await expect(f.accept(taskId, f.members.slice(0, 2)))
      .revertedWithCustomError(f.federation, "QuorumNotReached")
      .withArgs(2, 3);
    await f.accept(taskId, f.members.slice(0, 3));
  });

  it("an admin without another role registers, and writes on a task's record", async () => {
    const taskId = await f.createTask();
    await f.federation.grantRole(`0x${"00".repeat(32)}`, f.outsider.address);
    const admin = f.federation.connect(f.outsider);
    await expect(admin.register(`0x${"01".repeat(38)}`, word(1), "", "0x")).emit(f.federation, "MemberRegistered");
    await expect(admin.record(taskId, f.first(taskId), 1, word(2))).emit(f.federation, "Recorded");
  });

  it("an aggregator's keys are passed over", async () => {
    const taskId = await f.createTask({ ...maskedRules });
    await f.openRound(taskId);
    const maskKey = `0x${"1".padStart(64, "0")}`;
    const keys = { maskKey, seedHash: word(1), sharesId: word(2), shareKey: word(3) };
    const signed = await f.signKeys(taskId, f.aggregators[0]!, keys);
    await expect(f.federation.advertise(taskId, 1, [signed])).revertedWithCustomError(f.federation, "NothingAdded");
  });

  it("an encrypted task counts a budget at the commitment, and is not closed while one can still commit", async () => {
    const rules = { ...baseRules, mode: 2, clipLanes: 1000, minUpdates: 2, keyWindowS: 100, roundsPerParticipant: 1 };
    const taskId = await f.createTask(rules);
    await f.openRound(taskId);
    const keys = { maskKey: word(1), seedHash: word(2), sharesId: word(3), shareKey: `0x${"00".repeat(32)}` };
    const signed = await f.signKeys(taskId, f.members[0]!, keys);
    await f.federation.advertise(taskId, 1, [signed]);
    await f.pass(101);
    for (const member of f.members.slice(0, 2)) await f.commit(taskId, member);
    await expect(f.federation.closeRound(taskId, 1)).revertedWithCustomError(f.federation, "TooEarly");
    await f.pass(601);
    await f.federation.closeRound(taskId, 1);
    await f.pass(301);
    for (let attempt = 0; attempt < baseRules.attempts; attempt++) {
      await f.federation.reassign(taskId, 1).then(
        () => f.pass(301),
        () => undefined,
      );
    }
    await f.openRound(taskId, f.members[2]!);
    await f.federation.advertise(taskId, 2, [await f.signKeys(taskId, f.members[2]!, keys)]);
    await f.pass(101);
    await expect(f.commit(taskId, f.members[0]!)).revertedWithCustomError(f.federation, "BudgetSpent");
  });

  it("a clearance alone keeps accounts out", async () => {
    const access = { ...openAccess, clearance: 2 };
    await f.federation.createTask(baseRules, access, word(0), "0x7b7d", "0x");
    const [creation] = await f.federation.queryFilter(f.federation.filters.TaskCreated!());
    const first = (creation as unknown as { args: { historyHead: string } }).args.historyHead;
    await expect(f.federation.connect(f.members[0]!).enrol(1, first, `0x${"00".repeat(32)}`, "0x"))
      .revertedWithCustomError(f.federation, "NotEligible")
      .withArgs(f.members[0]!.address);
  });

  it("a long task has the longest ring", async () => {
    const taskId = await f.createTask({ rounds: 65_535, challengeWindowS: 1_209_600 });
    await expect(f.openRound(taskId)).emit(f.federation, "RoundOpened");
  });
});
