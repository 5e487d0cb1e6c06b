import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";
import type { TransactionResponse } from "ethers";
import hre from "hardhat";
import { createChunkTree } from "../../node/core/chunk-tree.ts";
import { runToAggregating, signerOf, vectorOf } from "./support/challenged-round.ts";
import { createFederation, type SolidityProposal, type TestFederation, word } from "./support/federation.ts";
import { expectSnapshot, type GasOfCall, measureGas } from "./support/measure-gas.ts";
import { createSeededNumbers } from "./support/seeded-numbers.ts";

/** No reservation. */
const none = `0x${"00".repeat(32)}`;
const gwei = 10n ** 9n;
const windowS = 900;

describe("Gas of the court", () => {
  before(function () {
    // Instrumented for coverage, the contracts are other, dearer code.
    if (hre.globalOptions.coverage) this.skip();
  });

  const measureOn =
    (f: TestFederation) =>
    (sent: Promise<TransactionResponse>): Promise<GasOfCall> =>
      measureGas(f.ethers.provider, sent);

  /** A round of 16 bonded participants with equal updates of 1,000 lanes, all beyond the bound, and three bonded aggregators. */
  async function runSixteen(rules: { holders?: number } = {}) {
    const f = await createFederation({ participants: 16, aggregators: 3 });
    const base = vectorOf(new Int32Array(1000).fill(7));
    const beyond = vectorOf(new Int32Array(1000).fill(1001));
    const updates = f.members.map(() => ({ ...beyond, weight: 10 }));
    const bondWei: bigint = await f.federation.leastBondWei(1000, 16);
    for (const member of f.members) await f.federation.connect(member).bond({ value: bondWei });
    const participantBondGwei = Number(bondWei / gwei);
    const plan = {
      base,
      updates,
      rules: { clipLanes: 1000, attempts: 3, participantBondGwei, ...rules },
      bonded: true,
    };
    const round = await runToAggregating(f, { ...plan, rules: { ...plan.rules, minUpdates: 4 } });
    const { tree } = beyond;
    const proof = (position: number) => ({ position, chunkIndex: 3, chunk: tree.chunk(3), path: tree.proof(3) });
    return {
      f,
      round,
      tree,
      proof,
      root: createChunkTree(round.honest()).root,
      challenger: f.federation.connect(f.outsider),
    };
  }

  it("with a model of 1,000,000 parameters stays within 5 % of its snapshot", async function () {
    this.timeout(300_000);
    const parameterCount = 1_000_000;
    // what docs/gas.md says of the targets
    const most: Record<number, number> = { 8: 520_000, 16: 620_000, 32: 1_000_000, 64: 1_900_000 };
    const f = await createFederation({ participants: 64, aggregators: 1 });
    const numbers = createSeededNumbers(1_000_003);
    // Updates as training gives them: nearly all lanes below 2^11 (at 16 fraction bits, changes below 0.03).
    const lanes = (range: number) =>
      Int32Array.from({ length: parameterCount }, () => numbers.below(2 * range) - range);
    const base = vectorOf(lanes(1 << 17));
    const updates = Array.from({ length: 64 }, () => ({ ...vectorOf(lanes(2000)), weight: 1 + numbers.below(1000) }));
    const chunkIndex = 15_624;
    const measured: Record<string, GasOfCall> = {};
    const plans = [8, 16, 32, 64].flatMap((count) => [
      { count, rule: 0, name: "challengeChunk" },
      { count, rule: 1, name: "challengeChunk, median" },
    ]);
    for (const { count, rule, name } of plans) {
      const plan = { base, updates: updates.slice(0, count), rules: { rule }, bonded: true };
      const round = await runToAggregating(f, plan);
      const wrong = round.honest();
      wrong[parameterCount - 1]! ^= 1;
      const lie = createChunkTree(wrong);
      const proposal = await round.propose(lie.root);
      const proof = round.proof(lie, chunkIndex);
      const sent = await f.federation
        .connect(f.outsider)
        .challengeChunk(round.taskId, 1, proposal, round.commitments, proof, none);
      expect(sent.data.length / 2 - 1, "bytes of the call").below(128 * 1024 - 1024);
      const cost = await measureGas(f.ethers.provider, sent);
      expect(cost.gas, `${name}, ${count} updates`).below(most[count]!);
      // The bond is three proofs at 100 gwei; this one must be covered by a third of it.
      const { aggregatorBondGwei } = await f.federation.taskRules(round.taskId);
      expect(BigInt(cost.gas) * 100n * 3n < aggregatorBondGwei, "the bond covers three proofs").equals(true);
      measured[`${name}, 1,000,000 parameters, ${count} updates`] = cost;
    }
    expectSnapshot(measured);
  });

  it("of the other challenges and of bonds stays within 5 % of its snapshot", async () => {
    const { f, round, proof, root, challenger } = await runSixteen();
    const { taskId, commitments } = round;
    const measure = measureOn(f);
    const first = await round.propose(root);
    const challengeUpdate = await measure(challenger.challengeUpdate(taskId, 1, first, commitments, proof(0), none));
    const second = await round.propose(root, { excluded: 1n, totalWeight: 149n });
    const challengeWeight = await measure(challenger.challengeWeight(taskId, 1, second, commitments, none));
    const third = await round.propose(root, { excluded: 1n, totalWeight: 150n });
    const aggregator = signerOf(f, third.aggregator);
    const { r, vs } = await f.custody(taskId, 1, aggregator, commitments[0]!);
    const challengeExclusion = await measure(
      challenger.challengeExclusion(taskId, 1, third, commitments, 0, r, vs, none),
    );
    const bond = await measure(challenger.bond({ value: 5 }));
    const requestUnbond = await measure(challenger.requestUnbond(5));
    await f.pass(15 * 86_400);
    const withdrawBond = await measure(challenger.withdrawBond());
    expectSnapshot({
      "challengeUpdate, 16 updates of 1,000 parameters": challengeUpdate,
      "challengeWeight, 16 updates": challengeWeight,
      "challengeExclusion, 16 updates": challengeExclusion,
      bond,
      requestUnbond,
      withdrawBond,
    });
  });

  it("of reports stays within 5 % of its snapshot", async () => {
    const { f, round, proof, root, challenger } = await runSixteen({ holders: 2 });
    const { taskId, commitments } = round;
    const measure = measureOn(f);
    const reportUpdate = await measure(challenger.reportUpdate(taskId, 1, commitments, proof(0), none));
    const { baseModelRoot } = await f.federation.roundInfo(taskId, 1);
    const sign = (index: number, weight: number) => f.signCommitment(taskId, f.members[index]!, { weight });
    const reportEquivocation = await measure(
      challenger.reportEquivocation(taskId, 1, baseModelRoot, await sign(1, 1), await sign(1, 2), none),
    );
    const reportDoubleCommitment = await measure(
      challenger.reportDoubleCommitment(taskId, 1, commitments, 2, await sign(2, 1), none),
    );
    const { slot } = commitments[3]!;
    const excluded = 1n << BigInt(slot);
    const words = await f.availability(taskId, 1, 0xffffn & ~excluded);
    const proposal = await round.propose(root, { excluded, totalWeight: 150n }, words);
    const reportWithheld = await measure(challenger.reportWithheld(taskId, 1, proposal, commitments, 3, none));
    expectSnapshot({
      "reportUpdate, 16 updates of 1,000 parameters": reportUpdate,
      reportEquivocation,
      "reportDoubleCommitment, 16 updates": reportDoubleCommitment,
      "reportWithheld, 16 updates": reportWithheld,
    });
  });

  it("of demands stays within 5 % of its snapshot", async () => {
    const parameterCount = 64 * 1024;
    const f = await createFederation({ participants: 16, aggregators: 3 });
    const measure = measureOn(f);
    const vector = vectorOf(new Int32Array(parameterCount).fill(9));
    const updates = f.members.map(() => ({ ...vector, weight: 10 }));
    const round = await runToAggregating(f, { base: vector, updates, rules: { attempts: 3 }, bonded: true });
    const { taskId, commitments } = round;
    const model = createChunkTree(round.honest());
    const challenger = f.federation.connect(f.outsider);
    const chunkDemand = async (index: number) => ({
      taskId,
      round: 1,
      proposalHash: (await f.federation.roundInfo(taskId, 1)).proposalHash,
      kind: 0,
      place: commitments[0]!.slot,
      index,
      root: commitments[0]!.updateRoot,
    });
    const demandChunkOf = async (proposal: SolidityProposal, index: number) => {
      const value = await f.federation.demandBondWei(0);
      return challenger.demandChunk(await chunkDemand(index), proposal, commitments, 0, { value });
    };
    const first = await round.propose(model.root);
    const demandChunk = await measure(demandChunkOf(first, 5));
    const shown = await chunkDemand(5);
    const { participant } = commitments[0]!;
    const answerChunk = await measure(
      challenger.answerChunk(shown, participant, vector.tree.chunk(5), vector.tree.proof(5)),
    );
    const nodes = { ...shown, kind: 1, place: 10, index: 0, root: model.root };
    const value = await f.federation.demandBondWei(1);
    const demandNodes = await measure(challenger.demandNodes(nodes, first, [], { value }));
    const leaves = Array.from({ length: 1024 }, (_, index) => model.leaf(index));
    const answerNodes = await measure(challenger.answerNodes(nodes, leaves));
    // half of a demand's bond pays its answer at 100 gwei; a path of 24 instead of 10 is 14 * 32 bytes longer
    const covered = async (kind: number) => Number((await f.federation.demandBondWei(kind)) / (2n * 100n * gwei));
    expect(answerChunk.gas + 14 * 32 * 40, "answerChunk").below(await covered(0));
    expect(answerNodes.gas, "answerNodes").below(await covered(1));
    await demandChunkOf(first, 6);
    const unanswered = await chunkDemand(6);
    await demandChunkOf(first, 7);
    const fallen = await chunkDemand(7);
    await f.pass(windowS + 1);
    const strikeUnanswered = await measure(challenger.strikeUnanswered(unanswered, first));
    const returnDemand = await measure(challenger.returnDemand(fallen));
    const withdrawCredit = await measure(challenger.withdrawCredit());
    expectSnapshot({
      "demandChunk, 16 updates of 65,536 parameters": demandChunk,
      "answerChunk, 65,536 parameters": answerChunk,
      "demandNodes, the top": demandNodes,
      "answerNodes, 1,024 nodes": answerNodes,
      strikeUnanswered,
      returnDemand,
      withdrawCredit,
    });
  });

  it("of rewards stays within 5 % of its snapshot", async () => {
    const { f, round, root, challenger } = await runSixteen();
    const { taskId, commitments } = round;
    const measure = measureOn(f);
    const coder = f.ethers.AbiCoder.defaultAbiCoder();
    const salt = word(5);
    /** Lies about the weight; returns the proposal and the case against it. */
    const lie = async () => {
      const proposal = await round.propose(root, { excluded: 1n, totalWeight: 149n });
      const { proposalHash } = await f.federation.roundInfo(taskId, 1);
      const fields = [taskId, 1, proposalHash, 2, 0];
      const types = ["uint32", "uint32", "bytes32", "uint256", "uint256"];
      return { proposal, caseHash: f.ethers.keccak256(coder.encode(types, fields)) };
    };
    const reserve = (by: HardhatEthersSigner, caseHash: string) => {
      const reservation = f.ethers.keccak256(
        coder.encode(["address", "bytes32", "bytes32"], [by.address, salt, caseHash]),
      );
      return f.federation.connect(by).reserveChallenge(reservation);
    };
    const first = await lie();
    const reserveChallenge = await measure(reserve(f.outsider, first.caseHash));
    const reserved = await measure(challenger.challengeWeight(taskId, 1, first.proposal, commitments, salt));
    const second = await lie();
    await reserve(f.admin, second.caseHash);
    await challenger.challengeWeight(taskId, 1, second.proposal, commitments, none);
    const claimReward = await measure(f.federation.claimReward(second.caseHash, salt));
    const third = await lie();
    await challenger.challengeWeight(taskId, 1, third.proposal, commitments, none);
    await f.pass(3601);
    const collectReward = await measure(challenger.collectReward(third.caseHash));
    expectSnapshot({
      reserveChallenge,
      "challengeWeight, 16 updates, reserved": reserved,
      claimReward,
      collectReward,
    });
  });
});
