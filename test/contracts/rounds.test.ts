import { expect } from "chai";
import type { SolidityProposal } from "./support/facts.ts";
import { createFederation, type TestFederation, word, zeroWord } from "./support/federation.ts";
import { expectRefused } from "./support/refused.ts";

const open = 2;
const aggregating = 3;
const proposed = 4;
const accepted = 5;
const tooFewUpdates = 1;
const noProposal = 2;
const notAttested = 3;

describe("A round", () => {
  let f: TestFederation;
  let taskId: number;
  const refused = (call: Promise<unknown>, error: string, ...args: readonly unknown[]) =>
    expectRefused(f, call, error, ...args);
  const commitAll = async () => {
    for (const member of f.members) await f.commit(taskId, member);
  };
  const close = (round: number) => f.federation.connect(f.outsider).closeRound(taskId, round);
  const reassign = (round: number) => f.federation.connect(f.outsider).reassign(taskId, round);
  const toProposed = async (): Promise<number> => {
    await f.openRound(taskId);
    await commitAll();
    const { round } = await f.facts(taskId);
    await close(round);
    await f.propose(taskId);
    return round;
  };

  beforeEach(async () => {
    f = await createFederation({ participants: 4, aggregators: 2 });
    taskId = await f.createTask({ rounds: 2, minUpdates: 2, challengeWindowS: 60 });
  });

  it("is opened by a member of the task, one at a time, until enough are accepted", async () => {
    await refused(f.openRound(taskId, f.outsider), "NotEnrolled", f.outsider.address);
    await refused(f.openRound(taskId, f.admin), "NotEnrolled", f.admin.address);
    await expect(f.openRound(taskId, f.aggregators[0]!)).emit(f.federation, "RoundOpened");
    await refused(f.openRound(taskId), "WrongPhase", open);
    await commitAll();
    await close(1);
    await refused(f.openRound(taskId), "WrongPhase", aggregating);
    await f.propose(taskId);
    await refused(f.openRound(taskId), "WrongPhase", proposed);
    await f.accept(taskId);
    await toProposed();
    await f.accept(taskId);
    await refused(f.openRound(taskId), "TaskComplete", taskId);
    await f.federation.connect(f.members[0]!).leave(taskId, f.first(taskId));
    await f.federation.freePlaces(taskId);
    await refused(
      f.federation.connect(f.members[0]!).enrol(taskId, f.first(taskId), zeroWord, "0x"),
      "TaskComplete",
      taskId,
    );
  });

  it("needs minUpdates participants, and one without a result costs none of the task's rounds", async () => {
    const lonely = await f.createTask({ minUpdates: 3, rounds: 1 }, { enrolled: f.members.slice(0, 2) });
    await refused(f.openRound(lonely), "TooFewParticipants", 2);
    for (let round = 1; round <= 3; round++) {
      await f.openRound(taskId);
      await f.pass(601);
      await expect(close(round)).emit(f.federation, "RoundInvalid").withArgs(taskId, round, tooFewUpdates, anyHead);
    }
    await toProposed();
    await f.accept(taskId);
    await f.openRound(taskId);
  });

  it("takes each participant's commitment once, over its anchor, with weight and roots in range, and until its deadline", async () => {
    await refused(f.federation.commit(taskId, 1, zeroWord, word(1), word(1), 1), "WrongRound", 0);
    await f.openRound(taskId);
    const { anchor } = await f.facts(taskId);
    const [one, other, third] = f.members;
    const commit = (
      change: { anchor?: string; root?: string; content?: string; weight?: number; round?: number } = {},
      by = one!,
    ) => {
      const { root = word(1), content = word(2), weight = 10, round = 1 } = change;
      return f.federation.connect(by).commit(taskId, round, change.anchor ?? anchor, root, content, weight);
    };
    await refused(commit({ anchor: word(1) }), "WrongAnchor", anchor);
    await refused(commit({ root: zeroWord }), "InvalidRoot");
    await refused(commit({ content: zeroWord }), "InvalidRoot");
    await refused(commit({ weight: 0 }), "InvalidWeight", 0);
    await refused(commit({ weight: 1001 }), "InvalidWeight", 1001);
    await refused(commit({ round: 2 }), "WrongRound", 1);
    await refused(commit({}, f.outsider), "NotEnrolled", f.outsider.address);
    await refused(commit({}, f.aggregators[0]!), "NotEnrolled");
    await expect(commit({ weight: 1000 }))
      .emit(f.federation, "Committed")
      .withArgs(taskId, 1, one!.address, 0, 1000, word(1), word(2));
    await refused(commit(), "AlreadyCommitted", one!.address);
    // who enrols while it runs is in the next one
    await f.federation.grantRole(f.role("PARTICIPANT_ROLE"), f.outsider.address);
    await f.federation.connect(f.outsider).enrol(taskId, f.first(taskId), zeroWord, "0x");
    await refused(commit({}, f.outsider), "NotDrawn", f.outsider.address);
    const { timestamp } = (await f.ethers.provider.getBlock("latest"))!;
    const opened = (await f.ethers.provider.getBlock((await eventBlock("RoundOpened")).blockNumber))!;
    expect(timestamp).lessThan(opened.timestamp + 600);
    await f.networkHelpers.time.setNextBlockTimestamp(opened.timestamp + 600);
    await commit({}, other!);
    await refused(commit({}, third!), "TooLate", opened.timestamp + 600);
  });

  it("takes signed commitments in a batch, and passes over what does not count", async () => {
    await f.openRound(taskId);
    const [a, b, c, d] = f.members;
    await f.commit(taskId, a!);
    await f.federation.connect(c!).leave(taskId, f.first(taskId));
    const right = await f.signCommitment(taskId, d!);
    const signed = [
      await f.signCommitment(taskId, a!),
      await f.signCommitment(taskId, b!, { weight: 0 }),
      await f.signCommitment(taskId, b!, { anchor: word(5) }),
      await f.signCommitment(taskId, c!),
      await f.signCommitment(taskId, f.outsider),
      { ...right, signature: { r: word(1), vs: zeroWord } },
      { ...right, signature: { r: right.signature.r, vs: `0x${"ff".repeat(32)}` } },
    ];
    const batch = (list: typeof signed) => f.federation.connect(f.outsider).commitBatch(taskId, 1, list);
    await refused(batch(signed), "NothingAdded");
    await refused(batch([]), "NothingAdded");
    await batch([...signed, right, right, await f.signCommitment(taskId, b!)]);
    const { commitments, committed, totalWeight } = await f.facts(taskId);
    expect(commitments.map(({ participant }) => participant)).deep.equals([a, d, b].map((one) => one!.address));
    expect([committed, totalWeight]).deep.equals([0b1011n, 30n]);
    await f.pass(601);
    await refused(batch([right]), "TooLate");
  });

  it("closes when all have committed or after the deadline, with enough of them", async () => {
    await refused(close(1), "WrongRound", 0);
    await f.openRound(taskId);
    await refused(close(2), "WrongRound", 1);
    await f.commit(taskId, f.members[0]!);
    await f.commit(taskId, f.members[1]!);
    await refused(close(1), "TooEarly");
    await f.commit(taskId, f.members[2]!);
    await f.commit(taskId, f.members[3]!);
    await expect(close(1))
      .emit(f.federation, "RoundClosed")
      .emit(f.federation, "AggregatorAssigned")
      .withArgs(taskId, 1, f.aggregators[1]!.address, 0, 1, 2, anyHead);
    await refused(close(1), "WrongPhase", aggregating);
    await f.pass(301);
    await reassign(1);
    await f.pass(301);
    await expect(reassign(1)).emit(f.federation, "RoundInvalid").withArgs(taskId, 1, noProposal, anyHead);
    await f.openRound(taskId);
    await f.commit(taskId, f.members[0]!);
    await f.commit(taskId, f.members[1]!);
    await f.pass(601);
    await expect(close(2)).emit(f.federation, "RoundClosed");
  });

  it("is proposed by the assigned aggregator only, over all that it says, within its time", async () => {
    await f.openRound(taskId);
    await commitAll();
    await close(1);
    const { assigned, accumulator, totalWeight } = await f.facts(taskId);
    const other = f.aggregators.find(({ address }) => address !== assigned)!;
    const right: SolidityProposal = {
      ...{ attempt: 0, aggregator: assigned, modelRoot: word(1), contentId: word(2), totalWeight, excluded: 0n },
    };
    const propose = (
      change: Partial<SolidityProposal> = {},
      { by = f.signerOf(assigned), round = 1, over = accumulator, openings = "0x" } = {},
    ) => f.federation.connect(by).propose(taskId, round, over, { ...right, ...change }, openings);
    await refused(propose({}, { by: other }), "NotAssigned", assigned);
    await refused(propose({ aggregator: other.address }), "NotAssigned");
    await refused(propose({ attempt: 1 }), "NotAssigned");
    await refused(propose({}, { over: word(9) }), "WrongAccumulator", accumulator);
    await refused(propose({}, { round: 2 }), "WrongRound", 1);
    await refused(propose({}, { openings: "0x00" }), "InvalidOpenings");
    await refused(propose({ modelRoot: zeroWord }), "InvalidRoot");
    await refused(propose({ contentId: zeroWord }), "InvalidRoot");
    await refused(propose({ totalWeight: 39n }), "WrongTotalWeight", 40);
    await refused(propose({ excluded: 1n << 4n, totalWeight: 30n }), "InvalidExclusion");
    await refused(propose({ excluded: 0b111n, totalWeight: 10n }), "InvalidExclusion");
    await refused(propose({ excluded: 1n, totalWeight: 0n }), "WrongTotalWeight", 40);
    await refused(propose({ excluded: 1n, totalWeight: 40n }), "WrongTotalWeight", 40);
    await propose({ excluded: 0b11n, totalWeight: 20n });
    await refused(propose(), "WrongPhase", proposed);
    await f.pass(301);
    await expect(reassign(1))
      .emit(f.federation, "AggregatorAssigned")
      .withArgs(taskId, 1, other.address, 1, 0, 2, anyHead);
    await f.pass(301);
    const late = { ...right, attempt: 1, aggregator: other.address };
    await refused(f.federation.connect(other).propose(taskId, 1, accumulator, late, "0x"), "TooLate");
  });

  it("lets no aggregator propose that has left, or lost its role, since it was assigned", async () => {
    for (const end of ["leave", "revoke"]) {
      const other = await f.createTask({ attempts: 3 });
      await f.openRound(other);
      for (const member of f.members) await f.commit(other, member);
      await f.federation.closeRound(other, 1);
      const { assigned } = await f.facts(other);
      if (end === "leave") await f.federation.connect(f.signerOf(assigned)).leave(other, f.first(other));
      else await f.federation.revokeRole(f.role("AGGREGATOR_ROLE"), assigned);
      await refused(f.propose(other), "NotAssigned", `0x${"00".repeat(20)}`);
      await f.pass(301);
      await f.federation.reassign(other, 1);
      const next = await f.facts(other);
      expect(next.assigned).not.equals(assigned);
      await f.propose(other);
      await f.accept(other);
    }
  });

  it("goes to the next attempt when nobody attests in time, and ends after the last", async () => {
    await toProposed();
    await refused(reassign(1), "TooEarly");
    await f.pass(301);
    await refused(f.accept(taskId), "TooLate");
    await expect(reassign(1)).emit(f.federation, "AggregatorAssigned");
    await refused(reassign(1), "TooEarly");
    await f.propose(taskId);
    await f.pass(301);
    await expect(reassign(1)).emit(f.federation, "RoundInvalid").withArgs(taskId, 1, notAttested, anyHead);
    await refused(reassign(1), "WrongPhase", 6);
    await refused(f.accept(taskId), "WrongPhase", 6);
  });

  it("leaves a word when it is accepted, and its model is the next one's base", async () => {
    const round = await toProposed();
    const { evidence, proposalHash } = await f.facts(taskId);
    const attesters = [f.members[2]!, f.members[0]!, f.members[3]!];
    const call = f.accept(taskId, attesters);
    const addresses = attesters.map(({ address }) => address);
    await expect(call).emit(f.federation, "RoundAccepted");
    const { timestamp } = (await f.ethers.provider.getBlock("latest"))!;
    const coder = f.ethers.AbiCoder.defaultAbiCoder();
    const inputs = "tuple(uint32,uint32,uint8,uint64,uint64,uint64,uint16,bytes32,bytes32,bytes32,bytes32)";
    const packed = f.ethers.keccak256(f.ethers.concat(addresses.map((one) => f.ethers.zeroPadValue(one, 32))));
    const hash = f.ethers.keccak256(
      coder.encode([inputs, "bytes32", "bytes32"], [Object.values(evidence.inputs), proposalHash, packed]),
    );
    const task = f.ethers.keccak256(coder.encode(["uint32", "uint256"], [taskId, 1]));
    const ring = f.ethers.keccak256(coder.encode(["uint256", "uint256"], [round, BigInt(task) + 15n]));
    const [word_, root] = await f.federation.extsload([ring, `0x${(BigInt(task) + 2n).toString(16)}`]);
    expect(BigInt(word_)).equals(((BigInt(hash) >> 40n) << 40n) | BigInt(timestamp));
    expect(root).equals(evidence.proposal.modelRoot);
    await refused(f.accept(taskId), "WrongPhase", accepted);
    await expect(f.openRound(taskId)).emit(f.federation, "RoundOpened");
    expect((await f.facts(taskId)).baseModelRoot).equals(evidence.proposal.modelRoot);
  });

  it("opens at the least number whose word's place is empty or past its window", async () => {
    // for a hundred rounds, the ring has 128 words
    taskId = await f.createTask({ rounds: 100, challengeWindowS: 86_400 });
    await toProposed();
    await f.accept(taskId);
    const { timestamp } = (await f.ethers.provider.getBlock("latest"))!;
    for (let round = 2; round <= 128; round++) {
      await f.openRound(taskId);
      await f.pass(601);
      await close(round);
    }
    await refused(f.openRound(taskId), "RingFull", timestamp + 86_400);
    const by = f.members[0]!;
    // the number whose place is taken is passed over, and no other
    for (const number of [0, 128, 131, 194]) await refused(f.openRound(taskId, by, number), "WrongRound", 128);
    const full = await f.networkHelpers.takeSnapshot();
    await expect(f.openRound(taskId, by, 130)).emit(f.federation, "RoundOpened");
    await full.restore();
    await f.networkHelpers.time.setNextBlockTimestamp(timestamp + 86_400);
    await refused(f.openRound(taskId), "RingFull");
    await f.networkHelpers.time.setNextBlockTimestamp(timestamp + 86_401);
    await f.openRound(taskId);
  });

  const anyHead = () => true;
  const eventBlock = async (name: string) => (await f.federation.queryFilter(name)).at(-1)!;
});
