import { expect } from "chai";
import type { TransactionResponse } from "ethers";
import hre from "hardhat";
import { medianTrim, trimBounds } from "../../node/aggregation/index.ts";
import { concatBytes, toHex } from "../../node/core/bytes/hex.ts";
import { lanesToBytes } from "../../node/core/bytes/lanes.ts";
import { headerOf } from "./support/block-header.ts";
import { hashOfProposal } from "./support/facts.ts";
import { baseRules, createFederation, openAccess, type TestFederation, word, zeroWord } from "./support/federation.ts";
import { createLibraryHarness } from "./support/library-harness.ts";
import { dearestOf, expectSnapshot, type GasOfCall, measureGas, partOf, slopeOf } from "./support/measure-gas.ts";

const text = (value: string) => toHex(new TextEncoder().encode(value.padEnd(32, "\0")));

describe("Gas", () => {
  before(function () {
    // Instrumented for coverage, the contracts are other, dearer code.
    if (hre.globalOptions.coverage) this.skip();
  });

  const measureOn =
    (f: TestFederation) =>
    (sent: Promise<TransactionResponse>): Promise<GasOfCall> =>
      measureGas(f.ethers.provider, sent);

  /** Opens a round; where the task draws a part, gives the header of the block that draws, too. */
  async function open(f: TestFederation, taskId: number) {
    const measure = measureOn(f);
    const opened = await measure(f.openRound(taskId));
    const { drawBlock, round } = await f.facts(taskId);
    if (drawBlock === 0) return { opened, drawn: opened };
    await f.networkHelpers.mineUpTo(drawBlock);
    const { header } = await headerOf(f.ethers.provider, drawBlock);
    return { opened, drawn: await measure(f.federation.drawRound(taskId, round, header)) };
  }

  /** How a round of {@link runRound} goes. */
  interface RoundPlan {
    /** How many attest. */
    readonly quorum: number;
    /** All commitments in one transaction. */
    readonly batched?: boolean;
  }

  /** Runs one round of everybody; returns the cost of its steps, the commit's being the dearest. */
  async function runRound(f: TestFederation, taskId: number, { quorum, batched = false }: RoundPlan) {
    const { federation } = f;
    const measure = measureOn(f);
    const { opened, drawn } = await open(f, taskId);
    const { round } = await f.facts(taskId);
    const commits: GasOfCall[] = [];
    if (batched) {
      const signed = await Promise.all(f.members.map((member) => f.signCommitment(taskId, member)));
      commits.push(await measure(federation.commitBatch(taskId, round, signed)));
    } else {
      for (const member of f.members) {
        const sent = await f.commit(taskId, member).catch(() => undefined);
        if (sent !== undefined) commits.push(await measure(sent as never));
      }
    }
    const close = await measure(federation.closeRound(taskId, round));
    const { accumulator, assigned, totalWeight, attempt, commitments } = await f.facts(taskId);
    const roots = { modelRoot: word(7000 + round), contentId: word(8000 + round) };
    const proposal = { attempt, aggregator: assigned, ...roots, totalWeight, excluded: 0n };
    const aggregator = federation.connect(f.signerOf(assigned));
    const propose = await measure(aggregator.propose(taskId, round, accumulator, proposal, "0x"));
    const attesters = commitments.slice(0, quorum).map(({ participant }) => f.signerOf(participant));
    const accept = await measure(f.accept(taskId, attesters) as never);
    return { open: opened, drawn, commit: dearestOf(commits), close, propose, accept };
  }

  /** The same without a measure: from the receipts alone, as reading all events for each step takes a minute. */
  async function runBlind(f: TestFederation, taskId: number, round: number): Promise<void> {
    const logsOf = async (sent: Promise<TransactionResponse>) =>
      (await (await sent).wait())!.logs.map((log) => f.federation.interface.parseLog(log)!.args);
    const [opened] = await logsOf(f.openRound(taskId));
    for (const member of f.members) {
      await f.federation.connect(member).commit(taskId, round, opened!.start, word(round), word(round), 10);
    }
    const [closed, assigned] = await logsOf(f.federation.closeRound(taskId, round));
    const { accumulator, totalWeight } = closed!;
    const roots = { modelRoot: word(7000 + round), contentId: word(8000 + round) };
    const proposal = { attempt: 0, aggregator: assigned!.aggregator, ...roots, totalWeight, excluded: 0n };
    await f.federation.connect(f.aggregators[0]!).propose(taskId, round, accumulator, proposal, "0x");
    const words = await f.sign(taskId, round, hashOfProposal(taskId, round, accumulator, "0x", proposal));
    await f.federation.accept(taskId, round, proposal, words, []);
  }

  it("of a round stays within 5 % of its snapshot, and below what the protocol asks of a commitment", async function () {
    this.timeout(120_000);
    const f = await createFederation({ participants: 16, aggregators: 2 });
    // a word of the ring is written anew from the second lap on: these are rounds of the first
    const taskId = await f.createTask({ attestationQuorum: 1 });
    const first = await runRound(f, taskId, { quorum: 9 });
    const steady = await runRound(f, taskId, { quorum: 9 });
    const many = await runRound(f, taskId, { quorum: 16, batched: true });
    expect(steady.commit.gas, "commit").at.most(43_095);
    expect(many.commit.gas / 16, "commitBatch, each").at.most(15_708);
    expectSnapshot({
      "openRound, first of a task": first.open,
      openRound: steady.open,
      commit: steady.commit,
      "commitBatch, 16 commitments": many.commit,
      "commitBatch, each of 16": partOf(many.commit, 16),
      closeRound: steady.close,
      propose: steady.propose,
      "accept, 9 of 16 attest, first lap of the ring": steady.accept,
      "accept, 16 of 16 attest, first lap of the ring": many.accept,
      "accept, each further attestation": slopeOf(steady.accept, many.accept, 7),
    });
  });

  it("of a round in which a part is drawn stays within 5 % of its snapshot", async function () {
    this.timeout(120_000);
    const f = await createFederation({ participants: 16, aggregators: 2 });
    const rules = { participationBps: 5000, roundsPerParticipant: 9, drawDelayBlocks: 4, challengeWindowS: 3600 };
    const { header } = await headerOf(f.ethers.provider);
    await f.federation.createTask({ ...baseRules, ...rules }, openAccess, word(0), "0x7b7d", header);
    for (const member of f.members) await f.federation.connect(member).enrol(1, f.first(1), zeroWord, "0x");
    for (const aggregator of f.aggregators) await f.federation.connect(aggregator).join(1, f.first(1));
    await runRound(f, 1, { quorum: 8 });
    const { open: opened, drawn, commit } = await runRound(f, 1, { quorum: 8 });
    expectSnapshot({
      "openRound, 8 of 16 to be drawn": opened,
      "drawRound, 8 of 16": drawn,
      "commit, 8 of 16 drawn, rounds limited per participant": commit,
    });
  });

  it("of a round from the second lap of the ring on stays within 5 % of its snapshot", async function () {
    this.timeout(120_000);
    const f = await createFederation({ participants: 2, aggregators: 1 });
    const taskId = await f.createTask({ challengeWindowS: 60 });
    const { accept: first } = await runRound(f, taskId, { quorum: 2 });
    for (let round = 2; round <= 64; round++) await runBlind(f, taskId, round);
    const { accept: again } = await runRound(f, taskId, { quorum: 2 });
    expectSnapshot({ "accept, 2 of 2 attest, first lap of the ring": first, "accept, 2 of 2 attest": again });
  });

  it("of members and tasks stays within 5 % of its snapshot", async () => {
    const f = await createFederation({ participants: 17, aggregators: 2 });
    const { federation } = f;
    const measure = measureOn(f);
    const member = f.members[0]!;
    const peerId = `0x002408011220${"ab".repeat(32)}`;
    const address = "/ip4/192.0.2.1/tcp/4001";
    const register = await measure(federation.connect(member).register(peerId, f.ethers.id("key"), address, "0x"));
    const taskId = await f.createTask();
    const spec = new Uint8Array(1500).fill(0x61);
    const create = (access: object) => federation.createTask(baseRules, access, word(0), spec, "0x");
    const createTask = await measure(create(openAccess));
    const access = [[text("south clinic"), text("north clinic")], [text("north")], 1];
    const createRestricted = await measure(create(access));
    const setAttributes = await measure(
      federation.setAttributes(f.outsider.address, [text("north clinic"), text("north"), 2]),
    );
    const outside = federation.connect(f.outsider);
    for (const role of ["PARTICIPANT_ROLE"]) await federation.grantRole(f.role(role), f.outsider.address);
    const enrol = await measure(outside.enrol(taskId, f.first(taskId), zeroWord, "0x"));
    const enrolRestricted = await measure(outside.enrol(taskId + 2, f.first(taskId + 2), zeroWord, "0x"));
    const join = await measure(federation.connect(f.aggregators[0]!).join(taskId + 1, f.first(taskId + 1)));
    const leave = await measure(outside.leave(taskId, f.first(taskId)));
    const freePlaces = await measure(federation.freePlaces(taskId));
    const record = await measure(federation.connect(member).record(taskId, f.first(taskId), 1, word(4)));
    await f.openRound(taskId);
    for (const participant of f.members) await f.commit(taskId, participant);
    await federation.closeRound(taskId, 1);
    const { assigned } = await f.facts(taskId);
    await f.pass(301);
    const reassign = await measure(federation.reassign(taskId, 1));
    const resume = await measure(federation.connect(f.signerOf(assigned)).resume(taskId));
    const revoke = await measure(federation.revokeRole(f.role("PARTICIPANT_ROLE"), member.address));
    expectSnapshot({
      ...{ register, "createTask, 1,500 bytes of specification": createTask },
      "createTask, restricted, 3 entries": createRestricted,
      ...{ setAttributes, enrol, "enrol, restricted": enrolRestricted, join, leave, "freePlaces, 1 place": freePlaces },
      ...{ record, reassign, resume, "revoke a participant that is in 1 task": revoke },
    });
  });

  it("of bonds stays within 5 % of its snapshot", async () => {
    const f = await createFederation({ participants: 3, aggregators: 2 });
    const { federation } = f;
    const measure = measureOn(f);
    const rules = await f.bonded(baseRules);
    const taskId = await f.createTask(rules);
    const value = f.bonds(rules).participant;
    await federation.grantRole(f.role("PARTICIPANT_ROLE"), f.outsider.address);
    const enrol = await measure(
      federation.connect(f.outsider).enrol(taskId, f.first(taskId), zeroWord, "0x", { value }),
    );
    await federation.connect(f.outsider).leave(taskId, f.first(taskId));
    await federation.freePlaces(taskId);
    await f.pass(3602);
    const releaseBond = await measure(federation.releaseBond(taskId, f.outsider.address));
    const withdraw = await measure(federation.connect(f.outsider).withdraw());
    const { close, accept } = await runRound(f, taskId, { quorum: 3 });
    expectSnapshot({
      ...{ "enrol, bonded": enrol, releaseBond, withdraw, "closeRound, bonded": close },
      "accept, bonded, 3 of 3 attest, first of a task": accept,
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

  it("of the computation of one chunk alone stays within 5 % of its snapshot and below the targets", async () => {
    const { harness } = await createLibraryHarness();
    // no transaction, no slot: the prices of Glamsterdam change nothing
    const alone = (gas: bigint): GasOfCall => ({ gas: Number(gas), execution: Number(gas), state: 0 });
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
