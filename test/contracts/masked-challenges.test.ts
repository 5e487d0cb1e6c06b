import { expect } from "chai";
import { weightedMean } from "../../node/aggregation/index.ts";
import { createChunkTree } from "../../node/core/chunk-tree.ts";
import { concatBytes, fromHex, toHex } from "../../node/core/hex.ts";
import { keccak256 } from "../../node/core/keccak.ts";
import { vectorOf } from "./support/challenged-round.ts";
import { createFederation, type TestFederation, word } from "./support/federation.ts";
import { type MaskedPlan, runMasked } from "./support/masked-round.ts";
import { createSeededNumbers } from "./support/seeded-numbers.ts";

/** Number of random rounds; CI sets more. */
const rounds = Number(process.env.MASKED_ROUNDS ?? 6);
/** No reservation. */
const none = `0x${"00".repeat(32)}`;

type Numbers = ReturnType<typeof createSeededNumbers>;
type MaskedRoundOfTest = Awaited<ReturnType<typeof runMasked>>;

/** A random masked round: up to ten participants, of whom some drop out, with few neighbours or all. */
function randomPlan(numbers: Numbers): MaskedPlan {
  const parameterCount = numbers.pick([1, 63, 64, 65, 130, 200]);
  const count = numbers.pick([3, 4, 6, 10]);
  const [clipLanes, maxWeight] = numbers.pick([
    [1000, 1000],
    [1, 1],
    [(1 << 27) - 1, 1],
  ] as const);
  const lanes = (limit: number) =>
    Int32Array.from({ length: parameterCount }, () => numbers.pick([limit, -limit, numbers.below(2 * limit) - limit]));
  // half of them and one more stay
  const dropped = Array.from({ length: count }, (_, slot) => slot).slice(0, numbers.below(Math.ceil(count / 2)));
  const all = numbers.pick([dropped, dropped.map((slot) => (slot * 3) % count)]);
  const serverRateQ16 = numbers.pick([65_536, 1 << 20, 1 + numbers.below(1 << 20)]);
  const neighbours = numbers.pick([0, 2, 4]);
  return {
    base: vectorOf(lanes(2 ** 31 - 1)),
    updates: Array.from({ length: count }, () => ({ lanes: lanes(clipLanes), weight: 1 + numbers.below(maxWeight) })),
    dropped: [...new Set(all)].sort((a, b) => a - b).slice(0, count - 3),
    rules: { clipLanes, maxWeight, serverRateQ16, neighbours, attempts: 16 },
    numbers,
  };
}

describe("Challenges of masked rounds (Solidity against node/privacy)", () => {
  let f: TestFederation;

  beforeEach(async () => {
    f = await createFederation({ participants: 10, aggregators: 4 });
  });

  const challenge = (round: MaskedRoundOfTest, proposal: object, proof: object, openings = round.openings) =>
    f.federation
      .connect(f.outsider)
      .challengeMaskedChunk(round.taskId, 1, proposal, round.advertisements, round.commitments, openings, proof, none);

  it(`never strikes the right model, which is that of the plain updates, and strikes every wrong lane: ${rounds} random rounds`, async function () {
    this.timeout(60_000 + 5000 * rounds);
    const numbers = createSeededNumbers(20_261_129);
    for (let i = 0; i < rounds; i++) {
      if (i % 8 === 7) f = await createFederation({ participants: 10, aggregators: 4 });
      const plan = randomPlan(numbers);
      const round = await runMasked(f, plan);
      const updates = round.round.surviving.map((slot) => plan.updates[slot]!);
      const honest = round.honest();
      const { serverRateQ16, parameterCount } = round.rules;
      expect(honest).deep.equals(weightedMean({ base: plan.base.lanes, updates, serverRateQ16 }));
      const right = createChunkTree(honest);
      const chunks = Math.ceil(parameterCount / 64);

      // three wrong models, each struck; then the right one by the last aggregator
      for (const lane of [0, parameterCount - 1, numbers.below(parameterCount)]) {
        const wrong = honest.slice();
        wrong[lane]! ^= 1 << numbers.below(32);
        const lie = createChunkTree(wrong);
        const proposal = await round.propose(lie.root);
        const chunkIndex = lane >> 6;
        for (let other = 0; other < chunks; other++) {
          if (other === chunkIndex) continue;
          await expect(challenge(round, proposal, round.proof(lie, other))).revertedWithCustomError(
            f.federation,
            "ChunkIsRight",
          );
        }
        await expect(challenge(round, proposal, round.proof(lie, chunkIndex)))
          .emit(f.federation, "Challenged")
          .withArgs(round.taskId, 1, f.outsider.address, proposal.aggregator, 0, chunkIndex);
      }
      const proposal = await round.propose(right.root);
      for (let chunk = 0; chunk < chunks; chunk++) {
        await expect(challenge(round, proposal, round.proof(right, chunk))).revertedWithCustomError(
          f.federation,
          "ChunkIsRight",
        );
      }
      for (const { slot } of round.advertisements) {
        await expect(
          f.federation.challengeOpening(round.taskId, 1, proposal, round.advertisements, round.openings, slot, none),
        )
          .revertedWithCustomError(f.federation, "OpeningIsRight")
          .withArgs(slot);
      }
    }
  });

  it("strikes a model that fits false openings by the opening, and one that fits the true ones by the chunk", async () => {
    const numbers = createSeededNumbers(5);
    const plan = { ...randomPlan(createSeededNumbers(11)), numbers };
    const lanes = Int32Array.from({ length: 100 }, () => numbers.below(2001) - 1000);
    const updates = Array.from({ length: 4 }, () => ({ lanes, weight: 3 }));
    const round = await runMasked(f, {
      ...plan,
      base: vectorOf(new Int32Array(100)),
      updates,
      dropped: [2],
      rules: { attempts: 4 },
    });
    const changed = fromHex(round.openings);
    changed[0]! ^= 1;
    const fitted = createChunkTree(round.honest(changed));
    const first = await round.propose(fitted.root, toHex(changed));
    await expect(challenge(round, first, round.proof(fitted, 0), toHex(changed))).revertedWithCustomError(
      f.federation,
      "ChunkIsRight",
    );
    const opening = [round.taskId, 1, first, round.advertisements, toHex(changed)] as const;
    await expect(f.federation.challengeOpening(...opening, 1, none)).revertedWithCustomError(
      f.federation,
      "OpeningIsRight",
    );
    await expect(f.federation.challengeOpening(...opening, 0, none)).emit(f.federation, "Challenged");
    // the right model with false openings is not what they give
    const right = createChunkTree(round.honest());
    const second = await round.propose(right.root, toHex(changed));
    await expect(challenge(round, second, round.proof(right, 0), toHex(changed))).emit(f.federation, "Challenged");
  });

  it("refuses proofs that do not stand where they say", async () => {
    const numbers = createSeededNumbers(6);
    const lanes = Int32Array.from({ length: 130 }, () => numbers.below(2001) - 1000);
    const base = vectorOf(new Int32Array(130).fill(3));
    const round = await runMasked(f, { base, updates: Array(3).fill({ lanes, weight: 3 }), numbers });
    const tree = createChunkTree(round.honest());
    const proposal = await round.propose(tree.root);
    const proof = round.proof(tree, 1);
    const refused = async (change: object, error: string) =>
      expect(challenge(round, proposal, { ...proof, ...change })).revertedWithCustomError(f.federation, error);
    await refused({ leaf: word(1) }, "NotInModel");
    await refused({ base: new Uint8Array(256) }, "NotInBaseModel");
    await refused({ updates: new Uint8Array(768) }, "NotInUpdate");
    await refused({ updates: proof.updates.subarray(256) }, "MalformedProof");
    await refused({ updatePaths: proof.updatePaths.slice(1) }, "MalformedProof");
    await refused({ basePath: proof.basePath.slice(1) }, "MalformedProof");
    await refused({ leafPath: [] }, "MalformedProof");
    await refused({ chunkIndex: 3 }, "MalformedProof");
    await refused({}, "ChunkIsRight");
  });

  it("takes any lane of a masked update as valid, and padding that is not zero as wrong", async () => {
    const base = vectorOf(new Int32Array(100));
    const updates = Array(3).fill({ lanes: new Int32Array(100), weight: 1 });
    const extreme = vectorOf(new Int32Array(100).fill(-(2 ** 31)));
    const plan = { base, updates, numbers: createSeededNumbers(8) };
    const valid = await runMasked(f, { ...plan, instead: extreme });
    const { tree } = extreme;
    const proof = { position: 0, chunkIndex: 1, chunk: tree.chunk(1), path: tree.proof(1) };
    await expect(f.federation.reportUpdate(valid.taskId, 1, valid.commitments, proof, none)).revertedWithCustomError(
      f.federation,
      "UpdateIsValid",
    );
    // a tree of 100 lanes whose second chunk goes on behind them
    const chunk = tree.chunk(1).slice().fill(1, 255);
    const hash = (...parts: Uint8Array[]) => keccak256(concatBytes(...parts));
    const leaf = hash(Uint8Array.of(0, 0, 0, 0, 1), chunk);
    const top = hash(Uint8Array.of(1), fromHex(tree.leaf(0)), leaf);
    const root = toHex(hash(Uint8Array.of(2, 0, 0, 0, 100), top));
    const padded = await runMasked(f, { ...plan, instead: { ...extreme, tree: { ...tree, root } } });
    const wrong = { ...proof, chunk };
    await expect(f.federation.reportUpdate(padded.taskId, 1, padded.commitments, wrong, none))
      .emit(f.federation, "Misconduct")
      .withArgs(padded.taskId, 1, padded.commitments[0]!.participant, f.admin.address, 0);
  });
});
