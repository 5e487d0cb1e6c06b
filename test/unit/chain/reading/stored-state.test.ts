import { expect } from "chai";
import { SigningKey } from "ethers";
import { loadContractInterface } from "../../../../node/chain/contracts/contract-abi.ts";
import { slotOfRing } from "../../../../node/chain/reading/storage-layout.ts";
import type { Bytes32, Hex, TaskId } from "../../../../node/core/ids.ts";
import { differingFrom } from "../../../../node/core/record/bound-task.ts";
import { evidenceOf } from "../../../../node/core/record/evidence.ts";
import { foldTask } from "../../../../node/core/record/fold-task.ts";
import { ringLength, ringPlace } from "../../../../node/core/record/ring.ts";
import { roundWord, wordHash } from "../../../../node/core/words/commitment.ts";
import { type FederationFixture, fixtureRules, startFederation } from "../../../support/federation-fixture.ts";
import { maskedRules } from "../../../support/states/plain-rules.ts";

const bytes32 = (byte: number) => `0x${byte.toString(16).padStart(2, "0").repeat(32)}` as Bytes32;

describe("what a federation stores", () => {
  let federation: FederationFixture;

  before(async () => {
    federation = await startFederation({ participants: 4, aggregators: 3, register: false });
  });
  after(() => federation.close());

  const viewOf = async (taskId: TaskId) => foldTask(await federation.admin.chain.history(taskId));
  const newestOf = async (taskId: TaskId) => (await viewOf(taskId)).rounds.at(-1)!;

  async function expectStored(taskId: TaskId): Promise<void> {
    expect(differingFrom(await viewOf(taskId), await federation.admin.chain.storedState(taskId))).to.deep.equal([]);
  }

  /** Opens a round, has three commit, and closes it. */
  async function toAssignment(taskId: TaskId, round: number): Promise<void> {
    const { participants, admin, chain } = federation;
    await participants[0]!.chain.send({ kind: "openRound", taskId, round });
    const { anchor } = await newestOf(taskId);
    for (const [i, member] of participants.slice(0, 3).entries()) {
      const roots = { updateRoot: bytes32(16 * round + i), contentId: bytes32(1) };
      await member.chain.send({ kind: "commit", taskId, round, anchor, ...roots, weight: 1 + i });
    }
    await chain.increaseTime(61);
    await admin.chain.send({ kind: "closeRound", taskId, round });
  }

  /** Has a proposal made and accepted that leaves one out and counts its weight all the same. */
  async function acceptWrong(taskId: TaskId, round: number): Promise<void> {
    const { participants, admin, aggregators } = federation;
    const { accumulator, assignment } = await newestOf(taskId);
    const { aggregator, attempt } = assignment!;
    const roots = { modelRoot: bytes32(0xa0 + round), contentId: bytes32(0xb0 + round) };
    const proposal = { attempt, aggregator, ...roots, totalWeight: 4n, excluded: 1n };
    const { chain } = aggregators.find(({ account }) => account === aggregator)!;
    await chain.send({ kind: "propose", taskId, round, accumulator, proposal, openings: "0x" });
    await expectStored(taskId);
    const { hash } = (await newestOf(taskId)).proposal!;
    const attestations = await Promise.all(
      participants.slice(0, 2).map(async (member) => {
        const signature = await member.chain.signAttestation(taskId, round, hash);
        return { taskId, round, proposalHash: hash, attester: member.account, signature };
      }),
    );
    // in a task whose third participant attests nothing
    await admin.chain.send({ kind: "accept", taskId, round, proposal, attestations });
  }

  const strike = async (taskId: TaskId, round: number) => {
    const view = await viewOf(taskId);
    const wrong = view.rounds.find((each) => each.round === round)!;
    const evidence = evidenceOf(taskId, wrong)!;
    return federation.admin.chain.send({ kind: "proveWeight", evidence, commitments: wrong.commitments });
  };

  it("the word of an accepted round is the one that the view makes", async () => {
    const taskId = await federation.createTask();
    await toAssignment(taskId, 1);
    await acceptWrong(taskId, 1);
    const round = await newestOf(taskId);
    const { inputs, attesters } = evidenceOf(taskId, round)!;
    const { timestampS } = await federation.admin.chain.head();
    const slot = slotOfRing(taskId, ringPlace(1, ringLength(fixtureRules)));
    const data = (await loadContractInterface()).encodeFunctionData("extsload", [[slot]]);
    const answer = (await federation.chain.request("eth_call", [{ to: federation.federation, data }, "latest"])) as Hex;
    expect(`0x${answer.slice(-64)}`).to.equal(roundWord(wordHash(inputs, round.proposal!.hash, attesters), timestampS));
  });

  it("a roll-back, with a round in flight and one that is void, is stored as it is reckoned", async () => {
    const taskId = await federation.createTask({ rules: { challengeWindowS: 3000 } });
    await toAssignment(taskId, 1);
    await acceptWrong(taskId, 1);
    await toAssignment(taskId, 2);
    await strike(taskId, 1);
    await expectStored(taskId);
    const view = await viewOf(taskId);
    expect(view.rounds.map(({ phase }) => phase)).to.deep.equal(["accepted", "invalid"]);
    expect(view.rounds[0]!.void).to.equal(true);
    // the proposer and both who signed; the fourth participant and the third are left
    expect(view.expelled).to.have.length(3);
    expect(view).to.include({ modelRoot: bytes32(0x11), accepted: 0 });
    await federation.participants[2]!.chain.send({ kind: "freePlaces", taskId });
    await expectStored(taskId);
    await federation.participants[2]!.chain.send({ kind: "openRound", taskId, round: 3 });
    await expectStored(taskId);
    expect(await newestOf(taskId)).to.include({ enrolled: 2, aggregators: 2, acceptedBefore: 0 });
  });

  it("a struck proposal goes to the next attempt", async () => {
    const taskId = await federation.createTask({ rules: { attempts: 3 } });
    await toAssignment(taskId, 1);
    const { participants, aggregators } = federation;
    const { accumulator, assignment } = await newestOf(taskId);
    const { aggregator, attempt } = assignment!;
    const roots = { modelRoot: bytes32(0xa1), contentId: bytes32(0xb1) };
    const proposal = { attempt, aggregator, ...roots, totalWeight: 4n, excluded: 1n };
    const { chain } = aggregators.find(({ account }) => account === aggregator)!;
    await chain.send({ kind: "propose", taskId, round: 1, accumulator, proposal, openings: "0x" });
    await strike(taskId, 1);
    await expectStored(taskId);
    const round = await newestOf(taskId);
    expect(round).to.include({ phase: "aggregating" });
    expect(round.assignment!.aggregator).to.not.equal(aggregator);
    await federation.chain.increaseTime(61);
    await participants[0]!.chain.send({ kind: "reassign", taskId, round: 1 });
    await expectStored(taskId);
    await federation.chain.increaseTime(61);
    await participants[0]!.chain.send({ kind: "reassign", taskId, round: 1 });
    await expectStored(taskId);
    const view = await viewOf(taskId);
    expect(view.rounds[0]!.invalidReason).to.equal("no-proposal");
    expect(view.joined.filter(({ idle }) => idle)).to.have.length(2);
  });

  it("a masked round that ended while Open costs no budget, and leaves its keys in the anchor", async () => {
    const rules = { ...maskedRules, roundsPerParticipant: 2 };
    const taskId = await federation.createTask({ rules });
    const { participants, admin, chain } = federation;
    const member = participants[0]!;
    await member.chain.send({ kind: "openRound", taskId, round: 1 });
    const { start } = await newestOf(taskId);
    const signed = await Promise.all(
      participants.map(async ({ account: participant, chain: own }, i) => {
        const maskKey = `0x${SigningKey.computePublicKey(bytes32(1 + i), true).slice(4)}` as Bytes32;
        const hashes = { seedHash: bytes32(3), sharesId: bytes32(4), shareKey: bytes32(5) };
        const word = { taskId, round: 1, participant, start, maskKey, ...hashes };
        return { ...word, signature: await own.signRecord({ type: "advertisement", ...word }) };
      }),
    );
    await admin.chain.send({ kind: "advertise", taskId, round: 1, signed });
    const keyed = await newestOf(taskId);
    expect(keyed.advertisements!.map(({ signature }) => signature)).to.deep.equal(
      signed.map(({ signature }) => signature),
    );
    const commit = { kind: "commit", taskId, round: 1, anchor: keyed.anchor, updateRoot: bytes32(1) } as const;
    await member.chain.send({ ...commit, contentId: bytes32(2), weight: 1 });
    await expectStored(taskId);
    expect(await admin.chain.placeOf(taskId, member.account)).to.include({ roundsCommitted: 1 });
    await chain.increaseTime(200);
    await admin.chain.send({ kind: "closeRound", taskId, round: 1 });
    await expectStored(taskId);
    expect(await admin.chain.placeOf(taskId, member.account)).to.include({ roundsCommitted: 0 });
  });
});
