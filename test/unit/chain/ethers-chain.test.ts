import { expect } from "chai";
import type { Bytes32, TaskId } from "../../../node/core/ids.ts";
import { differingFrom } from "../../../node/core/record/bound-task.ts";
import { foldTask } from "../../../node/core/record/fold-task.ts";
import { initialHistoryHead } from "../../../node/core/record/history-head.ts";
import type { TaskEvent } from "../../../node/core/record/task-events.ts";
import type { TaskView } from "../../../node/core/record/task-view.ts";
import type { Proposal } from "../../../node/core/records.ts";
import { attributesHash, startValue, zeroBytes32 } from "../../../node/core/words/commitment.ts";
import { startHostileEndpoint } from "../../support/endpoint/hostile-endpoint.ts";
import {
  type FederationFixture,
  type FixtureMember,
  fixtureRules,
  startFederation,
} from "../../support/federation-fixture.ts";
import { rejection } from "../../support/rejection.ts";

const bytes32 = (byte: number) => `0x${byte.toString(16).padStart(2, "0").repeat(32)}` as Bytes32;
const everybody = { organisations: [], regions: [], clearance: 0 };

describe("the chain over a real federation", () => {
  let federation: FederationFixture;

  before(async () => {
    federation = await startFederation({ aggregators: 2 });
  });
  after(() => federation.close());

  const viewOf = async (taskId: TaskId): Promise<TaskView> => foldTask(await federation.admin.chain.history(taskId));
  const newestOf = async (taskId: TaskId) => (await viewOf(taskId)).rounds.at(-1)!;
  const assignedIn = async (taskId: TaskId) => {
    const { aggregator } = (await newestOf(taskId)).assignment!;
    return federation.aggregators.find(({ account }) => account === aggregator)!;
  };

  async function commit(member: FixtureMember, taskId: TaskId, round: number, weight: number): Promise<void> {
    const { anchor } = await newestOf(taskId);
    const roots = { updateRoot: bytes32(0x20 + weight), contentId: bytes32(0x40 + weight) };
    await member.chain.send({ kind: "commit", taskId, round, anchor, ...roots, weight });
  }

  async function propose(taskId: TaskId, round: number): Promise<Proposal> {
    const { accumulator, totalWeight, assignment } = await newestOf(taskId);
    const aggregator = await assignedIn(taskId);
    const proposal: Proposal = {
      attempt: assignment!.attempt,
      aggregator: aggregator.account,
      modelRoot: bytes32(0xa0 + round),
      contentId: bytes32(0xb0 + round),
      totalWeight,
      excluded: 0n,
    };
    await aggregator.chain.send({ kind: "propose", taskId, round, accumulator, proposal, openings: "0x" });
    return proposal;
  }

  async function accept(taskId: TaskId, round: number, proposal: Proposal, signers: readonly FixtureMember[]) {
    const { hash } = (await newestOf(taskId)).proposal!;
    const attestations = await Promise.all(
      signers.map(async ({ chain, account }) => {
        const signature = await chain.signAttestation(taskId, round, hash);
        return { taskId, round, proposalHash: hash, attester: account, signature };
      }),
    );
    return federation.admin.chain.send({ kind: "accept", taskId, round, proposal, attestations });
  }

  /** What the fold reckons must be what the contract stores. */
  async function expectStored(taskId: TaskId): Promise<void> {
    expect(differingFrom(await viewOf(taskId), await federation.admin.chain.storedState(taskId))).to.deep.equal([]);
  }

  it("plays a whole round of five participants and reads every field of it back", async () => {
    const { participants, aggregators, admin } = federation;
    const taskId = await federation.createTask({ spec: '{"naïve":"✓"}' });
    await participants[0]!.chain.send({ kind: "openRound", taskId, round: 1 });
    for (const [i, member] of participants.entries()) await commit(member, taskId, 1, i + 1);
    await expectStored(taskId);
    await participants[0]!.chain.send({ kind: "closeRound", taskId, round: 1 });
    const proposal = await propose(taskId, 1);
    await expectStored(taskId);
    const final = await accept(taskId, 1, proposal, participants);

    const events = await admin.chain.history(taskId, { detail: true });
    expect(events.map(({ name }) => name)).to.deep.equal([
      "TaskCreated",
      ...participants.map(() => "Enrolled"),
      ...aggregators.map(() => "Joined"),
      "RoundOpened",
      ...participants.map(() => "Committed"),
      "RoundClosed",
      "AggregatorAssigned",
      "Proposed",
      "RoundAccepted",
    ]);
    const named = <Name extends TaskEvent["name"]>(name: Name) =>
      events.filter((event): event is Extract<TaskEvent, { name: Name }> => event.name === name);
    const deployment = { chainId: admin.chain.chainId, federation: federation.federation };
    const created = named("TaskCreated")[0]!;
    const about = { taskId, rules: fixtureRules, access: everybody, modelRoot: bytes32(0x11), spec: '{"naïve":"✓"}' };
    expect(created).to.deep.include({ ...about, creator: admin.account });
    expect(created.historyHead).to.equal(initialHistoryHead({ ...deployment, ...about }));
    const nothingSaid = attributesHash({ organisation: "", region: "", clearance: 0 });
    expect(named("Enrolled").map(({ index }) => index)).to.deep.equal([0, 1, 2, 3, 4]);
    expect(named("Enrolled")[0]).to.include({ statement: zeroBytes32, attributesHash: nothingSaid });
    expect(named("Joined")[1]).to.include({ index: 1, attributesHash: nothingSaid });
    const opened = named("RoundOpened")[0]!;
    expect(opened).to.include({ round: 1, enrolled: 5, drawn: 5, aggregators: 2, drawBlock: 0 });
    const [round] = foldTask(events).rounds;
    const start = { taskId, round: 1, historyHead: round!.headAtOpening, baseModelRoot: bytes32(0x11), seed: 0n };
    expect(opened.start).to.equal(startValue({ ...deployment, ...start, enrolled: 5, drawn: 5 }));
    expect(named("Committed").map(({ participant }) => participant)).to.deep.equal(participants.map((p) => p.account));
    expect(named("Committed").map(({ weight }) => weight)).to.deep.equal([1, 2, 3, 4, 5]);
    expect(named("Committed").map(({ slot }) => slot)).to.deep.equal([0, 1, 2, 3, 4]);
    expect(named("Committed")[4]).to.include({ updateRoot: bytes32(0x25), contentId: bytes32(0x45) });
    expect(named("RoundClosed")[0]).to.include({ committed: 31n, totalWeight: 15n });
    expect(named("AggregatorAssigned")[0]).to.include({ attempt: 0, place: 1, count: 2 });
    expect(named("Proposed")[0]).to.deep.include({ proposal, openings: "0x", accumulator: round!.accumulator });
    const accepted = named("RoundAccepted")[0]!;
    expect(accepted.attesters).to.deep.equal(participants.map(({ account }) => account));
    expect(accepted).to.include({ sender: admin.account, gasUsed: final.gasUsed, blockNumber: final.blockNumber });
    const { timestampS } = await admin.chain.head();
    expect(accepted).to.include({ timestampS, provableUntilS: timestampS + fixtureRules.challengeWindowS });
    await expectStored(taskId);
  });

  it("sends every call of a round's other roads, and reckons the heads that the contract stores", async () => {
    const { participants, aggregators, admin } = federation;
    const taskId = await federation.createTask({ rules: { attestationQuorum: 2, attempts: 2 } });
    const { firstHead } = foldTask(await admin.chain.history(taskId));
    await admin.chain.send({ kind: "record", taskId, first: firstHead, entryKind: 1, hash: bytes32(7) });
    await aggregators[0]!.chain.send({ kind: "openRound", taskId, round: 1 });
    await commit(participants[0]!, taskId, 1, 1);
    await commit(participants[1]!, taskId, 1, 2);
    await participants[2]!.chain.send({ kind: "leave", taskId, first: firstHead });
    await participants[0]!.chain.send({ kind: "leave", taskId, first: firstHead });
    await expectStored(taskId);
    await federation.chain.increaseTime(61);
    await admin.chain.send({ kind: "closeRound", taskId, round: 1 });
    const silent = await assignedIn(taskId);
    await federation.chain.increaseTime(61);
    await admin.chain.send({ kind: "reassign", taskId, round: 1 });
    await expectStored(taskId);
    await silent.chain.send({ kind: "resume", taskId });
    const proposal = await propose(taskId, 1);
    await accept(taskId, 1, proposal, participants.slice(0, 2));
    await expectStored(taskId);
    await admin.chain.send({ kind: "freePlaces", taskId });
    await expectStored(taskId);
    await aggregators[0]!.chain.send({ kind: "openRound", taskId, round: 2 });
    await admin.chain.send({ kind: "revokeRole", role: "participant", account: participants[4]!.account });
    await federation.chain.increaseTime(61);
    await admin.chain.send({ kind: "closeRound", taskId, round: 2 });
    await expectStored(taskId);

    const view = await viewOf(taskId);
    expect(view.rounds.map(({ phase }) => phase)).to.deep.equal(["accepted", "invalid"]);
    expect(view.rounds[1]!.invalidReason).to.equal("too-few-updates");
    expect(view.enrolled.map(({ account }) => account)).to.deep.equal(
      [4, 1, 3].map((index) => participants[index]!.account),
    );
    expect(view.recorded).to.deep.equal([{ author: admin.account, kind: 1, hash: bytes32(7) }]);
    const [first] = await admin.chain.history(taskId);
    expect(first).to.not.have.any.keys("sender", "gasUsed", "timestampS");
    await admin.chain.send({ kind: "grantRole", role: "participant", account: participants[4]!.account });
  });

  it("draws by a block that the opening fixed, whose header the sender finds", async () => {
    const { admin, aggregators, participants, chain } = federation;
    const taskId = await federation.createTask({ rules: { participationBps: 5000, drawDelayBlocks: 4 } });
    await aggregators[0]!.chain.send({ kind: "openRound", taskId, round: 1 });
    const waiting = await newestOf(taskId);
    expect(waiting).to.include({ phase: "drawing", drawn: 3, start: zeroBytes32 });
    await chain.mine(4);
    const { drawBlock } = waiting;
    await participants[0]!.chain.send({ kind: "drawRound", taskId, round: 1, drawBlock });
    const drawn = await newestOf(taskId);
    const { headAtOpening: historyHead, baseModelRoot, seed } = drawn;
    const about = { taskId, round: 1, historyHead, baseModelRoot, seed, enrolled: 5, drawn: 3 };
    const deployment = { chainId: admin.chain.chainId, federation: federation.federation };
    expect(drawn.start).to.equal(startValue({ ...deployment, ...about }));
    await expectStored(taskId);
  });

  it("tells of an account's place, its bond and its credit", async () => {
    const { participants, aggregators, admin, chain } = federation;
    const rules = { participantBondGwei: 10 ** 9, aggregatorBondGwei: 2 * 10 ** 9, challengeWindowS: 3600 };
    const taskId = await federation.createTask({ rules, enrol: participants.slice(0, 3) });
    const placeOf = (member: FixtureMember) => admin.chain.placeOf(taskId, member.account);
    const free = { leaving: false, expelled: false, freeFromS: 0, roundsCommitted: 0 };
    expect(await placeOf(participants[0]!)).to.deep.equal({ role: "participant", ...free, bondWei: 10n ** 18n });
    expect(await placeOf(aggregators[1]!)).to.deep.equal({ role: "aggregator", ...free, bondWei: 2n * 10n ** 18n });
    expect(await placeOf(participants[4]!)).to.deep.equal({ ...free, bondWei: 0n });
    const { chain: own, account } = participants[2]!;
    const { firstHead: first } = foldTask(await own.history(taskId));
    await own.send({ kind: "leave", taskId, first });
    expect(await placeOf(participants[2]!)).to.include({ role: "participant", leaving: true });
    await own.send({ kind: "freePlaces", taskId });
    const { timestampS } = await admin.chain.head();
    expect(await placeOf(participants[2]!)).to.deep.equal({
      ...free,
      bondWei: 10n ** 18n,
      freeFromS: timestampS + 3601,
    });
    const early = await rejection(own.send({ kind: "releaseBond", taskId, account }), "TRANSACTION_REVERTED");
    expect(early.data).to.include({ error: "StillBonded" });
    await chain.increaseTime(3601);
    await own.send({ kind: "releaseBond", taskId, account });
    expect(await admin.chain.creditOf(account)).to.equal(10n ** 18n);
    await own.send({ kind: "withdraw" });
    expect(await admin.chain.creditOf(account)).to.equal(0n);
    expect(await placeOf(participants[2]!)).to.include({ bondWei: 0n });
    await rejection(admin.chain.placeOf(999, account), "UNKNOWN_TASK");
  });

  it("proves an equivocation by the contract of proofs, whose address it asks for", async () => {
    const { participants, admin } = federation;
    const taskId = await federation.createTask();
    const member = participants[0]!;
    await member.chain.send({ kind: "openRound", taskId, round: 1 });
    const { anchor } = await newestOf(taskId);
    await commit(participants[1]!, taskId, 1, 1);
    await commit(participants[2]!, taskId, 1, 2);
    const sign = async (byte: number) => {
      const word = { taskId, round: 1, anchor, updateRoot: bytes32(byte), contentId: bytes32(byte), weight: 3 };
      const { account: participant, chain } = participants[3]!;
      return {
        ...word,
        participant,
        signature: await chain.signRecord({ type: "commitment", participant, ...word }),
      };
    };
    const [one, other] = [await sign(1), await sign(2)];
    expect(admin.chain.recoverSigner({ type: "commitment", ...one })).to.equal(participants[3]!.account);
    await member.chain.send({ kind: "commitBatch", taskId, round: 1, signed: [one] });
    await member.chain.send({ kind: "proveEquivocation", taskId, round: 1, anchor, one, other });
    const view = await viewOf(taskId);
    expect(view.rounds[0]!.expelled).to.equal(8n);
    expect(view.expelled).to.deep.equal([
      { round: 1, account: participants[3]!.account, kind: "equivocation", amountWei: 0n },
    ]);
    await expectStored(taskId);
    const again = member.chain.send({ kind: "proveEquivocation", taskId, round: 1, anchor, one, other: one });
    expect((await rejection(again, "TRANSACTION_REVERTED")).data).to.include({ error: "NoEquivocation" });
  });

  it("history needs no transaction and no receipt; sender and gas are left out where they are refused", async () => {
    const relay = await startHostileEndpoint(federation.chain.url);
    relay.bend((method) => {
      if (method.startsWith("eth_getTransaction")) throw new Error(`${method} is refused`);
      return undefined;
    });
    const reader = await federation.reader({ urls: [relay.url] });
    const events = await reader.history(1);
    expect(relay.asked.some((method) => method.startsWith("eth_getTransaction"))).to.equal(false);
    expect(foldTask(events).historyHead).to.equal((await reader.storedState(1)).historyHead);
    const detailed = await reader.history(1, { detail: true });
    expect(detailed[0]).to.have.property("timestampS");
    expect(detailed[0]).to.not.have.any.keys("sender", "gasUsed");
    await relay.cut();
  });
});
