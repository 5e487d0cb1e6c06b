import { expect } from "chai";
import type { TransactionResponse } from "ethers";
import hre from "hardhat";
import { createChunkTree } from "../../node/core/bytes/chunk-tree.ts";
import { fromHex, toHex } from "../../node/core/bytes/hex.ts";
import { createMaskSecrets } from "../../node/privacy/masking/index.ts";
import { createFederation, maskedRules, word } from "./support/federation.ts";
import { runMasked, seededRandom } from "./support/masked-round.ts";
import { expectSnapshot, type GasOfCall, measureGas, partOf, type Writes, writesOf } from "./support/measure-gas.ts";
import { vectorOf } from "./support/proven-round.ts";
import { createSeededNumbers } from "./support/seeded-numbers.ts";

/** What a transaction may use at most (EIP-7825). */
const transactionLimit = 2 ** 24;

describe("Gas of masked rounds", () => {
  before(function () {
    // Instrumented for coverage, the contracts are other, dearer code.
    if (hre.globalOptions.coverage) this.skip();
  });

  it("of proofs with a model of 1,000,000 parameters stays within 5 % of its snapshot, and within a transaction", async function () {
    this.timeout(600_000);
    const parameterCount = 1_000_000;
    const f = await createFederation({ participants: 64, aggregators: 1 });
    const numbers = createSeededNumbers(1_000_033);
    const base = vectorOf(Int32Array.from({ length: parameterCount }, () => numbers.below(1 << 18) - (1 << 17)));
    // masked lanes are like random ones: all commit the same, and what is proposed is wrong everywhere
    const instead = vectorOf(Int32Array.from({ length: parameterCount }, () => numbers.below(2 ** 32) | 0));
    const lie = createChunkTree(base.lanes.map((lane) => lane ^ 1));
    const measured: Record<string, GasOfCall> = {};
    for (const [count, missing] of [
      [16, 0],
      [16, 5],
      [32, 0],
      [32, 10],
      [64, 0],
      [64, 1],
      [64, 21],
      [64, 30],
    ] as const) {
      const dropped = Array.from({ length: missing }, (_, i) => 2 * i + 1);
      const update = { lanes: base.lanes, weight: 1 };
      const plan = { base, updates: Array(count).fill(update), dropped, numbers, instead, bonded: true };
      const round = await runMasked(f, { ...plan, rules: { minUpdates: 3, thresholdPercent: 51 } });
      await round.propose(lie.root);
      const prove = async (name: string, writes?: Writes) => {
        const { evidence } = await f.facts(round.taskId);
        const { advertisements, commitments, openings, start, taskId } = round;
        const sent = await f.proofs
          .connect(f.outsider)
          .proveMaskedChunk(
            ...[f.federation, evidence, start, advertisements, commitments, openings],
            ...[round.proof(lie, 15_624), { gasLimit: transactionLimit }],
          );
        expect(sent.data.length / 2 - 1, "bytes of the call").below(128 * 1024 - 1024);
        const written = writes ?? (await writesOf(f.ethers.provider, sent.hash));
        const cost = await measureGas(f.ethers.provider, sent, written);
        expect(cost.gas, name).below(transactionLimit);
        // The bond is three proofs at 100 gwei; this one must be covered by a third of it.
        const { aggregatorBondGwei } = await f.federation.taskRules(taskId);
        expect(BigInt(cost.gas) * 100n * 3n < aggregatorBondGwei, "the bond covers three proofs").equals(true);
        const dropOut = missing === 0 ? "" : `, ${missing} dropped`;
        measured[`proveMaskedChunk, 1,000,000 parameters, ${count} keys${dropOut}${name}`] = cost;
        return written;
      };
      const before = await f.networkHelpers.takeSnapshot();
      // Traces of many masks take minutes, and all are of the same code: the smallest round tells what a proof writes.
      // It is the prover's first and creates its credit, and the pot of what is burnt; the others raise both.
      const later = missing > 1 ? { fresh: 3, updated: 3 } : { fresh: 2, updated: 5 };
      const isFirst = Object.keys(measured).length === 0;
      const written = await prove("", isFirst ? undefined : later);
      if (isFirst) expect(written).deep.equals({ fresh: 4, updated: 3 });
      if (count < 64) continue;
      await before.restore();
      const attesters = round.round.surviving.slice(0, 63).map((slot) => f.members[slot]!);
      await f.accept(round.taskId, attesters);
      await prove(`, accepted, ${attesters.length} signed`, { fresh: 5, updated: 3 + attesters.length });
    }
    expectSnapshot(measured);
  });

  it("of a masked round's steps stays within 5 % of its snapshot", async function () {
    this.timeout(60_000);
    const f = await createFederation({ participants: 16, aggregators: 3 });
    const numbers = createSeededNumbers(77);
    const base = vectorOf(new Int32Array(1000).fill(7));
    const updates = Array(16).fill({ lanes: new Int32Array(1000).fill(9), weight: 10 });
    const plan = { base, updates, numbers, dropped: [3, 9], instead: base, bonded: true };
    const round = await runMasked(f, { ...plan, rules: { attempts: 3 } });
    const { taskId, advertisements, openings, start } = round;
    const measure = (sent: Promise<TransactionResponse>) => measureGas(f.ethers.provider, sent);
    const changed = fromHex(openings);
    changed[0]! ^= 1;
    changed[14 * 32 + 5]! ^= 1;
    const { accumulator, assigned, totalWeight } = await f.facts(taskId);
    const roots = { modelRoot: word(5), contentId: word(6) };
    const proposal = { attempt: 0, aggregator: assigned, ...roots, totalWeight, excluded: 0n };
    const aggregator = f.federation.connect(f.signerOf(assigned));
    const propose = await measure(aggregator.propose(taskId, 1, accumulator, proposal, toHex(changed)));
    const prover = f.proofs.connect(f.outsider);
    const opening = async (slot: number) =>
      measure(
        prover.proveOpening(...[f.federation, await f.evidence(taskId), start, advertisements, toHex(changed), slot]),
      );
    const seed = await opening(0);
    await round.propose(word(6), toHex(changed));
    const key = await opening(3);
    expectSnapshot({
      "propose, 16 keys": propose,
      "proveOpening, a seed of 16": seed,
      "proveOpening, a key of 16": key,
    });
  });

  it("of keys stays within 5 % of its snapshot", async function () {
    this.timeout(60_000);
    const f = await createFederation({ participants: 16, aggregators: 1 });
    const random = seededRandom(createSeededNumbers(78));
    const measure = (sent: Promise<TransactionResponse>) => measureGas(f.ethers.provider, sent);
    const taskId = await f.createTask({ ...maskedRules, thresholdPercent: 67 });
    const measured: Record<string, GasOfCall> = {};
    for (let number = 1; number <= 3; number++) {
      const opened = await measure(f.openRound(taskId));
      const signed = [];
      for (const [i, member] of f.members.entries()) {
        const { maskKey, seedHash } = createMaskSecrets(random);
        signed.push(await f.signKeys(taskId, member, { maskKey, seedHash, sharesId: word(i), shareKey: word(i + 90) }));
      }
      const alone = await measure(f.federation.advertise(taskId, number, signed.slice(0, 1)));
      const fifteen = await measure(f.federation.advertise(taskId, number, signed.slice(1)));
      const commits: GasOfCall[] = [];
      for (const member of f.members) commits.push(await measure((await f.commit(taskId, member)) as never));
      const closed = await measure(f.federation.closeRound(taskId, number));
      const openings = `0x${"11".repeat(32 * 16)}`;
      await f.propose(taskId, {}, openings);
      const accepted = await measure((await f.accept(taskId, f.members.slice(0, 9))) as never);
      // every slot that a round uses but its word has been written by the third
      if (number === 1) measured["advertise, first in the first round of a task"] = alone;
      if (number !== 3) continue;
      measured["openRound, masked"] = opened;
      measured["advertise, 1"] = alone;
      measured["advertise, each of 15"] = partOf(fifteen, 15);
      measured["commit, masked, first of a round"] = commits[0]!;
      measured["commit, masked"] = commits[3]!;
      measured["closeRound, masked"] = closed;
      measured["accept, masked, 9 of 16 attest, first lap of the ring"] = accepted;
    }
    expectSnapshot(measured);
  });
});
