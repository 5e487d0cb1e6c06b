import { expect } from "chai";
import { createChunkTree } from "../../node/core/bytes/chunk-tree.ts";
import { concatBytes, fromHex, toHex } from "../../node/core/bytes/hex.ts";
import { keccak256 } from "../../node/core/bytes/keccak.ts";
import type { SolidityEvidence } from "./support/facts.ts";
import { createFederation, type SolidityRules, type TestFederation } from "./support/federation.ts";
import {
  type ProvenRound,
  type RoundPlan,
  runToAggregating,
  vectorOf,
  type WeightedVector,
} from "./support/proven-round.ts";
import { createSeededNumbers } from "./support/seeded-numbers.ts";

/** Number of random rounds; CI sets more. */
const rounds = Number(process.env.PROOF_ROUNDS ?? 16);
const nobody = `0x${"00".repeat(20)}`;
const int32Min = -(2 ** 31);
const int32Max = 2 ** 31 - 1;

/** Lanes of extremes, of small numbers, or of anything within the limit. */
function randomLanes(numbers: ReturnType<typeof createSeededNumbers>, count: number, limit: number): Int32Array {
  const kind = numbers.below(3);
  const extremes = [0, 1, -1, limit, -limit, limit - 1];
  return Int32Array.from({ length: count }, () => {
    if (kind === 0) return numbers.pick(extremes);
    if (kind === 1) return numbers.below(Math.min(2001, 2 * limit + 1)) - Math.min(1000, limit);
    return numbers.below(2 * limit + 1) - limit;
  });
}

type RandomRound = Pick<RoundPlan, "base" | "updates"> & {
  readonly rules: Partial<SolidityRules> & { readonly maxWeight: number; readonly clipLanes: number };
};

/** A random round of the smallest to fairly odd shapes. */
function randomRound(numbers: ReturnType<typeof createSeededNumbers>): RandomRound {
  const parameterCount = numbers.pick([1, 3, 63, 64, 65, 128, 129, 200, 1000]);
  const count = numbers.pick([1, 2, 3, 5, 8]);
  const maxWeight = numbers.pick([1, 1000, 65_536]);
  const clipLanes = numbers.pick([1, 1000, 1 << 20, 1 << 30]);
  const base = vectorOf(
    Int32Array.from({ length: parameterCount }, () =>
      numbers.pick([0, int32Min, int32Max, numbers.below(2 ** 32) + int32Min, numbers.below(4001) - 2000]),
    ),
  );
  const updates: WeightedVector[] = Array.from({ length: count }, () => ({
    ...vectorOf(randomLanes(numbers, parameterCount, clipLanes)),
    weight: numbers.pick([1, maxWeight, 1 + numbers.below(maxWeight)]),
  }));
  const serverRateQ16 = numbers.pick([65_536, 65_536, 1, 1 << 20, 1 + numbers.below(1 << 20)]);
  const rule = numbers.below(3);
  // a trimmed mean keeps something of what is left
  if (rule === 2 && count < 3) return randomRound(numbers);
  const trim = rule === 2 ? 1 + numbers.below((count - 1) >> 1) : 0;
  const minUpdates = 2 * trim + 1;
  const rules = { rule, trim, minUpdates, parameterCount, clipLanes, maxWeight, serverRateQ16, attempts: 16 };
  return { base, updates, rules };
}

describe("Proofs (Solidity against node/core and node/aggregation)", () => {
  let f: TestFederation;

  beforeEach(async () => {
    f = await createFederation({ participants: 8, aggregators: 4 });
  });

  it(`never strike the right model, and strike every single wrong lane, before and after acceptance: ${rounds} random rounds`, async function () {
    this.timeout(60_000 + 6000 * rounds);
    const numbers = createSeededNumbers(20_261_122);
    for (let i = 0; i < rounds; i++) {
      // an account can be in 16 tasks
      if (i % 16 === 15) f = await createFederation({ participants: 8, aggregators: 4 });
      const { base, updates, rules } = randomRound(numbers);
      if (updates.length * rules.maxWeight * rules.clipLanes >= 2 ** 52) continue;
      const round = await runToAggregating(f, { base, updates, rules });
      const right = round.honest();

      // one lane, one bit or an extreme away
      const lane = numbers.below(right.length);
      const wrong = right.slice();
      wrong[lane] = numbers.pick([right[lane]! ^ (1 << numbers.below(32)), right[lane] === 0 ? 1 : 0]);
      const lie = createChunkTree(wrong);
      const proposal = await round.propose(lie.root);
      const lieIn = lane >> 6;
      const accepted = i % 2 === 1;
      if (accepted) await f.accept(round.taskId, round.members);
      const evidence = await f.evidence(round.taskId);
      for (let chunk = 0; chunk < lie.chunkCount; chunk++) {
        if (chunk === lieIn) continue;
        const call = f.proofs.proveChunk(f.federation, evidence, round.commitments, round.proof(lie, chunk));
        await expect(call, `round ${i}, right chunk ${chunk}`).revertedWithCustomError(f.proofs, "ChunkIsRight");
      }
      const strike = f.proofs.proveChunk(f.federation, evidence, round.commitments, round.proof(lie, lieIn));
      await expect(strike, `round ${i}, lane ${lane}`)
        .emit(f.federation, "Struck")
        .withArgs(round.taskId, 1, f.admin.address, proposal.aggregator, nobody, 0, lieIn);
      if (accepted) {
        await expect(strike).emit(f.federation, "RolledBack").withArgs(round.taskId, 1, 1, base.tree.root);
        continue;
      }
      const honest = createChunkTree(right);
      const second = await round.propose(honest.root);
      expect(second.aggregator).not.equals(proposal.aggregator);
      await expectUnprovable(round, await f.evidence(round.taskId), honest, `round ${i}`);
      await f.accept(round.taskId, round.members);
      await expectUnprovable(round, await f.evidence(round.taskId), honest, `accepted round ${i}`);
    }
  });

  /** No chunk and no weight of this honest proposal can be proven wrong. */
  async function expectUnprovable(
    round: Pick<ProvenRound, "commitments" | "proof">,
    evidence: SolidityEvidence,
    honest: ReturnType<typeof createChunkTree>,
    name: string,
  ): Promise<void> {
    for (let chunk = 0; chunk < honest.chunkCount; chunk++) {
      await expect(
        f.proofs.proveChunk(f.federation, evidence, round.commitments, round.proof(honest, chunk)),
        `${name}, chunk ${chunk}`,
      ).revertedWithCustomError(f.proofs, "ChunkIsRight");
    }
    await expect(f.proofs.proveWeight(f.federation, evidence, round.commitments), name).revertedWithCustomError(
      f.proofs,
      "WeightIsRight",
    );
  }

  it("strike whoever includes an update beyond the clip, and expel its owner, by one chunk of that update", async () => {
    const base = vectorOf(new Int32Array(130).fill(5));
    for (const [value, valid] of [
      [1000, true],
      [-1000, true],
      [1001, false],
      [-1001, false],
      [int32Min, false],
      [int32Max, false],
    ] as const) {
      const lanes = new Int32Array(130);
      lanes[129] = value;
      const updates = [
        { ...vectorOf(new Int32Array(130).fill(1)), weight: 3 },
        { ...vectorOf(lanes), weight: 7 },
      ];
      const round = await runToAggregating(f, { base, updates, rules: { clipLanes: 1000 } });
      const proposal = await round.propose(createChunkTree(round.honest()).root);
      const { tree } = updates[1]!;
      const proof = { position: 1, chunkIndex: 2, chunk: tree.chunk(2), path: tree.proof(2) };
      const evidence = await f.evidence(round.taskId);
      const call = f.proofs.proveUpdate(f.federation, evidence, round.commitments, proof);
      if (valid) {
        await expect(call).revertedWithCustomError(f.proofs, "UpdateIsValid");
        continue;
      }
      await expect(call)
        .emit(f.federation, "Struck")
        .withArgs(round.taskId, 1, f.admin.address, proposal.aggregator, round.members[1]!.address, 2, 2);
      for (const account of [proposal.aggregator, round.members[1]!.address]) {
        await expect(call).emit(f.federation, "MemberExpelled").withArgs(round.taskId, 1, account, 2, 0);
      }
    }
  });

  it("recompute over the included updates only, and strike a total weight that does not add up", async () => {
    const numbers = createSeededNumbers(7);
    const base = vectorOf(randomLanes(numbers, 300, 1 << 20));
    const updates = [10, 20, 30, 40].map((weight) => {
      const lanes = randomLanes(numbers, 300, 1 << 20);
      // the first, which is left out, breaks the rules
      if (weight === 10) lanes[7] = (1 << 20) + 1;
      return { ...vectorOf(lanes), weight };
    });
    const round = await runToAggregating(f, { base, updates, rules: { attempts: 16 } });
    const { taskId, commitments } = round;
    const excluded = 0b0101n;
    const prove = async (tree: ReturnType<typeof createChunkTree>, chunk: number) =>
      f.proofs.proveChunk(f.federation, await f.evidence(taskId), commitments, round.proof(tree, chunk, excluded));

    const all = createChunkTree(round.honest());
    await round.propose(all.root, { excluded });
    await expect(prove(all, 3)).emit(f.federation, "Struck");

    const right = createChunkTree(round.honest(excluded));
    const second = await round.propose(right.root, { excluded, totalWeight: 61n });
    await expect(prove(right, 3)).revertedWithCustomError(f.proofs, "ChunkIsRight");
    await expect(f.proofs.proveWeight(f.federation, await f.evidence(taskId), commitments))
      .emit(f.federation, "Struck")
      .withArgs(taskId, 1, f.admin.address, second.aggregator, nobody, 1, 0);

    const third = await round.propose(right.root, { excluded });
    const evidence = await f.evidence(taskId);
    const unprovable = { commitments, proof: (t: never, c: number) => round.proof(t, c, excluded) };
    await expectUnprovable(unprovable as never, evidence, right, "third");
    const { tree } = updates[0]!;
    const proof = { position: 0, chunkIndex: 0, chunk: tree.chunk(0), path: tree.proof(0) };
    const call = f.proofs.proveUpdate(f.federation, evidence, commitments, proof);
    // the proposal leaves it out, and stands
    await expect(call).emit(f.federation, "MemberExpelled").withArgs(taskId, 1, round.members[0]!.address, 2, 0);
    await expect(call).not.emit(f.federation, "Struck");
    expect((await f.facts(taskId)).evidence.proposal).deep.equals(third);
    await f.accept(taskId, round.members.slice(1));
  });

  it("strike a root that has more than the model in it, by a leaf behind the last chunk", async () => {
    const base = vectorOf(new Int32Array(130).fill(5));
    const updates = [1, 2].map((value) => ({ ...vectorOf(new Int32Array(130).fill(value)), weight: 3 }));
    const round = await runToAggregating(f, { base, updates });
    const honest = createChunkTree(round.honest());
    const hash = (...parts: Uint8Array[]) => keccak256(concatBytes(...parts));
    const [sibling, left] = honest.proof(2);
    const path = [honest.leaf(2), left!];
    /** The root of the honest chunks, with this leaf in the fourth place, which no chunk has. */
    const rootWith = (leaf: Uint8Array) => {
      const right = hash(Uint8Array.of(1), fromHex(honest.leaf(2)), leaf);
      return toHex(hash(Uint8Array.of(2, 0, 0, 0, 130), hash(Uint8Array.of(1), fromHex(left!), right)));
    };
    expect(rootWith(fromHex(sibling!))).equals(honest.root);
    const proof = (leaf: string) => ({ ...round.proof(honest, 2), chunkIndex: 3, leaf, leafPath: path });
    const prove = async (leaf: string) =>
      f.proofs.proveChunk(f.federation, await f.evidence(round.taskId), round.commitments, proof(leaf));
    const hidden = toHex(new Uint8Array(32).fill(7));
    await round.propose(rootWith(fromHex(hidden)));
    await expect(prove(sibling!)).revertedWithCustomError(f.proofs, "NotInModel");
    await expect(prove(hidden)).emit(f.federation, "Struck");
    await round.propose(honest.root);
    await expect(prove(hidden)).revertedWithCustomError(f.proofs, "NotInModel");
    await expect(prove(sibling!)).revertedWithCustomError(f.proofs, "ChunkIsRight");
  });
});
