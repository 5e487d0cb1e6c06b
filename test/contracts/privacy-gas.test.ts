import { expect } from "chai";
import hre from "hardhat";
import { createChunkTree } from "../../node/core/chunk-tree.ts";
import { fromHex, toHex } from "../../node/core/hex.ts";
import { signerOf, vectorOf } from "./support/challenged-round.ts";
import { baseRules, createFederation, word } from "./support/federation.ts";
import { runMasked, seededRandom } from "./support/masked-round.ts";
import { expectSnapshot, type GasOfCall, measureGas, slotRise } from "./support/measure-gas.ts";
import { createSeededNumbers } from "./support/seeded-numbers.ts";

/** No reservation. */
const none = `0x${"00".repeat(32)}`;
/** What a transaction may use at most (EIP-7825). */
const transactionLimit = 2 ** 24;
const text = (value: string) => toHex(new TextEncoder().encode(value.padEnd(32, "\0")));

describe("Gas of masked rounds and restricted tasks", () => {
  before(function () {
    // Instrumented for coverage, the contracts are other, dearer code.
    if (hre.globalOptions.coverage) this.skip();
  });

  it("of challenges with a model of 1,000,000 parameters stays within 5 % of its snapshot", async function () {
    this.timeout(300_000);
    const parameterCount = 1_000_000;
    const f = await createFederation({ participants: 64, aggregators: 1 });
    const numbers = createSeededNumbers(1_000_033);
    const base = vectorOf(Int32Array.from({ length: parameterCount }, () => numbers.below(1 << 18) - (1 << 17)));
    // masked lanes are like random ones: all commit the same, and what is proposed is wrong everywhere
    const instead = vectorOf(Int32Array.from({ length: parameterCount }, () => numbers.below(2 ** 32) | 0));
    const lie = createChunkTree(base.lanes.map((lane) => lane ^ 1));
    const measured: Record<string, GasOfCall> = {};
    let rise: number | undefined;
    for (const count of [16, 32, 64]) {
      for (const [name, every, neighbours] of [
        ["", 0, 0],
        [", a third dropped", 3, 0],
        [", a third dropped, 16 neighbours", 3, 16],
        [", 31 dropped", 2, 0],
      ] as const) {
        // the plans that say most: all of them at the most updates, few elsewhere
        if (count < 64 && (neighbours !== 0 || every === 2)) continue;
        // of 64 with a threshold of 51 % at most 31 may be missing
        const slots = Array.from({ length: count - 1 }, (_, slot) => slot);
        const dropped = slots.filter((slot) => every !== 0 && slot % every === 1);
        const update = { lanes: base.lanes, weight: 1 };
        const plan = { base, updates: Array(count).fill(update), dropped, numbers, instead, bonded: true };
        const round = await runMasked(f, { ...plan, rules: { neighbours, minUpdates: 3, thresholdPercent: 51 } });
        const proposal = await round.propose(lie.root);
        const sent = await f.federation
          .connect(f.outsider)
          .challengeMaskedChunk(
            round.taskId,
            1,
            proposal,
            round.advertisements,
            round.commitments,
            round.openings,
            round.proof(lie, 15_624),
            none,
          );
        expect(sent.data.length / 2 - 1, "bytes of the call").below(128 * 1024 - 1024);
        // all but the very first write the same slots
        if (count === 16) rise = await slotRise(f.ethers.provider, sent.hash);
        const cost = await measureGas(f.ethers.provider, sent, rise);
        expect(cost.gas, `${count} updates${name}`).below(transactionLimit);
        // The bond is three proofs at 100 gwei; this one must be covered by a third of it.
        const { aggregatorBondGwei } = await f.federation.taskRules(round.taskId);
        expect(BigInt(cost.gas) * 100n * 3n < aggregatorBondGwei, "the bond covers three proofs").equals(true);
        measured[`challengeMaskedChunk, 1,000,000 parameters, ${count} keys${name}`] = cost;
      }
    }
    expectSnapshot(measured);
  });

  it("of a masked round's steps stays within 5 % of its snapshot", async function () {
    this.timeout(60_000);
    const f = await createFederation({ participants: 16, aggregators: 2 });
    const numbers = createSeededNumbers(77);
    const base = vectorOf(new Int32Array(1000).fill(7));
    const updates = Array(16).fill({ lanes: new Int32Array(1000).fill(9), weight: 10 });
    const plan = { base, updates, numbers, dropped: [3, 9], instead: base, bonded: true };
    const round = await runMasked(f, { ...plan, rules: { attempts: 3 } });
    const { taskId, advertisements, openings } = round;
    const measure = (sent: Promise<never>) => measureGas(f.ethers.provider, sent);
    const changed = fromHex(openings);
    changed[0]! ^= 1;
    changed[14 * 32 + 5]! ^= 1;
    const proposal = await f.proposal(taskId, { modelRoot: word(5) });
    const proposeOpened = await measure(
      f.federation
        .connect(signerOf(f, proposal.aggregator))
        .proposeOpened(taskId, 1, proposal, [], toHex(changed)) as never,
    );
    const challenger = f.federation.connect(f.outsider);
    const opening = (given: object) => [taskId, 1, given, advertisements, toHex(changed)] as const;
    const seed = await measure(challenger.challengeOpening(...opening(proposal), 0, none) as never);
    const next = await round.propose(word(6), toHex(changed));
    const key = await measure(challenger.challengeOpening(...opening(next), 3, none) as never);
    expectSnapshot({
      "proposeOpened, 16 keys": proposeOpened,
      "challengeOpening, a seed of 16": seed,
      "challengeOpening, a key of 16": key,
    });
  });

  it("of keys stays within 5 % of its snapshot", async function () {
    this.timeout(60_000);
    const f = await createFederation({ participants: 4, aggregators: 1 });
    const random = seededRandom(createSeededNumbers(78));
    const { createMaskSecrets } = await import("../../node/privacy/masking/index.ts");
    const rules = { mode: 1, clipLanes: 1000, minUpdates: 3, thresholdPercent: 67, keyWindowS: 100, rounds: 9 };
    const taskId = await f.createTask(rules);
    const measured: Record<string, GasOfCall> = {};
    for (let number = 1; number <= 4; number++) {
      const opened = await measureGas(f.ethers.provider, f.federation.openRound(taskId));
      const { seed } = await f.federation.roundInfo(taskId, number);
      const costs: GasOfCall[] = [];
      for (const [i, member] of f.members.entries()) {
        const { maskKey, seedHash } = createMaskSecrets(random);
        const sent = f.federation.connect(member).advertise(taskId, number, seed, maskKey, seedHash, word(i));
        costs.push(await measureGas(f.ethers.provider, sent));
      }
      const commits: GasOfCall[] = [];
      for (const member of f.members) commits.push(await measureGas(f.ethers.provider, f.commit(taskId, member)));
      const closed = await measureGas(f.ethers.provider, f.federation.closeRound(taskId, number));
      const proposal = await f.proposal(taskId);
      const openings = `0x${"11".repeat(128)}`;
      await f.federation
        .connect(signerOf(f, proposal.aggregator))
        .proposeOpened(taskId, number, proposal, [], openings);
      await f.pass(1000);
      await f.federation.finalizeUnchallenged(taskId, number, proposal);
      // every slot that a round uses has been written by the third
      if (number === 1) measured["advertise, first in the first round of a task"] = costs[0]!;
      if (number !== 3) continue;
      measured["openRound, masked"] = opened;
      measured["advertise, first of a round"] = costs[0]!;
      measured.advertise = costs[3]!;
      measured["commit, masked, first of a round"] = commits[0]!;
      measured["commit, masked"] = commits[3]!;
      measured["closeRound, masked"] = closed;
    }
    expectSnapshot(measured);
  });

  it("of attributes and restricted tasks stays within 5 % of its snapshot", async () => {
    const f = await createFederation({ participants: 2, aggregators: 1 });
    const measure = (sent: Promise<never>) => measureGas(f.ethers.provider, sent);
    const attributes = [text("north clinic"), text("north"), 2];
    const member = f.members[0]!;
    const setAttributes = await measure(f.federation.setAttributes(member.address, attributes) as never);
    const access = [[text("south clinic"), text("north clinic")], [text("north")], 1];
    const spec = f.ethers.toUtf8Bytes("x".repeat(1500));
    const createRestrictedTask = await measure(
      f.federation.createRestrictedTask(baseRules, access, word(0), spec) as never,
    );
    const enrol = await measure(f.federation.connect(member).enrol(1) as never);
    expectSnapshot({
      setAttributes,
      "createRestrictedTask, 1,500 bytes of specification, 3 entries": createRestrictedTask,
      "enrol, restricted": enrol,
    });
  });
});
