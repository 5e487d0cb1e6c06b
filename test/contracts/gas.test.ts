import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";
import type { TransactionResponse } from "ethers";
import hre, { network } from "hardhat";
import { medianTrim, trimBounds } from "../../node/aggregation/index.ts";
import { concatBytes } from "../../node/core/hex.ts";
import { lanesToBytes } from "../../node/core/lanes.ts";
import { baseRules, createFederation, type SolidityRules, type TestFederation, word } from "./support/federation.ts";
import { createLibraryHarness } from "./support/library-harness.ts";
import { expectSnapshot, type GasOfCall, measureGas } from "./support/measure-gas.ts";

describe("Gas", () => {
  before(function () {
    // Instrumented for coverage, the contracts are other, dearer code.
    if (hre.globalOptions.coverage) this.skip();
  });

  const aggregatorOf = (f: TestFederation, address: string): HardhatEthersSigner =>
    f.aggregators.find((aggregator) => aggregator.address === address)!;
  const dearest = (costs: readonly GasOfCall[]): GasOfCall =>
    costs.reduce((most, cost) => (cost.gas > most.gas ? cost : most));
  /** One of `count` equal parts of a call's cost. */
  const part = ({ gas, glamsterdam }: GasOfCall, count: number): GasOfCall => ({
    gas: Math.round(gas / count),
    glamsterdam: Math.round(glamsterdam / count),
  });
  /** What each of `count` further items adds. */
  const slope = (few: GasOfCall, many: GasOfCall, count: number): GasOfCall =>
    part({ gas: many.gas - few.gas, glamsterdam: many.glamsterdam - few.glamsterdam }, count);

  /** How a round of {@link runRound} goes. */
  interface RoundPlan {
    readonly quorum: number;
    /** All commitments in one transaction. */
    readonly batched?: boolean;
    /** Slots that nobody holds, in a task with holders. */
    readonly excluded?: bigint;
    /** Leaves the round Proposed, for another to open on it. */
    readonly unfinished?: boolean;
  }

  /** Runs one round; returns the cost of its steps, the commit's being the dearest. */
  async function runRound(f: TestFederation, taskId: number, plan: RoundPlan) {
    const { federation } = f;
    const measure = (sent: Promise<TransactionResponse>) => measureGas(f.ethers.provider, sent);
    const open = await measure(federation.openRound(taskId));
    const { round } = await federation.roundInfo(taskId, 0);
    const drawn: HardhatEthersSigner[] = [];
    for (const member of f.members) {
      if ((await federation.slotOf(taskId, member.address)).drawn) drawn.push(member);
    }
    const commits: GasOfCall[] = [];
    if (plan.batched) {
      const signed = await Promise.all(drawn.map((member) => f.signCommitment(taskId, member)));
      commits.push(await measure(federation.commitBatch(taskId, round, signed)));
    } else for (const member of drawn) commits.push(await measure(f.commit(taskId, member)));
    const close = await measure(federation.closeRound(taskId, round));

    const { excluded = 0n } = plan;
    const left = BigInt([...excluded.toString(2)].filter((bit) => bit === "1").length);
    const proposal = await f.proposal(taskId, { excluded, totalWeight: 10n * (BigInt(drawn.length) - left) });
    const { holders } = await federation.taskRules(taskId);
    const { committed } = await federation.roundInfo(taskId, 0);
    // holders of every update, or so many that one can be left out
    const count = holders === 0n ? 0 : left === 0n ? Number(holders) : drawn.length + 1 - Number(holders);
    const words = count === 0 ? [] : await f.availability(taskId, round, committed & ~excluded, drawn.slice(0, count));
    const assigned = federation.connect(aggregatorOf(f, proposal.aggregator));
    const propose = await measure(assigned.propose(taskId, round, proposal, words));
    if (plan.unfinished) return { open, commit: dearest(commits), close, propose, finalize: propose };
    const { proposalHash } = await federation.roundInfo(taskId, 0);
    const attestations = await f.attest(taskId, round, proposalHash, f.members.slice(0, plan.quorum));
    const finalize = await measure(federation.finalize(taskId, round, proposal, attestations));
    return { open, commit: dearest(commits), close, propose, finalize };
  }

  it("of a round stays within 5 % of its snapshot", async function () {
    this.timeout(120_000);
    const f = await createFederation({ participants: 16, aggregators: 2 });
    const taskId = await f.createTask({ attestationQuorum: 1 });
    const first = await runRound(f, taskId, { quorum: 1 });
    // its record stands at the other parity: the second round writes fresh slots too
    await runRound(f, taskId, { quorum: 1 });
    const steady = await runRound(f, taskId, { quorum: 1 });
    const many = await runRound(f, taskId, { quorum: 11, batched: true });
    const half = await f.createTask({ attestationQuorum: 1, participationBps: 5000, roundsPerParticipant: 9 });
    await runRound(f, half, { quorum: 1 });
    await runRound(f, half, { quorum: 1 });
    const shuffled = await runRound(f, half, { quorum: 1 });
    const signature = slope(steady.finalize, many.finalize, 10);
    expectSnapshot({
      "openRound, first round of a task": first.open,
      openRound: steady.open,
      commit: steady.commit,
      "commit, 8 of 16 drawn, rounds limited per participant": shuffled.commit,
      "commitBatch, 16 commitments": many.commit,
      "commitBatch, each of 16": part(many.commit, 16),
      closeRound: steady.close,
      propose: steady.propose,
      "finalize, 1 attestation": steady.finalize,
      "finalize, 11 attestations": many.finalize,
      "finalize, each further attestation": signature,
    });
  });

  it("of availability stays within 5 % of its snapshot", async () => {
    const f = await createFederation({ participants: 16, aggregators: 2 });
    const taskId = await f.createTask({ attestationQuorum: 1, minUpdates: 4, holders: 2 });
    const batched = true;
    for (let round = 0; round < 2; round++) await runRound(f, taskId, { quorum: 1, batched });
    const held = await runRound(f, taskId, { quorum: 1, batched });
    const excluding = await runRound(f, taskId, { quorum: 1, batched, excluded: 1n });
    const most = await f.createTask({ attestationQuorum: 1, minUpdates: 16, holders: 6 });
    for (let round = 0; round < 2; round++) await runRound(f, most, { quorum: 1, batched });
    const six = await runRound(f, most, { quorum: 1, batched });
    expectSnapshot({
      "propose, 2 holders of each of 16": held.propose,
      "propose, 6 holders of each of 16": six.propose,
      "propose, 15 words to leave out 1 of 16": excluding.propose,
    });
  });

  it("of a pipeline stays within 5 % of its snapshot", async () => {
    const f = await createFederation({ participants: 16, aggregators: 2 });
    const taskId = await f.createTask({ attestationQuorum: 1, pipelined: true });
    for (let round = 0; round < 2; round++) await runRound(f, taskId, { quorum: 1, batched: true });
    await runRound(f, taskId, { quorum: 1, batched: true, unfinished: true });
    const early = await measureGas(f.ethers.provider, f.federation.openRound(taskId));
    const steady = await createFederation({ participants: 16, aggregators: 2 });
    const other = await steady.createTask({ attestationQuorum: 1, pipelined: true });
    for (let round = 0; round < 2; round++) await runRound(steady, other, { quorum: 1, batched: true });
    const { propose, finalize } = await runRound(steady, other, { quorum: 1, batched: true });
    expectSnapshot({
      "openRound, on a proposed model": early,
      "propose, pipelined": propose,
      "finalize, pipelined, 1 attestation": finalize,
    });
  });

  it("of the other calls stays within 5 % of its snapshot", async () => {
    const f = await createFederation({ participants: 17, aggregators: 1 });
    const { federation } = f;
    const measure = (sent: Promise<TransactionResponse>) => measureGas(f.ethers.provider, sent);
    const member = f.members[0]!;
    const peerId = `0x002408011220${"ab".repeat(32)}`;
    const register = await measure(
      federation.connect(member).register(peerId, f.ethers.id("key"), "/ip4/192.0.2.1/tcp/4001"),
    );
    const taskId = await f.createTask({ participationBps: 5000 });
    const spec = new Uint8Array(1500).fill(0x61);
    const createTask = await measure(federation.createTask(baseRules, word(0), spec));
    const outside = f.outsider;
    await federation.grantRole(f.role("PARTICIPANT_ROLE"), outside.address);
    const enrol = await measure(federation.connect(outside).enrol(taskId));
    const leaveTask = await measure(federation.connect(outside).leaveTask(taskId));
    const freePlaces = await measure(federation.freePlaces(taskId));
    await federation.openRound(taskId);
    const commits: GasOfCall[] = [];
    for (const participant of f.members) {
      if (!(await federation.slotOf(taskId, participant.address)).drawn) continue;
      commits.push(await measure(f.commit(taskId, participant)));
    }
    await federation.closeRound(taskId, 1);
    await f.pass(301);
    const reassign = await measure(federation.reassign(taskId, 1));
    const proposal = await f.proposal(taskId);
    await federation.connect(aggregatorOf(f, proposal.aggregator)).propose(taskId, 1, proposal, []);
    await f.pass(901);
    const finalizeUnchallenged = await measure(federation.finalizeUnchallenged(taskId, 1, proposal));
    const revoke = await measure(federation.revokeRole(f.role("PARTICIPANT_ROLE"), member.address));
    expectSnapshot({
      register,
      "createTask, 1,500 bytes of specification": createTask,
      enrol,
      leaveTask,
      "freePlaces, 1 place": freePlaces,
      reassign,
      finalizeUnchallenged,
      "revoke a participant that is in 1 task": revoke,
    });
    // The walk through the Feistel network differs from seed to seed: a bound, not a snapshot.
    expect(dearest(commits).gas).below(60_000);
  });

  it("of bonded tasks stays within 5 % of its snapshot", async () => {
    const f = await createFederation({ participants: 16, aggregators: 2 });
    const { federation } = f;
    const leastWei: bigint = await federation.leastBondWei(baseRules.parameterCount, baseRules.maxUpdates);
    const leastGwei = Number(leastWei / 10n ** 9n);
    const rules: Partial<SolidityRules> = {
      attestationQuorum: 1,
      aggregatorBondGwei: leastGwei,
      participantBondGwei: leastGwei,
    };
    for (const account of [...f.members, ...f.aggregators, f.outsider]) {
      await federation.connect(account).bond({ value: leastWei });
    }
    await federation.grantRole(f.role("PARTICIPANT_ROLE"), f.outsider.address);
    const taskId = await f.createTask(rules);
    const enrol = await measureGas(f.ethers.provider, federation.connect(f.outsider).enrol(taskId));
    await federation.connect(f.outsider).leaveTask(taskId);
    for (let round = 0; round < 2; round++) await runRound(f, taskId, { quorum: 1, batched: true });
    const { close, finalize } = await runRound(f, taskId, { quorum: 1, batched: true });
    expectSnapshot({
      "enrol, bonded": enrol,
      "closeRound, bonded": close,
      "finalize, bonded, 1 attestation": finalize,
    });
  });

  it("of recomputing one chunk of a weighted mean stays within 5 % of its snapshot", async () => {
    const { harness, sender, node } = await createLibraryHarness();
    const measured: Record<string, GasOfCall> = {};
    for (const count of [16, 32, 64]) {
      const chunk = Uint8Array.from({ length: 256 }, (_, i) => (i * 37 + 11) % 251);
      const updates = Uint8Array.from({ length: 256 * count }, (_, i) => (i * 91 + 7) % 253);
      const weights = new Array(count).fill(100);
      const data = harness.interface.encodeFunctionData("weightedMean", [chunk, updates, weights, 65_536]);
      const sent = sender.sendTransaction({ to: harness, data });
      measured[`weighted mean of one chunk, ${count} updates`] = await measureGas(node, sent);
    }
    expectSnapshot(measured);
  });

  it("leaves the bytecode of the three codes below 24,400 of 24,576 bytes each, and their creation below 49,152", async () => {
    const { ethers } = await network.create("local");
    const privacy = await ethers.deployContract("Privacy");
    const federation = await ethers.deployContract("Federation", [ethers.ZeroAddress, privacy]);
    const court = ethers.getCreateAddress({ from: await federation.getAddress(), nonce: 1 });
    for (const [name, address] of Object.entries({ Federation: federation, Court: court, Privacy: privacy })) {
      const { bytecode } = await ethers.getContractFactory(name);
      const code = await ethers.provider.getCode(address);
      expect(code.length / 2 - 1, name).within(1000, 24_400);
      // two addresses are appended
      expect(bytecode.length / 2 - 1, `creation of ${name}`).below(49_152 - 64);
    }
  });

  it("of the computation of one chunk alone stays within 5 % of its snapshot and below the targets", async () => {
    const { harness } = await createLibraryHarness();
    // no transaction, no slot: the prices of Glamsterdam change nothing
    const alone = (gas: bigint): GasOfCall => ({ gas: Number(gas), glamsterdam: Number(gas) });
    const measured: Record<string, GasOfCall> = {};
    const targets: Record<number, number> = { 16: 200_000, 32: 200_000, 64: 400_000 };
    for (const count of [16, 32, 64]) {
      const updates = Array.from({ length: count }, (_, k) =>
        Int32Array.from({ length: 64 }, (_, i) => Math.imul(i + 1 + 77 * k, 0x9e37_79b1) >> 12),
      );
      const trim = medianTrim(count);
      const { lows, highs } = trimBounds(updates, trim);
      const [base, weights] = [new Uint8Array(256), new Array(count).fill(7)];
      const [joined, bounds] = [updates, [lows, highs]].map((chunks) => concatBytes(...chunks.map(lanesToBytes)));
      const gas = await harness.gasOfMeans(base, joined, weights, trim, bounds);
      measured[`weighted mean, computation alone, ${count} updates`] = alone(gas.weighted);
      measured[`median, computation alone, ${count} updates`] = alone(gas.trimmed);
      expect(Number(gas.trimmed)).below(targets[count]!);
    }
    expectSnapshot(measured);
  });
});
