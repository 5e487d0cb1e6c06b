import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";
import { createFederation, type TestFederation } from "./support/federation.ts";

const phase = { none: 0n, open: 1n, aggregating: 2n, proposed: 3n, finalized: 4n, invalidated: 5n };
const reason = { tooFewUpdates: 1n, noProposal: 2n, notAttested: 3n };

describe("A task from first to last round (Federation)", () => {
  let f: TestFederation;

  beforeEach(async () => {
    f = await createFederation({ participants: 5, aggregators: 2 });
  });

  const aggregatorOf = (address: string): HardhatEthersSigner => f.aggregators.find((a) => a.address === address)!;
  const commitAll = async (taskId: number, members = f.members): Promise<void> => {
    for (const member of members) await f.commit(taskId, member);
  };
  const phaseOf = async (taskId: number): Promise<bigint> => (await f.federation.taskState(taskId)).phase;

  it("finalizes, reassigns, excludes, invalidates, and goes on from the last final model", async () => {
    const taskId = await f.createTask({ rounds: 6, minUpdates: 3 });
    const { federation } = f;

    // Round 1: everyone commits; a quorum finalizes at once.
    await federation.openRound(taskId);
    await expect(federation.openRound(taskId)).revertedWithCustomError(federation, "WrongPhase").withArgs(phase.open);
    await commitAll(taskId);
    await federation.closeRound(taskId, 1);
    const first = await f.proposal(taskId);
    await federation.connect(aggregatorOf(first.aggregator)).propose(taskId, 1, first, []);
    const { proposalHash: firstHash } = await federation.roundInfo(taskId, 0);
    const quorum = f.members.slice(0, 3);
    await expect(federation.finalize(taskId, 1, first, await f.attest(taskId, 1, firstHash, quorum))).emit(
      federation,
      "RoundFinalized",
    );
    expect((await federation.taskState(taskId)).modelRoot).equals(first.modelRoot);

    // Round 2: the first aggregator sleeps; anyone has the second one assigned; the window finalizes.
    await federation.openRound(taskId);
    await commitAll(taskId);
    await federation.closeRound(taskId, 2);
    const asleep = (await federation.roundInfo(taskId, 0)).assigned;
    await expect(federation.connect(f.outsider).reassign(taskId, 2)).revertedWithCustomError(federation, "TooEarly");
    await f.pass(301);
    await expect(
      federation.connect(aggregatorOf(asleep)).propose(taskId, 2, await f.proposal(taskId), []),
    ).revertedWithCustomError(federation, "TooLate");
    await federation.connect(f.outsider).reassign(taskId, 2);
    const second = await f.proposal(taskId);
    expect(second.aggregator).not.equals(asleep);
    expect(second.attempt).equals(1);
    await federation.connect(aggregatorOf(second.aggregator)).propose(taskId, 2, second, []);
    await expect(federation.finalizeUnchallenged(taskId, 2, second)).revertedWithCustomError(federation, "TooEarly");
    await f.pass(901);
    await federation.connect(f.outsider).finalizeUnchallenged(taskId, 2, second);
    expect((await federation.taskState(taskId)).modelRoot).equals(second.modelRoot);

    // Round 3: an update is left out; time alone does not finalize that, a quorum does.
    await federation.openRound(taskId);
    await commitAll(taskId);
    await federation.closeRound(taskId, 3);
    const excluding = await f.proposal(taskId, { excluded: 0b100n, totalWeight: 40n });
    await federation.connect(aggregatorOf(excluding.aggregator)).propose(taskId, 3, excluding, []);
    await f.pass(901);
    await expect(federation.finalizeUnchallenged(taskId, 3, excluding)).revertedWithCustomError(
      federation,
      "InvalidExclusion",
    );
    const { proposalHash } = await federation.roundInfo(taskId, 0);
    await federation.finalize(taskId, 3, excluding, await f.attest(taskId, 3, proposalHash));
    expect((await federation.taskState(taskId)).modelRoot).equals(excluding.modelRoot);

    // Round 4: a proposal that excludes finds no quorum, twice: invalid, and the model stays.
    await federation.openRound(taskId);
    await commitAll(taskId);
    await federation.closeRound(taskId, 4);
    for (let attempt = 0; attempt < 2; attempt++) {
      const refused = await f.proposal(taskId, { excluded: 0b1n, totalWeight: 40n });
      await federation.connect(aggregatorOf(refused.aggregator)).propose(taskId, 4, refused, []);
      await expect(federation.reassign(taskId, 4)).revertedWithCustomError(federation, "TooEarly");
      await f.pass(901);
      const moved = await federation.reassign(taskId, 4);
      if (attempt === 0) await expect(moved).emit(federation, "AggregatorAssigned");
      else {
        const { historyHead } = await federation.taskState(taskId);
        await expect(moved).emit(federation, "RoundInvalidated").withArgs(taskId, 4, reason.notAttested, historyHead);
      }
    }
    expect((await federation.taskState(taskId)).modelRoot).equals(excluding.modelRoot);

    // Round 5: too few come; the deadline closes it.
    await federation.openRound(taskId);
    await commitAll(taskId, f.members.slice(0, 2));
    await expect(federation.closeRound(taskId, 5)).revertedWithCustomError(federation, "TooEarly");
    await f.pass(601);
    await expect(f.commit(taskId, f.members[4]!)).revertedWithCustomError(federation, "TooLate");
    const closed = await federation.connect(f.outsider).closeRound(taskId, 5);
    const { historyHead } = await federation.taskState(taskId);
    await expect(closed).emit(federation, "RoundInvalidated").withArgs(taskId, 5, reason.tooFewUpdates, historyHead);

    // Round 6, the last: then the task is complete.
    await federation.openRound(taskId);
    await commitAll(taskId, f.members.slice(0, 4));
    await f.pass(601);
    await federation.closeRound(taskId, 6);
    await f.pass(301);
    await federation.reassign(taskId, 6);
    await f.pass(301);
    const last = await federation.reassign(taskId, 6);
    await expect(last).emit(federation, "RoundInvalidated");
    expect(await phaseOf(taskId)).equals(phase.invalidated);
    await expect(federation.openRound(taskId)).revertedWithCustomError(federation, "TaskComplete").withArgs(taskId);
    const late = f.members[0]!;
    await federation.connect(late).leaveTask(taskId);
    await expect(federation.connect(late).enrol(taskId)).revertedWithCustomError(federation, "TaskComplete");
  });

  it("runs on with whoever is left when members leave, are revoked, and come back", async () => {
    const taskId = await f.createTask({ minUpdates: 2 });
    const { federation } = f;
    const [a, b, c, d, e] = f.members as [
      HardhatEthersSigner,
      HardhatEthersSigner,
      HardhatEthersSigner,
      HardhatEthersSigner,
      HardhatEthersSigner,
    ];
    await federation.openRound(taskId);
    await expect(federation.connect(b).leaveTask(taskId)).emit(federation, "Leaving").withArgs(taskId, b.address);
    await expect(federation.revokeRole(f.role("PARTICIPANT_ROLE"), a.address))
      .emit(federation, "Leaving")
      .withArgs(taskId, a.address);
    for (const gone of [a, b]) {
      await expect(f.commit(taskId, gone)).revertedWithCustomError(federation, "NotEnrolled").withArgs(gone.address);
    }
    await expect(federation.connect(b).enrol(taskId)).revertedWithCustomError(federation, "AlreadyEnrolled");
    for (const present of [c, d, e]) await f.commit(taskId, present);
    await f.pass(601);
    await federation.closeRound(taskId, 1);
    await f.pass(301);
    await federation.reassign(taskId, 1);
    await f.pass(301);
    await federation.reassign(taskId, 1);

    const opened = await federation.openRound(taskId);
    for (const gone of [a, b]) await expect(opened).emit(federation, "Left").withArgs(taskId, gone.address);
    const places: string[] = await federation.participants(taskId);
    expect([...places].sort()).deep.equals([c, d, e].map(({ address }) => address).sort());
    for (const [index, address] of places.entries()) {
      expect((await federation.enrolment(taskId, address)).index).equals(BigInt(index));
    }
    await federation.connect(b).enrol(taskId);
    expect((await federation.slotOf(taskId, b.address)).drawn).equals(false);
    await expect(f.commit(taskId, b)).revertedWithCustomError(federation, "NotDrawn").withArgs(b.address);
    await expect(federation.connect(a).enrol(taskId)).revertedWithCustomError(
      federation,
      "AccessControlUnauthorizedAccount",
    );
  });
});
