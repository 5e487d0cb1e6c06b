import { expect } from "chai";
import type { TransactionResponse } from "ethers";
import type { SolidityEvidence } from "./support/facts.ts";
import {
  baseRules,
  createFederation,
  openAccess,
  type SolidityRules,
  type TestFederation,
  zeroWord,
} from "./support/federation.ts";

const windowS = 3600;
const rolledBack = 5;
const wrongWeight = 1;

describe("A proof against an accepted round", () => {
  let f: TestFederation;
  let taskId: number;
  let rules: SolidityRules;
  let bondWei: bigint;

  beforeEach(async () => {
    f = await createFederation({ participants: 8, aggregators: 3 });
    rules = await f.bonded({ ...baseRules, maxUpdates: 8, attempts: 2, challengeWindowS: windowS, rounds: 20 });
    taskId = await f.createTask(rules);
    bondWei = f.bonds(rules).participant;
  });

  const addresses = (from: number, to: number): string[] => f.members.slice(from, to).map(({ address }) => address);
  /**
   * A round of everybody that is still in the task, until there is a proposal: a lie where `wrong`, whose weight does
   * not add up.
   */
  const propose = async ({ wrong = false, by = f.members } = {}): Promise<number> => {
    await f.openRound(taskId, by[0]!);
    for (const member of by) await f.commit(taskId, member);
    const { round, totalWeight } = await f.facts(taskId);
    await f.federation.closeRound(taskId, round);
    await f.propose(taskId, wrong ? { excluded: 1n, totalWeight: totalWeight - 9n } : {});
    return round;
  };
  /** The same, accepted by these of the members. */
  const accept = async (from: number, to: number, { wrong = false, by = f.members } = {}): Promise<number> => {
    const round = await propose({ wrong, by });
    await f.accept(taskId, by.slice(from, to));
    return round;
  };
  const prove = async (round: number, evidence?: SolidityEvidence): Promise<TransactionResponse> => {
    const facts = await f.facts(taskId, round);
    return f.proofs.connect(f.outsider).proveWeight(f.federation, evidence ?? facts.evidence, facts.commitments);
  };
  /** What a strike that took so many bonds pays its prover, and what it burns. */
  const rewardOf = async (count: number): Promise<[bigint, bigint]> => {
    const taken = BigInt(count) * bondWei;
    const cost = ((await f.proofs.leastBondWei(rules)) * 3n) / 3n / 2n;
    const reward = taken / 2n < cost ? taken / 2n : cost;
    return [reward, taken - reward];
  };
  const expectExpelled = async (call: TransactionResponse, accounts: readonly string[]) => {
    const { expelled } = await eventsOf(call);
    expect(expelled).deep.equals(accounts);
  };
  const eventsOf = async (call: TransactionResponse) => {
    const parsed = (await call.wait())!.logs.map((log) => f.federation.interface.parseLog(log)!);
    const of = (name: string) => parsed.filter((event) => event.name === name);
    const expelled = of("MemberExpelled").map(({ args }) => args.account as string);
    return { expelled, names: parsed.map(({ name }) => name), of };
  };

  it("takes the bonds of the proposer and of all who signed, and of nobody else; the model is again the round's base", async () => {
    const honest = await accept(0, 8);
    const { evidence } = await f.facts(taskId, honest);
    const wrong = await accept(2, 7, { wrong: true });
    const { assigned } = await f.facts(taskId, wrong);
    const call = await prove(wrong);
    await expectExpelled(call, [assigned, ...addresses(2, 7)]);
    await expect(call).emit(f.federation, "RolledBack").withArgs(taskId, wrong, wrong, evidence.proposal.modelRoot);
    const [reward, burnt] = await rewardOf(6);
    await expect(call).emit(f.federation, "Rewarded").withArgs(taskId, f.outsider.address, reward, burnt);
    // 1.5 times the cost of the proof: less than half of six bonds
    expect(reward < 3n * bondWei).equals(true);
    await expect(f.federation.connect(f.outsider).withdraw()).changeEtherBalance(f.ethers, f.outsider, reward);
    await expect(f.federation.connect(f.outsider).withdraw()).revertedWithCustomError(f.federation, "NoAmount");
    // five that did not lie, and the three that are left go on from the right model
    const balance = await f.ethers.provider.getBalance(f.address);
    expect(balance).equals(5n * bondWei + burnt);
    const left = [f.members[0]!, f.members[1]!, f.members[7]!];
    const next = await accept(0, 3, { by: left });
    const facts = await f.facts(taskId, next);
    expect(facts.baseModelRoot).equals(evidence.proposal.modelRoot);
    expect(facts.acceptedBefore).equals(1);
  });

  it("pays half of what was taken where that is less, and the rest is burnt", async () => {
    await propose({ wrong: true });
    const call = await prove(1);
    const [reward, burnt] = await rewardOf(1);
    expect(reward).equals(bondWei / 2n);
    await expect(call).emit(f.federation, "Rewarded").withArgs(taskId, f.outsider.address, reward, burnt);
    await expect(call).not.emit(f.federation, "RolledBack");
    await expect(call).emit(f.federation, "AggregatorAssigned");
  });

  it("counts to the last second of the window, and not one later", async () => {
    await accept(0, 8, { wrong: true });
    const { timestamp } = (await f.ethers.provider.getBlock("latest"))!;
    const snapshot = await f.networkHelpers.takeSnapshot();
    await f.networkHelpers.time.setNextBlockTimestamp(timestamp + windowS);
    await expect(prove(1)).emit(f.federation, "RolledBack");
    await snapshot.restore();
    await f.networkHelpers.time.setNextBlockTimestamp(timestamp + windowS + 1);
    await expect(prove(1))
      .revertedWithCustomError(f.federation, "NoLongerProvable")
      .withArgs(timestamp + windowS);
  });

  it("makes all later rounds void, ends the one in flight, and none of them counts", async () => {
    await accept(0, 5, { wrong: true });
    await accept(0, 8);
    const last = await accept(0, 8);
    expect((await f.facts(taskId, last)).acceptedBefore).equals(2);
    const inFlight = await propose();
    const { baseModelRoot } = await f.facts(taskId, 1);
    const call = await prove(1);
    const { names } = await eventsOf(call);
    expect(names.slice(0, 3)).deep.equals(["Struck", "RoundInvalid", "RolledBack"]);
    await expect(call).emit(f.federation, "RolledBack").withArgs(taskId, 1, inFlight, baseModelRoot);
    const { of } = await eventsOf(call);
    expect(of("RoundInvalid").map(({ args }) => [Number(args.round), Number(args.reason)])).deep.equals([
      [inFlight, rolledBack],
    ]);
    await expect(f.federation.reassign(taskId, inFlight)).revertedWithCustomError(f.federation, "WrongPhase");
    const next = await accept(0, 3, { by: f.members.slice(5) });
    const facts = await f.facts(taskId, next);
    expect(facts.baseModelRoot).equals(baseModelRoot);
    expect(facts.acceptedBefore).equals(0);
  });

  it("works for overlapping roll-backs, and void rounds stay provable for the bonds of who signed only them", async () => {
    for (let round = 1; round <= 8; round++) {
      const wrong = [3, 5, 7].includes(round);
      if (round === 5) await accept(3, 8, { wrong });
      else await accept(0, 5, { wrong });
    }
    const base = async (round: number) => (await f.facts(taskId, round)).baseModelRoot;
    await expect(await prove(7))
      .emit(f.federation, "RolledBack")
      .withArgs(taskId, 7, 8, await base(7));
    const second = await prove(3);
    await expect(second)
      .emit(f.federation, "RolledBack")
      .withArgs(taskId, 3, 8, await base(3));
    // all of them are expelled already but the aggregator
    await expectExpelled(second, [(await f.facts(taskId, 3)).assigned]);
    const third = await prove(5);
    await expect(third).not.emit(f.federation, "RolledBack");
    await expectExpelled(third, [(await f.facts(taskId, 5)).assigned, ...addresses(5, 8)]);
    await expect(prove(5)).revertedWithCustomError(f.federation, "NothingToTake");
    await expect(prove(7)).revertedWithCustomError(f.federation, "NothingToTake");
    const balance = await f.ethers.provider.getBalance(f.address);
    await f.federation.connect(f.outsider).withdraw();
    expect(balance > (await f.ethers.provider.getBalance(f.address))).equals(true);
  });

  it("opens a complete task again", async () => {
    taskId = await f.createTask({ ...rules, rounds: 1 });
    await accept(0, 5, { wrong: true });
    await expect(f.openRound(taskId)).revertedWithCustomError(f.federation, "TaskComplete");
    await prove(1);
    await expect(f.openRound(taskId, f.members[7]!)).emit(f.federation, "RoundOpened");
  });

  it("does not reach who has left and taken its bond: it cannot leave before the window is past", async () => {
    await accept(0, 8, { wrong: true });
    const leaver = f.members[0]!;
    await f.federation.connect(leaver).leave(taskId, f.first(taskId));
    await f.federation.freePlaces(taskId);
    const release = () => f.federation.releaseBond(taskId, leaver.address);
    await expect(release()).revertedWithCustomError(f.federation, "StillBonded");
    const call = await prove(1);
    await expect(call).emit(f.federation, "MemberExpelled").withArgs(taskId, 1, leaver.address, wrongWeight, bondWei);
    await f.pass(windowS + 10);
    await expect(release()).revertedWithCustomError(f.federation, "StillBonded");
  });

  it("leaves nobody's bond to a liar's friend: who proves its own lie loses more than it gets", async () => {
    await accept(0, 8, { wrong: true });
    const before = await f.ethers.provider.getBalance(f.address);
    const liar = f.members[3]!;
    const facts = await f.facts(taskId, 1);
    const call = await f.proofs.connect(liar).proveWeight(f.federation, facts.evidence, facts.commitments);
    const [reward] = await rewardOf(9);
    await expect(call)
      .emit(f.federation, "Rewarded")
      .withArgs(taskId, liar.address, reward, 9n * bondWei - reward);
    await f.federation.connect(liar).withdraw();
    expect(before - (await f.ethers.provider.getBalance(f.address))).equals(reward);
    expect(reward < bondWei).equals(true);
  });
});

describe("Words over what a reorganisation took away", () => {
  it("accept nothing: a proposal and its attestations name the updates that they were made over", async () => {
    const f = await createFederation({ participants: 4, aggregators: 1 });
    const taskId = await f.createTask();
    await f.openRound(taskId);
    const [a, b, c, d] = f.members as [never, never, never, never];
    const start = await f.networkHelpers.takeSnapshot();
    for (const member of [a, b, c, d]) await f.commit(taskId, member);
    await f.federation.closeRound(taskId, 1);
    const { accumulator } = await f.facts(taskId);
    const proposal = await f.propose(taskId);
    const words = await f.attest(taskId);
    const signedThere = await f.signCommitment(taskId, d, { weight: 7 });

    await start.restore();
    // on the chain that stays, the updates are the same but one: so is their weight
    for (const member of [a, b, c]) await f.commit(taskId, member);
    await f.commit(taskId, d, { updateRoot: `0x${"ab".repeat(32)}` });
    await f.federation.closeRound(taskId, 1);
    const aggregator = f.federation.connect(f.aggregators[0]!);
    await expect(aggregator.propose(taskId, 1, accumulator, proposal, "0x")).revertedWithCustomError(
      f.federation,
      "WrongAccumulator",
    );
    // the same proposal, made over these updates, has another hash: who signed the other one has not signed it
    await f.propose(taskId, proposal);
    await expect(f.federation.accept(taskId, 1, proposal, words, []))
      .revertedWithCustomError(f.federation, "QuorumNotReached")
      .withArgs(0, 3);
    // over one anchor, two words of one account are equivocation; the anchor is the same, as the round is
    const evidence = await f.evidence(taskId);
    const { commitments } = await f.facts(taskId);
    await expect(f.proofs.proveDoubleCommitment(f.federation, evidence, commitments, 3, signedThere)).emit(
      f.federation,
      "MemberExpelled",
    );
  });

  it("are no equivocation where the round began otherwise, as their anchors differ", async () => {
    const f = await createFederation({ participants: 3, aggregators: 1 });
    const taskId = await f.createTask();
    const before = await f.networkHelpers.takeSnapshot();
    await f.openRound(taskId);
    const { anchor } = await f.facts(taskId);
    const signed = await f.signCommitment(taskId, f.members[0]!, { weight: 5 });
    await before.restore();
    // another member is on the record before the round opens
    await f.federation.record(taskId, f.first(taskId), 1, `0x${"11".repeat(32)}`);
    await f.openRound(taskId);
    for (const member of f.members) await f.commit(taskId, member);
    await f.federation.closeRound(taskId, 1);
    const facts = await f.facts(taskId);
    expect(facts.anchor).not.equals(anchor);
    const call = f.proofs.proveDoubleCommitment(f.federation, facts.evidence, facts.commitments, 0, signed);
    await expect(call).revertedWithCustomError(f.proofs, "NoEquivocation");
    await expect(f.federation.commitBatch(taskId, 1, [signed])).revertedWithCustomError(f.federation, "WrongPhase");
  });

  it("enter and leave no other task that has the number of the one meant, and tell it no key and no record", async () => {
    const f = await createFederation({ participants: 1, aggregators: 1 });
    const before = await f.networkHelpers.takeSnapshot();
    await f.createTask();
    const meant = await f.first(1);
    await before.restore();
    const rules = { ...baseRules, minUpdates: 1, rounds: 3 };
    await f.federation.createTask(rules, openAccess, zeroWord.replace(/0$/, "1"), "0x7b7d", "0x");
    const first = await f.first(1);
    expect(first).not.equals(meant);
    const [member, aggregator] = [f.federation.connect(f.members[0]!), f.federation.connect(f.aggregators[0]!)];
    for (const call of [
      member.enrol(1, meant, zeroWord, "0x"),
      aggregator.join(1, meant),
      f.federation.record(1, meant, 1, zeroWord),
      member.leave(1, meant),
      member.setShareKey(1, meant, "0x"),
    ]) {
      await expect(call).revertedWithCustomError(f.federation, "WrongTask").withArgs(first);
    }
    await member.enrol(1, first, zeroWord, "0x");
    const late = f.openRound(1, f.members[0]!, 2);
    await expect(late).revertedWithCustomError(f.federation, "WrongRound");
  });
});
