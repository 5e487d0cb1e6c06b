import { expect } from "chai";
import { weightedMean } from "../../node/aggregation/index.ts";
import { createChunkTree } from "../../node/core/bytes/chunk-tree.ts";
import { concatBytes, fromHex, toHex } from "../../node/core/bytes/hex.ts";
import { keccak256 } from "../../node/core/bytes/keccak.ts";
import type { SolidityAdvertisement } from "./support/facts.ts";
import { createFederation, type TestFederation, word } from "./support/federation.ts";
import { type MaskedPlan, type MaskedRoundOfTest, runMasked } from "./support/masked-round.ts";
import { vectorOf } from "./support/proven-round.ts";
import { createSeededNumbers } from "./support/seeded-numbers.ts";

/** Number of random rounds; CI sets more. */
const rounds = Number(process.env.MASKED_ROUNDS ?? 6);
const kinds = { wrongChunk: 0, falseOpening: 3 };
const nobody = `0x${"00".repeat(20)}`;

type Numbers = ReturnType<typeof createSeededNumbers>;

/** A random masked round: up to ten participants, of whom some drop out. */
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
  // so many stay that 51 % of a member's fellows and one more commit
  const most = count - (Math.ceil(0.51 * (count - 1)) + 1);
  const first = Array.from({ length: count }, (_, slot) => slot).slice(0, numbers.below(most + 1));
  const dropped = [...new Set(numbers.pick([first, first.map((slot) => (slot * 3) % count)]))];
  const serverRateQ16 = numbers.pick([65_536, 1 << 20, 1 + numbers.below(1 << 20)]);
  return {
    base: vectorOf(lanes(2 ** 31 - 1)),
    updates: Array.from({ length: count }, () => ({ lanes: lanes(clipLanes), weight: 1 + numbers.below(maxWeight) })),
    dropped: dropped.sort((a, b) => a - b).slice(0, Math.max(0, count - 3)),
    rules: { clipLanes, maxWeight, serverRateQ16, attempts: 16 },
    numbers,
  };
}

describe("Proofs of masked rounds (Solidity against node/privacy)", () => {
  let f: TestFederation;

  beforeEach(async () => {
    f = await createFederation({ participants: 10, aggregators: 4 });
  });

  const prove = async (
    round: MaskedRoundOfTest,
    proof: object,
    change: {
      evidence?: object;
      start?: string;
      advertisements?: readonly SolidityAdvertisement[];
      commitments?: object;
      openings?: string;
    } = {},
  ) => {
    const { openings, evidence } = await f.facts(round.taskId);
    return f.proofs
      .connect(f.outsider)
      .proveMaskedChunk(
        f.federation,
        change.evidence ?? evidence,
        change.start ?? round.start,
        change.advertisements ?? round.advertisements,
        change.commitments ?? round.commitments,
        change.openings ?? openings,
        proof,
      );
  };
  const proveOpening = async (round: MaskedRoundOfTest, slot: number, advertisements = round.advertisements) => {
    const { openings, evidence } = await f.facts(round.taskId);
    return f.proofs.proveOpening(f.federation, evidence, round.start, advertisements, openings, slot);
  };

  it(`never strike the right model, which is that of the plain updates, and strike every wrong lane: ${rounds} random rounds`, async function () {
    this.timeout(60_000 + 8000 * rounds);
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
          await expect(prove(round, round.proof(lie, other))).revertedWithCustomError(f.proofs, "ChunkIsRight");
        }
        await expect(prove(round, round.proof(lie, chunkIndex)))
          .emit(f.federation, "Struck")
          .withArgs(round.taskId, 1, f.outsider.address, proposal.aggregator, nobody, kinds.wrongChunk, chunkIndex);
      }
      await round.propose(right.root);
      for (const accepted of [false, true]) {
        if (accepted)
          await f.accept(
            round.taskId,
            round.round.surviving.map((slot) => f.members[slot]!),
          );
        for (let chunk = 0; chunk < chunks; chunk++) {
          await expect(prove(round, round.proof(right, chunk))).revertedWithCustomError(f.proofs, "ChunkIsRight");
        }
        for (const { slot } of round.advertisements) {
          await expect(proveOpening(round, slot)).revertedWithCustomError(f.proofs, "OpeningIsRight").withArgs(slot);
        }
      }
    }
  });

  /** Four of the same weights, of whom slot 2 drops out. */
  const runFour = async () => {
    const numbers = createSeededNumbers(5);
    const lanes = Int32Array.from({ length: 100 }, () => numbers.below(2001) - 1000);
    const updates = Array.from({ length: 4 }, () => ({ lanes, weight: 3 }));
    const base = vectorOf(new Int32Array(100));
    return runMasked(f, { numbers, base, updates, dropped: [2], rules: { attempts: 4 } });
  };

  it("strike a model that fits false openings by the opening, and one that fits the true ones by the chunk", async () => {
    const round = await runFour();
    const changed = fromHex(round.openings);
    changed[0]! ^= 1;
    const fitted = createChunkTree(round.honest(changed));
    const first = await round.propose(fitted.root, toHex(changed));
    await expect(prove(round, round.proof(fitted, 0))).revertedWithCustomError(f.proofs, "ChunkIsRight");
    for (const slot of [1, 2, 3]) {
      await expect(proveOpening(round, slot)).revertedWithCustomError(f.proofs, "OpeningIsRight").withArgs(slot);
    }
    await expect(proveOpening(round, 4)).revertedWithCustomError(f.proofs, "MalformedProof");
    await expect(proveOpening(round, 0))
      .emit(f.federation, "Struck")
      .withArgs(round.taskId, 1, f.admin.address, first.aggregator, nobody, kinds.falseOpening, 0);
    // the right model with false openings is not what they give
    const right = createChunkTree(round.honest());
    await round.propose(right.root, toHex(changed));
    await expect(prove(round, round.proof(right, 0))).emit(f.federation, "Struck");
  });

  it("strike the key of one that dropped out which is not the one that was advertised, after acceptance, too", async () => {
    const round = await runFour();
    const changed = fromHex(round.openings);
    changed[3 * 32 + 31]! ^= 1;
    await round.propose(createChunkTree(round.honest(changed)).root, toHex(changed));
    await f.accept(
      round.taskId,
      [0, 1, 3].map((slot) => f.members[slot]!),
    );
    const strike = await proveOpening(round, 2);
    await expect(strike).emit(f.federation, "RolledBack");
    for (const slot of [0, 1, 3]) {
      await expect(strike)
        .emit(f.federation, "MemberExpelled")
        .withArgs(round.taskId, 1, f.members[slot]!.address, kinds.falseOpening, 0);
    }
  });

  it("are refused with keys, a start value, openings or evidence that are not the round's", async () => {
    const round = await runFour();
    const right = round.honest();
    right[0]! ^= 1;
    const lie = createChunkTree(right);
    await round.propose(lie.root);
    const proof = round.proof(lie, 0);
    const refused = async (change: Parameters<typeof prove>[2], error: string, by: object = f.proofs) =>
      expect(prove(round, proof, change)).revertedWithCustomError(by as never, error);
    const [a, b, ...rest] = round.advertisements as SolidityAdvertisement[];
    const altered = {
      ...{ participant: f.outsider.address, slot: 9, maskKey: word(1), seedHash: word(1) },
      ...{ sharesId: word(1), shareKey: word(1) },
    };
    for (const [field, value] of Object.entries(altered)) {
      await refused({ advertisements: [{ ...a!, [field]: value }, b!, ...rest] }, "WrongAdvertisements");
    }
    await refused({ advertisements: [b!, a!, ...rest] }, "WrongAdvertisements");
    await refused({ advertisements: [...round.advertisements, a!] }, "WrongAdvertisements");
    await refused({ start: word(1) }, "WrongAdvertisements");
    // the first keys left out, and what they hash to given as the start value
    const coder = f.ethers.AbiCoder.defaultAbiCoder();
    const behindFirst = f.ethers.keccak256(
      coder.encode(
        ["bytes32", "uint256", "address", "uint8", "bytes32", "bytes32", "bytes32", "bytes32"],
        [round.start, 1, a!.participant, a!.slot, a!.maskKey, a!.seedHash, a!.sharesId, a!.shareKey],
      ),
    );
    await refused({ start: behindFirst, advertisements: [b!, ...rest] }, "WrongAdvertisements");
    await refused({ openings: `${round.openings.slice(0, -2)}00` }, "WrongOpenings");
    await refused({ openings: round.openings.slice(0, -64) }, "WrongOpenings");
    await refused({ commitments: round.commitments.slice(1) }, "WrongCommitments");
    const evidence = await f.evidence(round.taskId);
    const fewer = { ...evidence, inputs: { ...evidence.inputs, keyed: evidence.inputs.keyed & ~1n } };
    await refused({ evidence: fewer }, "WrongAdvertisements");
    const other = { ...evidence, inputs: { ...evidence.inputs, committed: 0b1111n } };
    // as many chunks of updates as it says that committed
    await refused({ evidence: other }, "MalformedProof");
    const plain = await f.createTask({ parameterCount: 100 });
    const transparent = { ...evidence, inputs: { ...evidence.inputs, taskId: plain } };
    await refused({ evidence: transparent }, "WrongMode", f.federation);
    const call = f.proofs.proveChunk(f.federation, evidence, round.commitments, proof);
    await expect(call).revertedWithCustomError(f.federation, "WrongMode").withArgs(1);
    await expect(
      f.proofs.proveOpening(f.federation, transparent, round.start, round.advertisements, round.openings, 0),
    ).revertedWithCustomError(f.federation, "WrongMode");
    await prove(round, proof);
  });

  it("are refused where they do not stand where they say", async () => {
    const numbers = createSeededNumbers(6);
    const lanes = Int32Array.from({ length: 130 }, () => numbers.below(2001) - 1000);
    const base = vectorOf(new Int32Array(130).fill(3));
    const round = await runMasked(f, { base, updates: Array(3).fill({ lanes, weight: 3 }), numbers });
    const tree = createChunkTree(round.honest());
    await round.propose(tree.root);
    const proof = round.proof(tree, 1);
    const refused = async (change: object, error: string) =>
      expect(prove(round, { ...proof, ...change })).revertedWithCustomError(f.proofs, error);
    await refused({ leaf: word(1) }, "NotInModel");
    await refused({ base: new Uint8Array(256) }, "NotInBaseModel");
    await refused({ updates: new Uint8Array(768) }, "NotInUpdate");
    await refused({ updates: proof.updates.subarray(256) }, "MalformedProof");
    await refused({ updatePaths: proof.updatePaths.slice(1) }, "MalformedProof");
    await refused({ basePath: proof.basePath.slice(1) }, "MalformedProof");
    await refused({ leafPath: [] }, "MalformedProof");
    await refused({ chunkIndex: 4 }, "MalformedProof");
    // behind the last chunk stands a leaf, too, which is zero
    await refused({ chunkIndex: 3 }, "NotInModel");
    await refused({ chunkIndex: 3, leafPath: [] }, "MalformedProof");
    await refused({}, "ChunkIsRight");
  });

  it("take any lane of a masked update as valid, and padding that is not zero as wrong", async () => {
    const base = vectorOf(new Int32Array(100));
    const updates = Array(3).fill({ lanes: new Int32Array(100), weight: 1 });
    const extreme = vectorOf(new Int32Array(100).fill(-(2 ** 31)));
    const plan = { base, updates, numbers: createSeededNumbers(8) };
    const valid = await runMasked(f, { ...plan, instead: extreme });
    const { tree } = extreme;
    const proof = { position: 0, chunkIndex: 1, chunk: tree.chunk(1), path: tree.proof(1) };
    const proveUpdate = async (round: MaskedRoundOfTest, given: object) =>
      f.proofs.proveUpdate(f.federation, await f.evidence(round.taskId), round.commitments, given);
    await expect(proveUpdate(valid, proof)).revertedWithCustomError(f.proofs, "UpdateIsValid");
    // a tree of 100 lanes whose second chunk goes on behind them
    const chunk = tree.chunk(1).slice().fill(1, 255);
    const hash = (...parts: Uint8Array[]) => keccak256(concatBytes(...parts));
    const leaf = hash(Uint8Array.of(0, 0, 0, 0, 1), chunk);
    const top = hash(Uint8Array.of(1), fromHex(tree.leaf(0)), leaf);
    const root = toHex(hash(Uint8Array.of(2, 0, 0, 0, 100), top));
    const padded = await runMasked(f, { ...plan, instead: { ...extreme, tree: { ...tree, root } } });
    const call = await proveUpdate(padded, { ...proof, chunk });
    await expect(call)
      .emit(f.federation, "MemberExpelled")
      .withArgs(padded.taskId, 1, padded.commitments[0]!.participant, 2, 0);
    await expect(call).not.emit(f.federation, "Struck");
  });

  it("strike a root with a leaf behind the last chunk that is not zero, by that leaf alone", async () => {
    const numbers = createSeededNumbers(7);
    const lanes = new Int32Array(192).fill(3);
    const plan = {
      base: vectorOf(lanes),
      updates: [1, 2, 3].map((value) => ({ lanes: new Int32Array(192).fill(value), weight: 1 })),
      rules: { clipLanes: 1000, maxWeight: 1000 },
      numbers,
    };
    const round = await runMasked(f, plan);
    const right = createChunkTree(round.honest());
    const node = (left: string, rightNode: string) =>
      toHex(
        keccak256(concatBytes(Uint8Array.of(1), fromHex(left as `0x${string}`), fromHex(rightNode as `0x${string}`))),
      );
    const rogue = word(666);
    const left = node(right.leaf(0), right.leaf(1));
    const top = node(left, node(right.leaf(2), rogue));
    const root = toHex(keccak256(concatBytes(Uint8Array.of(2, 0, 0, 0, 192), fromHex(top as `0x${string}`))));
    await round.propose(root);
    const proof = { ...round.proof(right, 2), chunkIndex: 3, leaf: rogue, leafPath: [right.leaf(2), left] };
    await expect(prove(round, proof)).emit(f.federation, "Struck");
  });
});
