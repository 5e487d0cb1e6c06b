import { expect } from "chai";
import { type ChunkTree, createChunkTree } from "../../node/core/bytes/chunk-tree.ts";
import { concatBytes, fromHex, toHex } from "../../node/core/bytes/hex.ts";
import { keccak256 } from "../../node/core/bytes/keccak.ts";
import { type SolidityEvidence, type SolidityInputs, type SolidityProposal, withoutProposal } from "./support/facts.ts";
import { createFederation, type TestFederation, word } from "./support/federation.ts";
import { encodeZigzag, runToAggregating, vectorOf } from "./support/proven-round.ts";

const lanesOf = (start: number): Int32Array => Int32Array.from({ length: 200 }, (_, i) => start + ((i * 7) % 50));

/** Evidence with one thing changed in it. */
interface Change {
  readonly inputs?: Partial<SolidityInputs>;
  readonly proposal?: Partial<SolidityProposal>;
  readonly attesters?: readonly string[];
}

const changedBy = (evidence: SolidityEvidence, { inputs, proposal, attesters }: Change): SolidityEvidence => ({
  inputs: { ...evidence.inputs, ...inputs },
  proposal: { ...evidence.proposal, ...proposal },
  attesters: attesters ?? evidence.attesters,
});

describe("A proof that proves nothing", () => {
  let f: TestFederation;
  let round: Awaited<ReturnType<typeof runToAggregating>>;
  let lie: ChunkTree;
  const base = vectorOf(lanesOf(1000));
  const updates = [1, 2, 3].map((k) => ({ ...vectorOf(lanesOf(-20 * k)), weight: 10 * k }));

  beforeEach(async () => {
    f = await createFederation({ participants: 3, aggregators: 3 });
    round = await runToAggregating(f, { base, updates, rules: { attempts: 16 } });
    const wrong = round.honest();
    wrong[70]! += 1;
    lie = createChunkTree(wrong);
    await round.propose(lie.root);
  });

  type Proof = ReturnType<typeof round.proof>;
  /** The good proof with something changed; rejects as the contract does. */
  const prove = async (change: Partial<Proof> = {}, to: { evidence?: SolidityEvidence; commitments?: object } = {}) =>
    f.proofs.proveChunk(
      f.federation,
      to.evidence ?? (await f.evidence(round.taskId)),
      to.commitments ?? round.commitments,
      { ...round.proof(lie, 1), ...change },
    );
  const refused = async (call: Promise<unknown>, error: string, ...args: unknown[]) => {
    const refusal = expect(call).revertedWithCustomError(error in errorsOfFederation ? f.federation : f.proofs, error);
    await (args.length > 0 ? refusal.withArgs(...args) : refusal);
  };
  const errorsOfFederation = { WrongEvidence: 1, WrongRound: 1, NothingToTake: 1, NoLongerProvable: 1, WrongMode: 1 };
  const flipped = (bytes: Uint8Array, at: number): Uint8Array => {
    const copy = bytes.slice();
    copy[at]! ^= 1;
    return copy;
  };

  /** Each field of the evidence that no part of the proof depends on, changed. */
  const changes = (): readonly Change[] => [
    { inputs: { drawn: 4 } },
    { inputs: { committed: 0b1011n } },
    { inputs: { keyed: 1n } },
    { inputs: { totalWeight: 61n } },
    { inputs: { acceptedBefore: 1 } },
    { inputs: { openingsHash: word(1) } },
    { proposal: { attempt: 1 } },
    { proposal: { aggregator: f.outsider.address } },
    { proposal: { contentId: word(1) } },
    { proposal: { totalWeight: 61n } },
    { attesters: [f.members[0]!.address] },
    { attesters: f.members.map(({ address }) => address).reverse() },
  ];

  it("is refused with evidence that is not the record's, in any field, before acceptance and after", async () => {
    const proposed = await f.evidence(round.taskId);
    for (const change of changes()) {
      await refused(prove({}, { evidence: changedBy(proposed, change) }), "WrongEvidence");
    }
    await refused(prove({}, { evidence: changedBy(proposed, { inputs: { round: 2 } }) }), "WrongRound");
    await f.accept(round.taskId);
    const accepted = await f.evidence(round.taskId);
    await refused(prove({}, { evidence: proposed }), "WrongEvidence");
    for (const change of [...changes(), { attesters: [] }, { attesters: accepted.attesters.slice(1) }]) {
      await refused(prove({}, { evidence: changedBy(accepted, change) }), "WrongEvidence");
    }
    await refused(prove({}, { evidence: changedBy(accepted, { inputs: { round: 65 } }) }), "WrongRound");
    await prove({}, { evidence: accepted });
  });

  it("is refused for another task or mode, and without a proposal", async () => {
    const evidence = await f.evidence(round.taskId);
    const nowhere = changedBy(evidence, { inputs: { taskId: 99 } });
    await expect(prove({}, { evidence: nowhere })).revert(f.ethers);
    await refused(f.proofs.proveWeight(f.federation, nowhere, round.commitments), "WeightIsRight");
    const other = await f.createTask({ parameterCount: 200 }, { modelRoot: base.tree.root });
    await refused(prove({}, { evidence: changedBy(evidence, { inputs: { taskId: other } }) }), "WrongRound");
    const encrypted = await f.createTask({ mode: 2, clipLanes: 1000, keyWindowS: 9, parameterCount: 200 });
    await refused(prove({}, { evidence: changedBy(evidence, { inputs: { taskId: encrypted } }) }), "WrongMode", 2);
    const without = withoutProposal(evidence);
    await refused(prove({}, { evidence: without }), "NotInModel");
    const weight = f.proofs.proveWeight(f.federation, without, round.commitments);
    await refused(weight, "WrongEvidence");
  });

  it("goes through once for a proposal that stands, and not for the one behind it", async () => {
    const first = await f.evidence(round.taskId);
    await prove();
    await refused(prove({}, { evidence: first }), "WrongRound", 1);
    await round.propose(createChunkTree(round.honest()).root);
    await refused(prove({}, { evidence: first }), "WrongEvidence");
  });

  it("is refused with commitments left out, added, out of order, or altered in any field", async () => {
    const [a, b, c] = round.commitments as [never, never, never];
    const wrongs: object[][] = [[], [a, b], [a, b, c, c], [b, a, c]];
    const altered = { participant: f.outsider.address, slot: 3, weight: 11, updateRoot: word(1), contentId: word(9) };
    for (const [field, value] of Object.entries(altered)) wrongs.push([{ ...(a as object), [field]: value }, b, c]);
    for (const commitments of wrongs) await refused(prove({}, { commitments }), "WrongCommitments");
  });

  it("is refused when a part is not as long as it must be, or the chunk is beyond the end", async () => {
    const good = round.proof(lie, 1);
    const { tree } = updates[0]!;
    const wrongs: Partial<Proof>[] = [
      { chunkIndex: 4 },
      { chunkIndex: 2 ** 32 - 1 },
      { leafPath: good.leafPath.slice(1) },
      { leafPath: [...good.leafPath, word(1) as `0x${string}`] },
      { basePath: good.basePath.slice(1) },
      { base: good.base.slice(1) },
      { base: concatBytes(good.base, new Uint8Array(1)) },
      { base: new Uint8Array(0) },
      { updates: good.updates.slice(256) },
      { updates: concatBytes(good.updates, new Uint8Array(256)) },
      { updates: good.updates.slice(1) },
      { updatePaths: good.updatePaths.slice(1) },
      { updatePaths: [...good.updatePaths, ...tree.proof(1)] },
    ];
    for (const wrong of wrongs) await refused(prove(wrong), "MalformedProof");
  });

  it("is refused when a chunk, a leaf or a path is not the committed one", async () => {
    const good = round.proof(lie, 1);
    await refused(prove({ leaf: word(1) as `0x${string}` }), "NotInModel");
    await refused(prove({ leafPath: [...good.leafPath].reverse() }), "NotInModel");
    await refused(prove({ leaf: lie.leaf(0), leafPath: lie.proof(0) }), "NotInModel");
    await refused(prove({ base: flipped(good.base, 9) }), "NotInBaseModel");
    await refused(prove({ base: base.tree.chunk(0), basePath: base.tree.proof(0) }), "NotInBaseModel");
    for (const slot of [0, 1, 2]) {
      await refused(prove({ updates: flipped(good.updates, 256 * slot + 255) }), "NotInUpdate", slot);
      const updatePaths = good.updatePaths.slice();
      updatePaths[2 * slot + 1] = word(1) as `0x${string}`;
      await refused(prove({ updatePaths }), "NotInUpdate", slot);
    }
    const [first, second, third] = updates.map(({ tree }) => encodeZigzag(tree.chunk(1)));
    await refused(prove({ updates: concatBytes(second!, first!, third!) }), "NotInUpdate", 0);
    // lanes as they are, not zigzag
    await refused(prove({ updates: concatBytes(...updates.map(({ tree }) => tree.chunk(1))) }), "NotInUpdate", 0);
  });

  it("is refused for bounds that are not those of the updates", async () => {
    const rules = { rule: 1, attempts: 16 };
    const other = await runToAggregating(f, { base, updates, rules });
    const wrong = other.honest();
    wrong[70]! += 1;
    const tree = createChunkTree(wrong);
    await other.propose(tree.root);
    const evidence = await f.evidence(other.taskId);
    const good = other.proof(tree, 1);
    const call = (bounds: Uint8Array) =>
      f.proofs.proveChunk(f.federation, evidence, other.commitments, { ...good, bounds });
    for (const at of [0, 4, 255, 256, 511]) await refused(call(flipped(good.bounds, at)), "WrongBounds");
    await refused(call(good.bounds.slice(1)), "WrongBounds");
    await refused(call(new Uint8Array(0)), "WrongBounds");
    const elsewhere = { ...other.proof(tree, 0) };
    await refused(f.proofs.proveChunk(f.federation, evidence, other.commitments, elsewhere), "ChunkIsRight");
    await expect(call(good.bounds)).emit(f.federation, "Struck");
  });

  it("is refused for a chunk that is right, and for a weight that is right", async () => {
    for (const chunk of [0, 2, 3]) await refused(prove(round.proof(lie, chunk)), "ChunkIsRight");
    const evidence = await f.evidence(round.taskId);
    await refused(f.proofs.proveWeight(f.federation, evidence, round.commitments), "WeightIsRight");
    await refused(f.proofs.proveWeight(f.federation, evidence, []), "WrongCommitments");
  });

  it("is refused for an update that is valid, or not the one it says", async () => {
    const { tree } = updates[1]!;
    const evidence = await f.evidence(round.taskId);
    const good = { position: 1, chunkIndex: 3, chunk: tree.chunk(3), path: tree.proof(3) };
    const call = (change: Partial<typeof good>, commitments: object = round.commitments) =>
      f.proofs.proveUpdate(f.federation, evidence, commitments, { ...good, ...change });
    await refused(call({}), "UpdateIsValid");
    await refused(call({ position: 3 }), "MalformedProof");
    await refused(call({ chunkIndex: 4 }), "MalformedProof");
    await refused(call({ chunk: good.chunk.slice(4) }), "MalformedProof");
    await refused(call({ path: good.path.slice(1) }), "MalformedProof");
    await refused(call({ position: 0 }), "NotInUpdate", 0);
    await refused(call({ chunk: flipped(good.chunk, 0) }), "NotInUpdate", 1);
    await refused(call({ chunkIndex: 2 }), "NotInUpdate", 1);
    await refused(call({}, round.commitments.slice(1)), "WrongCommitments");
  });

  /** Lanes with bytes behind the last one, as a tree over them would commit to. */
  const padded = (lanes: Int32Array, padding: Uint8Array) => {
    const honest = createChunkTree(lanes);
    const chunk = concatBytes(honest.chunk(3).subarray(0, 32), padding);
    const leaf = keccak256(concatBytes(new Uint8Array([0, 0, 0, 0, 3]), chunk));
    const path = honest.proof(3);
    const right = keccak256(concatBytes(new Uint8Array([1]), fromHex(path[0]!), leaf));
    const top = keccak256(concatBytes(new Uint8Array([1]), fromHex(path[1]!), right));
    const root = toHex(keccak256(concatBytes(new Uint8Array([2, 0, 0, 0, 200]), top)));
    return { root, leaf: toHex(leaf), chunk, path };
  };
  const padding = new Uint8Array(224);
  padding[223] = 1;

  it("is refused where the base model goes on behind its end: no honest model would", async () => {
    const { root, chunk } = padded(base.lanes, padding);
    const odd = { ...base, tree: { ...base.tree, root } };
    const other = await runToAggregating(f, { base: odd, updates, rules: { attempts: 16 } });
    await other.propose(createChunkTree(other.honest()).root);
    const evidence = await f.evidence(other.taskId);
    const proof = { ...other.proof(createChunkTree(other.honest()), 3), base: chunk };
    await refused(f.proofs.proveChunk(f.federation, evidence, other.commitments, proof), "NotInBaseModel");
  });

  it("strikes padding that is not zero, in an update and in the result", async () => {
    const model = padded(round.honest(), padding);
    await prove();
    await round.propose(model.root);
    await expect(prove({ ...round.proof(lie, 3), leaf: model.leaf, leafPath: model.path })).emit(
      f.federation,
      "Struck",
    );

    const update = padded(updates[0]!.lanes, padding);
    const tree = { ...updates[0]!.tree, root: update.root };
    const other = await runToAggregating(f, { base, updates: [{ ...updates[0]!, tree }] });
    await other.propose(createChunkTree(other.honest()).root);
    const shown = { position: 0, chunkIndex: 3, chunk: update.chunk, path: update.path };
    const evidence = await f.evidence(other.taskId);
    await expect(f.proofs.proveUpdate(f.federation, evidence, other.commitments, shown)).emit(f.federation, "Struck");
  });

  it("tells a contract that is no federation what it asks for, and nobody else", async () => {
    const evidence = await f.evidence(round.taskId);
    await expect(f.proofs.proveChunk(f.outsider.address, evidence, round.commitments, round.proof(lie, 1))).revert(
      f.ethers,
    );
    for (const call of [
      f.federation.strike(evidence, 0, 1, f.ethers.ZeroAddress, f.admin.address),
      f.federation.expel(round.taskId, 1, f.members[0]!.address, 4, f.admin.address),
    ]) {
      await expect(call).revertedWithCustomError(f.federation, "OnlyProofs");
    }
  });
});
