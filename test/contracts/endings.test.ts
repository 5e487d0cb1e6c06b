import { expect } from "chai";
import { baseRules, createFederation, type TestFederation, word } from "./support/federation.ts";
import { expectRefused } from "./support/refused.ts";

const tooFewUpdates = 1;
const noProposal = 2;
const provenWrong = 4;
const noAggregator = 6;
const any = () => true;

describe("Every round ends", () => {
  let f: TestFederation;
  let taskId: number;
  const refused = (call: Promise<unknown>, error: string, ...args: readonly unknown[]) =>
    expectRefused(f, call, error, ...args);
  const anyone = () => f.federation.connect(f.outsider);
  const commitAll = async () => {
    for (const member of f.members) await f.commit(taskId, member);
  };
  /** The account has signed two words over one anchor. */
  const expel = async (i: number) => {
    const { round, anchor } = await f.facts(taskId);
    const one = await f.signCommitment(taskId, f.members[i]!, { weight: 1 });
    const other = await f.signCommitment(taskId, f.members[i]!, { weight: 2 });
    return f.proofs.proveEquivocation(f.federation, taskId, round, anchor, one, other);
  };
  const lie = async () => {
    const { totalWeight } = await f.facts(taskId);
    return f.propose(taskId, { excluded: 1n, totalWeight: totalWeight - 1n });
  };
  const prove = async (round?: number) => {
    const { evidence, commitments } = await f.facts(taskId, round);
    return f.proofs.proveWeight(f.federation, evidence, commitments);
  };

  beforeEach(async () => {
    f = await createFederation({ participants: 4, aggregators: 3 });
    taskId = await f.createTask(await f.bonded({ ...baseRules, minUpdates: 3, maxUpdates: 4, attempts: 3 }));
    await f.openRound(taskId);
  });

  it("while Open, when too few are left of those who committed", async () => {
    await commitAll();
    await expel(0);
    await expel(1);
    await expect(anyone().closeRound(taskId, 1))
      .emit(f.federation, "RoundInvalid")
      .withArgs(taskId, 1, tooFewUpdates, any);
    await refused(f.commit(taskId, f.members[0]!), "WrongPhase", 6);
  });

  it("while Open, with one that was expelled before it could commit", async () => {
    await expel(0);
    await refused(f.commit(taskId, f.members[0]!), "NotEnrolled");
    for (const member of f.members.slice(1)) await f.commit(taskId, member);
    await refused(anyone().closeRound(taskId, 1), "TooEarly");
    await f.pass(601);
    await expect(anyone().closeRound(taskId, 1)).emit(f.federation, "RoundClosed");
  });

  it("while Aggregating, at once when too few are left, and nobody becomes idle", async () => {
    await commitAll();
    await anyone().closeRound(taskId, 1);
    await expel(0);
    await refused(anyone().reassign(taskId, 1), "TooEarly");
    await expel(1);
    const { assigned } = await f.facts(taskId);
    await expect(anyone().reassign(taskId, 1))
      .emit(f.federation, "RoundInvalid")
      .withArgs(taskId, 1, tooFewUpdates, any);
    await refused(f.federation.connect(f.signerOf(assigned)).resume(taskId), "NotIdle");
  });

  it("while Proposed, at once when too few are left; with enough, an expelled account's word counts no more", async () => {
    await commitAll();
    await anyone().closeRound(taskId, 1);
    await f.propose(taskId);
    await expel(0);
    // three are left: two words make a quorum, the expelled one's is none
    await refused(f.accept(taskId, f.members.slice(0, 2)), "QuorumNotReached", 1, 2);
    await refused(anyone().reassign(taskId, 1), "TooEarly");
    await expel(3);
    await expect(anyone().reassign(taskId, 1))
      .emit(f.federation, "RoundInvalid")
      .withArgs(taskId, 1, tooFewUpdates, any);
  });

  it("with a proof of the update that makes it too few: the struck proposal has no next attempt", async () => {
    await commitAll();
    await anyone().closeRound(taskId, 1);
    await lie();
    await expel(0);
    await expel(1);
    const call = prove();
    await expect(call).emit(f.federation, "Struck");
    await expect(call).emit(f.federation, "RoundInvalid").withArgs(taskId, 1, tooFewUpdates, any);
  });

  it("when all aggregators lie: each is expelled, and then nobody is left", async () => {
    await commitAll();
    await anyone().closeRound(taskId, 1);
    const assigned: string[] = [];
    for (let attempt = 0; attempt < 3; attempt++) {
      assigned.push((await f.facts(taskId)).assigned);
      await lie();
      const call = prove();
      await expect(call).emit(f.federation, "MemberExpelled");
      if (attempt < 2) await expect(call).emit(f.federation, "AggregatorAssigned");
      else await expect(call).emit(f.federation, "RoundInvalid").withArgs(taskId, 1, provenWrong, any);
    }
    expect(new Set(assigned).size).equals(3);
    await f.openRound(taskId);
    await commitAll();
    // the places were freed: nobody aggregates any more
    await expect(anyone().closeRound(taskId, 2))
      .emit(f.federation, "RoundInvalid")
      .withArgs(taskId, 2, noAggregator, any);
    await refused(
      f.federation.connect(f.signerOf(assigned[0]!)).join(taskId, f.first(taskId)),
      "Expelled",
      assigned[0],
    );
  });

  it("when all aggregators are idle: each has its turn again, the first idle one first", async () => {
    await commitAll();
    await anyone().closeRound(taskId, 1);
    for (let attempt = 0; attempt < 3; attempt++) {
      await f.pass(301);
      const call = anyone().reassign(taskId, 1);
      if (attempt < 2) await expect(call).emit(f.federation, "AggregatorAssigned");
      else await expect(call).emit(f.federation, "RoundInvalid").withArgs(taskId, 1, noProposal, any);
    }
    await f.openRound(taskId);
    await commitAll();
    // (2 + 0) % 3 of three idle ones
    await anyone().closeRound(taskId, 2);
    expect((await f.facts(taskId)).assigned).equals(f.aggregators[2]!.address);
    await f.propose(taskId);
    await f.accept(taskId);
    // it proposed: it is the only one that is not idle
    await f.openRound(taskId);
    await commitAll();
    await anyone().closeRound(taskId, 3);
    expect((await f.facts(taskId)).assigned).equals(f.aggregators[2]!.address);
    await f.pass(301);
    await anyone().reassign(taskId, 3);
    expect((await f.facts(taskId)).assigned).equals(f.aggregators[1]!.address);
  });

  it("with the one that it was built on, and what is left of its members begins anew or does not", async () => {
    await commitAll();
    await anyone().closeRound(taskId, 1);
    await lie();
    await f.accept(taskId, f.members.slice(0, 3));
    await f.openRound(taskId, f.members[3]!);
    await commitAll();
    await anyone().closeRound(taskId, 2);
    await expect(prove(1)).emit(f.federation, "RolledBack").withArgs(taskId, 1, 2, word(0));
    await refused(f.propose(taskId), "WrongPhase", 6);
    await f.federation.freePlaces(taskId);
    await refused(f.openRound(taskId, f.members[3]!), "TooFewParticipants", 1);
  });
});
