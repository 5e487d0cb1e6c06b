import { expect } from "chai";
import { AbiCoder, keccak256 } from "ethers";
import { updateRootOf } from "../../node/core/words/commitment.ts";
import { withoutProposal } from "./support/facts.ts";
import { baseRules, createFederation, maskedRules, type TestFederation, word, zeroWord } from "./support/federation.ts";
import { vectorOf } from "./support/proven-round.ts";

type Member = TestFederation["admin"];

describe("What stays behind of those who left or were expelled", () => {
  let f: TestFederation;
  beforeEach(async () => {
    f = await createFederation({ participants: 3, aggregators: 3 });
  });

  /** Proves two words of a member, over the round's anchor. */
  async function expel(taskId: number, member: Member) {
    const { round, anchor } = await f.facts(taskId);
    const signed = [1, 2].map((weight) => f.signCommitment(taskId, member, { weight }));
    const [one, other] = await Promise.all(signed);
    return f.proofs.proveEquivocation(f.federation, taskId, round, anchor, one, other);
  }

  async function closed(changed: Partial<typeof baseRules> = {}): Promise<number> {
    const taskId = await f.createTask({ ...baseRules, ...changed });
    await f.openRound(taskId);
    for (const member of f.members) await f.commit(taskId, member);
    await f.federation.closeRound(taskId, 1);
    return taskId;
  }

  it("lets who takes the place of an idle aggregator begin without its mark", async () => {
    const taskId = await closed({ attempts: 2 });
    const missed: Member[] = [];
    for (let attempt = 0; attempt < 2; attempt++) {
      missed.push(f.signerOf((await f.facts(taskId)).assigned));
      await f.pass(301);
      await f.federation.reassign(taskId, 1);
    }
    for (const one of missed) await f.federation.connect(one).leave(taskId, f.first(taskId));
    await f.federation.freePlaces(taskId);
    for (const one of missed) await f.federation.connect(one).join(taskId, f.first(taskId));
    for (const one of missed) {
      await expect(f.federation.connect(one).resume(taskId)).revertedWithCustomError(f.federation, "NotIdle");
    }
  });

  it("forgets the task of an expelled account once its place is freed", async () => {
    const taskId = await f.createTask();
    await f.openRound(taskId);
    const liar = f.members[0]!;
    await expel(taskId, liar);
    await f.pass(601);
    await f.federation.closeRound(taskId, 1);
    await f.federation.freePlaces(taskId);
    const slot = BigInt(keccak256(AbiCoder.defaultAbiCoder().encode(["address", "uint256"], [liar.address, 2])));
    const slots = [slot, slot + 1n].map((one) => f.ethers.toBeHex(one, 32));
    const words = (await f.federation.extsload(slots)) as unknown as readonly string[];
    expect(words).deep.equals([zeroWord, zeroWord]);
  });

  it("puts nobody out by marks of places that were freed before", async function () {
    this.timeout(120_000);
    f = await createFederation({ participants: 64, aggregators: 1 });
    const taskId = await f.createTask({ ...baseRules });
    const back = [...f.members.slice(44), ...f.members.slice(0, 12)];
    for (const member of back) await f.federation.connect(member).leave(taskId, f.first(taskId));
    // 32 steps: the last twenty of the list, then twelve at its beginning; the twenty marks of the end stay
    await f.federation.freePlaces(taskId);
    for (const member of back) await f.federation.connect(member).enrol(taskId, f.first(taskId), zeroWord, "0x");
    await expect(f.federation.freePlaces(taskId)).not.emit(f.federation, "Left");
    await f.openRound(taskId);
    for (const member of f.members) await f.commit(taskId, member);
  });

  it("lets who was expelled and then loses its role leave once", async () => {
    const taskId = await f.createTask();
    await f.openRound(taskId);
    await expel(taskId, f.members[0]!);
    const role = f.role("PARTICIPANT_ROLE");
    await expect(f.federation.revokeRole(role, f.members[0]!.address)).not.emit(f.federation, "Leaving");
  });

  it("accepts nothing where fewer are left than make a round", async () => {
    const taskId = await closed({ minUpdates: 3, attestationQuorum: 1 });
    await f.propose(taskId);
    for (const member of f.members.slice(1)) await expel(taskId, member);
    const { evidence } = await f.facts(taskId);
    const words = await f.attest(taskId, f.members.slice(0, 1));
    await expect(f.federation.accept(taskId, 1, evidence.proposal, words, []))
      .revertedWithCustomError(f.federation, "TooFewParticipants")
      .withArgs(1);
  });

  it("counts no word of an aggregator, though its place is a participant's number, too", async () => {
    const taskId = await closed();
    await f.propose(taskId);
    const { evidence } = await f.facts(taskId);
    const words = await f.attest(taskId, [...f.aggregators, f.members[0]!]);
    await expect(f.federation.accept(taskId, 1, evidence.proposal, words, []))
      .revertedWithCustomError(f.federation, "QuorumNotReached")
      .withArgs(1, 2);
  });

  it("expels nobody for an update that somebody made up for it", async () => {
    const taskId = await closed({ parameterCount: 64, clipLanes: 8 });
    const victim = f.members[0]!.address;
    const { tree } = vectorOf(new Int32Array(64).fill(9));
    const updateRoot = updateRootOf(victim as never, tree.root);
    const forged = { participant: victim, slot: 0, weight: 1, updateRoot, contentId: word(1) };
    const proof = { position: 0, chunkIndex: 0, chunk: tree.chunk(0), path: [] };
    const claimOf = (evidence: Awaited<ReturnType<typeof f.evidence>>) => {
      const types = ["bytes32", "address", "uint8", "uint32", "bytes32", "bytes32"];
      const values = [evidence.inputs.anchor, victim, 0, 1, updateRoot, forged.contentId];
      const accumulator = keccak256(AbiCoder.defaultAbiCoder().encode(types, values));
      return { ...evidence, inputs: { ...evidence.inputs, accumulator, committed: 1n } };
    };
    const refused = (claim: object) =>
      expect(f.proofs.proveUpdate(f.federation, claim, [forged], proof)).revertedWithCustomError(
        f.federation,
        "WrongEvidence",
      );
    await refused(claimOf(withoutProposal(await f.evidence(taskId))));
    await f.propose(taskId);
    const standing = claimOf(await f.evidence(taskId));
    await refused({ ...standing, proposal: { ...standing.proposal, excluded: 1n } });
  });
});

describe("When a round of keys may be closed", () => {
  let f: TestFederation;
  beforeEach(async () => {
    f = await createFederation({ participants: 3, aggregators: 1 });
  });

  const close = (taskId: number) => f.federation.connect(f.outsider).closeRound(taskId, 1);
  const isTooEarly = (taskId: number) => expect(close(taskId)).revertedWithCustomError(f.federation, "TooEarly");

  async function advertise(taskId: number, count: number): Promise<void> {
    const signed = f.members.slice(0, count).map((member, i) => {
      // x = 1, 2, 3 are on the curve
      const maskKey = `0x${(i + 1).toString(16).padStart(64, "0")}`;
      return f.signKeys(taskId, member, { maskKey, seedHash: word(i), sharesId: word(i), shareKey: word(i) });
    });
    await f.federation.advertise(taskId, (await f.facts(taskId)).round, await Promise.all(signed));
  }

  it("is never while keys of a masked round can still come, and with too few of them when they cannot", async () => {
    const taskId = await f.createTask({ ...maskedRules });
    await f.openRound(taskId);
    await isTooEarly(taskId);
    await advertise(taskId, 2);
    await isTooEarly(taskId);
    await f.pass(101);
    await expect(close(taskId)).emit(f.federation, "RoundInvalid");
  });

  it("is never while a key of an encrypted round can still come", async () => {
    const taskId = await f.createTask({ ...baseRules, mode: 2, clipLanes: 1000, keyWindowS: 100 });
    await f.openRound(taskId);
    await isTooEarly(taskId);
  });
});
