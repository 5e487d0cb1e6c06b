import { expect } from "chai";
import { loadContractInterface } from "../../../node/chain/contract-abi.ts";
import { createChainReader } from "../../../node/chain/index.ts";
import { packEvaluation } from "../../../node/chain/packed-evaluation.ts";
import { proposalHash } from "../../../node/core/commitment.ts";
import type { Bytes32, TaskId } from "../../../node/core/ids.ts";
import type { Attestation, Evaluation, Proposal } from "../../../node/core/records.ts";
import type { TaskEvent } from "../../../node/core/task-events.ts";
import { createClock } from "../../../node/system/index.ts";
import {
  type FederationFixture,
  type FixtureMember,
  fixtureRules,
  silentLog,
  startFederation,
} from "../../support/federation-fixture.ts";
import { rejection } from "../../support/rejection.ts";

const bytes32 = (byte: number) => `0x${byte.toString(16).padStart(2, "0").repeat(32)}` as Bytes32;

describe("the chain over a real federation", () => {
  let federation: FederationFixture;

  before(async () => {
    federation = await startFederation();
  });
  after(() => federation.close());

  const commit = (member: FixtureMember, taskId: TaskId, round: number, weight: number) =>
    member.chain.send({
      kind: "commit",
      taskId,
      round,
      baseModelRoot: bytes32(0x11),
      updateRoot: bytes32(0x20 + weight),
      contentId: bytes32(0x40 + weight),
      weight,
    });

  const proposalBy = (aggregator: FixtureMember, totalWeight: bigint, attempt = 0): Proposal => ({
    attempt,
    aggregator: aggregator.account,
    modelRoot: bytes32(0xa1),
    contentId: bytes32(0xa2),
    totalWeight,
    excluded: 0n,
  });

  async function attest(member: FixtureMember, taskId: TaskId, round: number, hash: Bytes32): Promise<Attestation> {
    const evaluation: Evaluation = { samples: 10, metricQ24: -5n, lossQ24: 1n << 40n };
    const signature = await member.chain.signAttestation(taskId, round, hash, evaluation);
    return { taskId, round, proposalHash: hash, attester: member.account, evaluation, signature };
  }

  it("plays a whole round of five participants and reads every field of it back", async () => {
    const { participants, aggregators, admin } = federation;
    const aggregator = aggregators[0]!;
    const taskId = await federation.createTask({ spec: '{"naïve":"✓"}' });
    await aggregator.chain.send({ kind: "openRound", taskId });
    for (const [i, member] of participants.entries()) await commit(member, taskId, 1, i + 1);
    await participants[0]!.chain.send({ kind: "closeRound", taskId, round: 1 });
    const proposal = proposalBy(aggregator, 15n);
    const hash = proposalHash(taskId, 1, proposal);
    await aggregator.chain.send({ kind: "propose", taskId, round: 1, proposal });
    // In descending order: the adapter must sort them.
    const signers = participants.toSorted((a, b) => (a.account.toLowerCase() < b.account.toLowerCase() ? 1 : -1));
    const attestations = await Promise.all(signers.map((member) => attest(member, taskId, 1, hash)));
    const final = await admin.chain.send({ kind: "finalize", taskId, round: 1, proposal, attestations });

    const events = await admin.chain.history(taskId, { detail: true });
    expect(events.map(({ name }) => name)).to.deep.equal([
      "TaskCreated",
      ...participants.map(() => "Enrolled"),
      "RoundOpened",
      ...participants.map(() => "Committed"),
      "RoundClosed",
      "AggregatorAssigned",
      "Proposed",
      "RoundFinalized",
    ]);
    const named = <Name extends TaskEvent["name"]>(name: Name) =>
      events.filter((event): event is Extract<TaskEvent, { name: Name }> => event.name === name);
    expect(named("TaskCreated")[0]).to.include({
      creator: admin.account,
      spec: '{"naïve":"✓"}',
      modelRoot: bytes32(0x11),
    });
    expect(named("TaskCreated")[0]!.rules).to.deep.equal(fixtureRules);
    expect(named("Enrolled").map(({ index }) => index)).to.deep.equal([0, 1, 2, 3, 4]);
    expect(named("RoundOpened")[0]).to.include({ round: 1, enrolled: 5, drawn: 5, baseModelRoot: bytes32(0x11) });
    expect(named("RoundOpened")[0]!.seed > 0n).to.equal(true);
    expect(named("Committed").map(({ participant }) => participant)).to.deep.equal(participants.map((p) => p.account));
    expect(named("Committed").map(({ weight }) => weight)).to.deep.equal([1, 2, 3, 4, 5]);
    expect(named("Committed").map(({ slot }) => slot)).to.have.members([0, 1, 2, 3, 4]);
    expect(named("Committed")[4]).to.include({ updateRoot: bytes32(0x25), contentId: bytes32(0x45) });
    expect(named("RoundClosed")[0]).to.include({ committed: 31n, totalWeight: 15n });
    expect(named("AggregatorAssigned")[0]).to.include({ attempt: 0, aggregator: aggregator.account });
    expect(named("Proposed")[0]!.proposal).to.deep.equal(proposal);
    const finalized = named("RoundFinalized")[0]!;
    expect(finalized.attesters).to.deep.equal(signers.map(({ account }) => account).toReversed());
    expect(finalized.evaluations[0]).to.deep.equal({ samples: 10, metricQ24: -5n, lossQ24: 1n << 40n });
    expect(finalized).to.include({ sender: admin.account, gasUsed: final.gasUsed, blockNumber: final.blockNumber });
    expect(finalized.transactionHash).to.equal(final.transactionHash);
    const { timestampS } = await admin.chain.head();
    expect(finalized.timestampS).to.equal(timestampS);
    expect(await admin.chain.storedState(taskId)).to.include({
      round: 1,
      modelRoot: bytes32(0xa1),
      accumulator: named("RoundClosed")[0]!.accumulator,
      historyHead: finalized.historyHead,
    });
  });

  it("sends every other kind of call: leave, reassign, finalizeUnchallenged, revokeRole", async () => {
    const { participants, aggregators, admin } = federation;
    const aggregator = aggregators[0]!;
    const taskId = await federation.createTask({ rules: { attestationQuorum: 5 } });
    await aggregator.chain.send({ kind: "openRound", taskId });
    await commit(participants[0]!, taskId, 1, 1);
    await commit(participants[1]!, taskId, 1, 2);
    await participants[2]!.chain.send({ kind: "leaveTask", taskId });
    await federation.chain.increaseTime(61);
    await admin.chain.send({ kind: "closeRound", taskId, round: 1 });
    await federation.chain.increaseTime(61);
    await admin.chain.send({ kind: "reassign", taskId, round: 1 });
    const proposal = proposalBy(aggregator, 3n, 1);
    await aggregator.chain.send({ kind: "propose", taskId, round: 1, proposal });
    await federation.chain.increaseTime(61);
    await participants[4]!.chain.send({ kind: "finalizeUnchallenged", taskId, round: 1, proposal });
    await aggregator.chain.send({ kind: "openRound", taskId });
    await admin.chain.send({ kind: "revokeRole", role: "participant", account: participants[4]!.account });
    await federation.chain.increaseTime(61);
    await admin.chain.send({ kind: "closeRound", taskId, round: 2 });

    const events = await admin.chain.history(taskId);
    const assigned = events.filter((event) => event.name === "AggregatorAssigned");
    expect(assigned.map(({ attempt }) => attempt)).to.deep.equal([0, 1]);
    expect(events.find((event) => event.name === "RoundFinalized")).to.deep.include({ attesters: [], evaluations: [] });
    expect(events.find((event) => event.name === "Leaving")).to.include({ participant: participants[2]!.account });
    expect(events.find((event) => event.name === "Left")).to.include({ participant: participants[2]!.account });
    expect(events.at(-1)).to.include({ name: "RoundInvalidated", round: 2, reason: "too-few-updates" });
    expect(events[0]).to.not.have.any.keys("sender", "gasUsed", "timestampS");
    await admin.chain.send({ kind: "grantRole", role: "participant", account: participants[4]!.account });
  });

  it("lists members with roles and contacts, and forgets who has no role left", async () => {
    const { participants, aggregators, admin } = federation;
    const everyone = [admin, ...participants, ...aggregators];
    const before = await admin.chain.members();
    expect(before.map(({ account }) => account)).to.have.members(everyone.map(({ account }) => account));
    expect(before[0]).to.deep.equal({ account: admin.account, roles: ["admin", "task-creator"] });
    const listed = before.find(({ account }) => account === participants[1]!.account)!;
    expect(listed.roles).to.deep.equal(["participant"]);
    expect(listed.contact).to.include({ peerId: participants[1]!.peerId });
    expect(listed.contact!.multiaddrs).to.deep.equal(["/ip4/127.0.0.1/tcp/1"]);
    await admin.chain.send({ kind: "revokeRole", role: "participant", account: listed.account });
    expect((await admin.chain.members()).map(({ account }) => account)).to.not.include(listed.account);
    await admin.chain.send({ kind: "grantRole", role: "participant", account: listed.account });
    expect(await admin.chain.members()).to.deep.include(listed);
  });

  it("names the contract's error and its arguments", async () => {
    const { participants, admin } = federation;
    const member = participants[0]!;
    const taskId = await federation.createTask();
    await admin.chain.send({ kind: "openRound", taskId });
    await commit(member, taskId, 1, 1);
    const again = await rejection(commit(member, taskId, 1, 1), "TRANSACTION_REVERTED");
    expect(again.data).to.include({ call: "commit", error: "AlreadyCommitted" });
    expect(again.data.reason).to.include(member.account);
    const reverts = async (call: Promise<unknown>) => (await rejection(call, "TRANSACTION_REVERTED")).data;
    expect(await reverts(commit(participants[1]!, taskId, 2, 1))).to.include({ error: "WrongRound" });
    expect(await reverts(member.chain.send({ kind: "openRound", taskId }))).to.include({
      reason: "WrongPhase(actual: open)",
    });
    const denied = await reverts(member.chain.send({ kind: "grantRole", role: "aggregator", account: member.account }));
    expect(denied).to.include({ error: "AccessControlUnauthorizedAccount" });
    expect(denied.reason).to.include("neededRole: admin");
    const rules = { ...fixtureRules, fractionBits: 31 };
    const invalid = admin.chain.send({ kind: "createTask", rules, modelRoot: bytes32(1), spec: "{}" });
    expect(await reverts(invalid)).to.include({ error: "InvalidRule", reason: "InvalidRule(field: fractionBits)" });
  });

  it("computes the contract's attestation digest and recovers its signer", async () => {
    const { participants, admin, chain, federation: address } = federation;
    const evaluation: Evaluation = { samples: 4_000_000_000, metricQ24: -(1n << 62n), lossQ24: (1n << 64n) - 1n };
    const contract = await loadContractInterface();
    const data = contract.encodeFunctionData("attestationDigest", [3, 7, bytes32(9), packEvaluation(evaluation)]);
    const theirs = await chain.request("eth_call", [{ to: address, data }, "latest"]);
    expect(admin.chain.attestationDigest(3, 7, bytes32(9), evaluation)).to.equal(theirs);

    const attestation = await attest(participants[0]!, 3, 7, bytes32(9));
    expect(admin.chain.recoverAttester(attestation)).to.equal(participants[0]!.account);
    expect(admin.chain.recoverAttester({ ...attestation, round: 8 })).to.not.equal(participants[0]!.account);
    const { signature } = attestation;
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    const highS = (order - BigInt(`0x${signature.slice(66, 130)}`)).toString(16).padStart(64, "0");
    const otherV = signature.endsWith("1b") ? "1c" : "1b";
    for (const bad of [
      `${signature}00`,
      signature.slice(0, -2),
      `${signature.slice(0, -2)}00`,
      `${signature.slice(0, 66)}${highS}${otherV}`,
      `0x${"00".repeat(64)}1b`,
    ]) {
      expect(admin.chain.recoverAttester({ ...attestation, signature: bad as `0x${string}` })).to.equal(undefined);
    }
  });

  it("refuses unknown tasks", async () => {
    const { chain } = federation.admin;
    await rejection(chain.history(999), "UNKNOWN_TASK");
    await rejection(chain.storedState(999), "UNKNOWN_TASK");
    const updates = chain.follow(999, { signal: new AbortController().signal });
    await rejection(updates[Symbol.asyncIterator]().next(), "UNKNOWN_TASK");
  });

  it("reads at the configured finality", async () => {
    const { chain, admin } = federation;
    await chain.mine(10);
    const newest = await admin.chain.head();
    const deep = await federation.reader({ finality: { confirmations: 4 } });
    expect((await deep.head()).number).to.equal(newest.number - 4);
    const finalized = await federation.reader({ finality: "finalized" });
    const block = (await chain.request("eth_getBlockByNumber", ["finalized", false])) as { hash: string };
    expect((await finalized.head()).hash).to.equal(block.hash);
  });

  it("finds no federation where there is none", async () => {
    const { url, admin } = federation;
    const options = { urls: [url], finality: "safe", log: silentLog, clock: createClock() } as const;
    const error = await rejection(createChainReader({ ...options, federation: admin.account }), "NO_FEDERATION");
    expect(error.data).to.include({ address: admin.account, chainId: 31_337 });
    await rejection(createChainReader({ ...options, federation: "0x12" }), "INVALID_CONFIG");
  });
});
