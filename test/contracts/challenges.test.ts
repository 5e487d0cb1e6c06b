import { expect } from "chai";
import { createChunkTree } from "../../node/core/chunk-tree.ts";
import { type RoundPlan, runToAggregating, vectorOf, type WeightedVector } from "./support/challenged-round.ts";
import {
  createFederation,
  type SolidityProposal,
  type SolidityRules,
  type TestFederation,
} from "./support/federation.ts";
import { createSeededNumbers } from "./support/seeded-numbers.ts";

/** Number of random rounds; CI sets more. */
const rounds = Number(process.env.CHALLENGE_ROUNDS ?? 24);
/** No reservation. */
const none = `0x${"00".repeat(32)}`;
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

describe("Challenges (Solidity against node/core and node/aggregation)", () => {
  let f: TestFederation;

  beforeEach(async () => {
    f = await createFederation({ participants: 8, aggregators: 4 });
  });

  it(`never strikes the right model, and strikes every single wrong lane: ${rounds} random rounds`, async function () {
    this.timeout(60_000 + 3000 * rounds);
    const numbers = createSeededNumbers(20_261_122);
    for (let i = 0; i < rounds; i++) {
      // a participant can be in 16 tasks
      if (i % 16 === 15) f = await createFederation({ participants: 8, aggregators: 3 });
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
      for (let chunk = 0; chunk < lie.chunkCount; chunk++) {
        if (chunk === lieIn) continue;
        const call = f.federation.challengeChunk(
          round.taskId,
          1,
          proposal,
          round.commitments,
          round.proof(lie, chunk),
          none,
        );
        await expect(call, `round ${i}, right chunk ${chunk}`).revertedWithCustomError(f.federation, "ChunkIsRight");
      }
      await expect(
        f.federation.challengeChunk(round.taskId, 1, proposal, round.commitments, round.proof(lie, lieIn), none),
        `round ${i}, lane ${lane}`,
      )
        .emit(f.federation, "Challenged")
        .withArgs(round.taskId, 1, f.admin.address, proposal.aggregator, 0, lieIn);

      const honest = createChunkTree(right);
      const second = await round.propose(honest.root);
      expect(second.aggregator).not.equals(proposal.aggregator);
      await expectUnchallengeable(round, second, honest, `round ${i}`);
    }
  });

  /** No chunk, no update and no weight of this honest proposal can be challenged. */
  async function expectUnchallengeable(
    round: Awaited<ReturnType<typeof runToAggregating>>,
    proposal: SolidityProposal,
    honest: ReturnType<typeof createChunkTree>,
    name: string,
  ): Promise<void> {
    for (let chunk = 0; chunk < honest.chunkCount; chunk++) {
      await expect(
        f.federation.challengeChunk(round.taskId, 1, proposal, round.commitments, round.proof(honest, chunk), none),
        `${name}, chunk ${chunk}`,
      ).revertedWithCustomError(f.federation, "ChunkIsRight");
    }
    await expect(
      f.federation.challengeWeight(round.taskId, 1, proposal, round.commitments, none),
      name,
    ).revertedWithCustomError(f.federation, "WeightIsRight");
  }

  it("strikes whoever includes an update beyond the clip, by one chunk of that update", async () => {
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
      const call = f.federation.challengeUpdate(round.taskId, 1, proposal, round.commitments, proof, none);
      if (valid) await expect(call).revertedWithCustomError(f.federation, "UpdateIsValid");
      else
        await expect(call)
          .emit(f.federation, "Challenged")
          .withArgs(round.taskId, 1, f.admin.address, proposal.aggregator, 1, 2);
    }
  });

  it("recomputes over the included updates only, and strikes a total weight that does not add up", async () => {
    const numbers = createSeededNumbers(7);
    const base = vectorOf(randomLanes(numbers, 300, 1 << 20));
    const updates = [10, 20, 30, 40].map((weight) => {
      const lanes = randomLanes(numbers, 300, 1 << 20);
      // the first, which is left out, breaks the rules
      if (weight === 10) lanes[7] = (1 << 20) + 1;
      return { ...vectorOf(lanes), weight };
    });
    const round = await runToAggregating(f, { base, updates, rules: { attempts: 16 } });
    const excluded = 0b0101n;

    const all = createChunkTree(round.honest());
    const first = await round.propose(all.root, { excluded });
    await expect(
      f.federation.challengeChunk(round.taskId, 1, first, round.commitments, round.proof(all, 3, excluded), none),
    ).emit(f.federation, "Challenged");

    const right = createChunkTree(round.honest(excluded));
    const second = await round.propose(right.root, { excluded, totalWeight: 61n });
    await expect(
      f.federation.challengeChunk(round.taskId, 1, second, round.commitments, round.proof(right, 3, excluded), none),
    ).revertedWithCustomError(f.federation, "ChunkIsRight");
    await expect(f.federation.challengeWeight(round.taskId, 1, second, round.commitments, none))
      .emit(f.federation, "Challenged")
      .withArgs(round.taskId, 1, f.admin.address, second.aggregator, 2, 0);

    const third = await round.propose(right.root, { excluded });
    await expectUnchallengeable({ ...round, proof: (t, c) => round.proof(t, c, excluded) }, third, right, "third");
    const { tree } = updates[0]!;
    const proof = { position: 0, chunkIndex: 0, chunk: tree.chunk(0), path: tree.proof(0) };
    await expect(f.federation.challengeUpdate(round.taskId, 1, third, round.commitments, proof, none))
      .revertedWithCustomError(f.federation, "NotIncluded")
      .withArgs(0);
    await f.pass(901);
    await f.federation.reassign(round.taskId, 1);
    const fourth = await round.propose(createChunkTree(round.honest()).root);
    await expect(f.federation.challengeUpdate(round.taskId, 1, fourth, round.commitments, proof, none))
      .emit(f.federation, "Challenged")
      .withArgs(round.taskId, 1, f.admin.address, fourth.aggregator, 1, 0);
  });
});
