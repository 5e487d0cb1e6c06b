import { expect } from "chai";
import { type ChunkTree, createChunkTree } from "../../node/core/chunk-tree.ts";
import { concatBytes, fromHex, toHex } from "../../node/core/hex.ts";
import { keccak256 } from "../../node/core/keccak.ts";
import { encodeZigzag, runToAggregating, signerOf, vectorOf } from "./support/challenged-round.ts";
import { createFederation, type SolidityProposal, type TestFederation, word } from "./support/federation.ts";

/** No reservation. */
const none = `0x${"00".repeat(32)}`;
const lanesOf = (start: number): Int32Array => Int32Array.from({ length: 200 }, (_, i) => start + ((i * 7) % 50));

describe("A challenge that proves nothing", () => {
  let f: TestFederation;
  let round: Awaited<ReturnType<typeof runToAggregating>>;
  let lie: ChunkTree;
  let proposal: SolidityProposal;
  const base = vectorOf(lanesOf(1000));
  const updates = [1, 2, 3].map((k) => ({ ...vectorOf(lanesOf(-20 * k)), weight: 10 * k }));

  beforeEach(async () => {
    f = await createFederation({ participants: 3, aggregators: 3 });
    round = await runToAggregating(f, { base, updates, rules: { attempts: 16 } });
    const wrong = round.honest();
    wrong[70]! += 1;
    lie = createChunkTree(wrong);
    proposal = await round.propose(lie.root);
  });

  type Proof = ReturnType<typeof round.proof>;
  /** The good proof with something changed; rejects as the contract does. */
  const challenge = (
    change: Partial<Proof> = {},
    to: { round?: number; proposal?: object; commitments?: object } = {},
  ) =>
    f.federation.challengeChunk(
      round.taskId,
      to.round ?? 1,
      to.proposal ?? proposal,
      to.commitments ?? round.commitments,
      { ...round.proof(lie, 1), ...change },
      none,
    );
  const refused = async (call: ReturnType<typeof challenge>, error: string, ...args: unknown[]) => {
    const refusal = expect(call).revertedWithCustomError(f.federation, error);
    await (args.length > 0 ? refusal.withArgs(...args) : refusal);
  };
  const flipped = (bytes: Uint8Array, at: number): Uint8Array => {
    const copy = bytes.slice();
    copy[at]! ^= 1;
    return copy;
  };

  it("is refused for another round, phase or proposal, and goes through once", async () => {
    await refused(challenge({}, { round: 2 }), "WrongRound", 1);
    await refused(challenge({}, { round: 0 }), "WrongRound", 1);
    await refused(challenge({}, { proposal: { ...proposal, modelRoot: word(3) } }), "WrongProposal");
    await refused(challenge({}, { proposal: { ...proposal, excluded: 1n } }), "WrongProposal");
    await challenge();
    await refused(challenge(), "WrongPhase", 2);
    const second = await round.propose(createChunkTree(round.honest()).root);
    await refused(challenge(), "WrongProposal");
    await f.pass(901);
    await f.federation.finalizeUnchallenged(round.taskId, 1, second);
    await refused(challenge({}, { proposal: second }), "WrongPhase", 4);
    await refused(f.federation.challengeWeight(99, 1, proposal, [], none) as never, "WrongRound", 0);
    await refused(f.federation.challengeWeight(99, 0, proposal, [], none) as never, "WrongRound", 0);
  });

  it("is refused with commitments left out, added, out of order, or altered in any field", async () => {
    const [a, b, c] = round.commitments as [never, never, never];
    const wrongs: object[][] = [[], [a, b], [a, b, c, c], [b, a, c]];
    const altered = { participant: f.outsider.address, slot: 3, weight: 11, updateRoot: word(1), contentId: word(9) };
    for (const [field, value] of Object.entries(altered)) wrongs.push([{ ...(a as object), [field]: value }, b, c]);
    for (const commitments of wrongs) await refused(challenge({}, { commitments }), "WrongCommitments");
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
    for (const wrong of wrongs) await refused(challenge(wrong), "MalformedProof");
  });

  it("is refused when a chunk, a leaf or a path is not the committed one", async () => {
    const good = round.proof(lie, 1);
    await refused(challenge({ leaf: word(1) as `0x${string}` }), "NotInModel");
    await refused(challenge({ leafPath: [...good.leafPath].reverse() }), "NotInModel");
    await refused(challenge({ leaf: lie.leaf(0), leafPath: lie.proof(0) }), "NotInModel");
    await refused(challenge({ base: flipped(good.base, 9) }), "NotInBaseModel");
    await refused(challenge({ base: base.tree.chunk(0), basePath: base.tree.proof(0) }), "NotInBaseModel");
    for (const slot of [0, 1, 2]) {
      await refused(challenge({ updates: flipped(good.updates, 256 * slot + 255) }), "NotInUpdate", slot);
      const updatePaths = good.updatePaths.slice();
      updatePaths[2 * slot + 1] = word(1) as `0x${string}`;
      await refused(challenge({ updatePaths }), "NotInUpdate", slot);
    }
    const [first, second, third] = updates.map(({ tree }) => encodeZigzag(tree.chunk(1)));
    await refused(challenge({ updates: concatBytes(second!, first!, third!) }), "NotInUpdate", 0);
    // lanes as they are, not zigzag
    await refused(challenge({ updates: concatBytes(...updates.map(({ tree }) => tree.chunk(1))) }), "NotInUpdate", 0);
  });

  it("is refused under a rule that sorts unless the bounds are those of the lanes, whatever they would give", async () => {
    const sorting = { interface: new f.ethers.Interface(["error WrongBounds()", "error InvalidLength()"]) } as never;
    for (const rules of [
      { rule: 1, attempts: 2 },
      { rule: 2, trim: 1, minUpdates: 3, attempts: 2 },
    ]) {
      const other = await runToAggregating(f, { base, updates, rules });
      const wrong = other.honest();
      wrong[70]! ^= 1;
      const tree = createChunkTree(wrong);
      const lying = await other.propose(tree.root);
      const good = other.proof(tree, 1);
      const call = (bounds: Uint8Array) =>
        f.federation.challengeChunk(other.taskId, 1, lying, other.commitments, { ...good, bounds }, none);
      const { bounds } = good;
      for (const bad of [new Uint8Array(0), bounds.slice(1), concatBytes(bounds, bounds)])
        await expect(call(bad)).revertedWithCustomError(sorting, "InvalidLength");
      for (const bad of [flipped(bounds, 0), flipped(bounds, 300), new Uint8Array(512)])
        await expect(call(bad)).revertedWithCustomError(sorting, "WrongBounds");
      // a chunk that is right stays right
      const elsewhere = other.proof(tree, 0);
      await refused(
        f.federation.challengeChunk(other.taskId, 1, lying, other.commitments, elsewhere, none) as never,
        "ChunkIsRight",
      );
      await expect(call(bounds)).emit(f.federation, "Challenged");
    }
  });

  it("is refused for a chunk that is right, and for a weight that is right", async () => {
    for (const chunk of [0, 2, 3]) await refused(challenge(round.proof(lie, chunk)), "ChunkIsRight");
    await refused(
      f.federation.challengeWeight(round.taskId, 1, proposal, round.commitments, none) as never,
      "WeightIsRight",
    );
    await refused(f.federation.challengeWeight(round.taskId, 1, proposal, [], none) as never, "WrongCommitments");
  });

  it("is refused for an update that is valid, or not the one it says", async () => {
    const { tree } = updates[1]!;
    const good = { position: 1, chunkIndex: 3, chunk: tree.chunk(3), path: tree.proof(3) };
    const call = (change: Partial<typeof good>, commitments: object = round.commitments) =>
      f.federation.challengeUpdate(round.taskId, 1, proposal, commitments, { ...good, ...change }, none) as never;
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

  it("is not helped by bytes behind the call that pass for the federation's record", async () => {
    const forged = f.ethers.AbiCoder.defaultAbiCoder().encode(
      ["bytes32", "bytes32", "bytes32", "uint32", "uint32", "uint32"],
      [word(1), word(1), base.tree.root, 200, 1, 1],
    );
    const data = f.federation.interface.encodeFunctionData("challengeChunk", [
      round.taskId,
      1,
      proposal,
      [],
      round.proof(lie, 1),
      none,
    ]);
    const sent = f.admin.sendTransaction({ to: f.address, data: data + forged.slice(2) });
    await expect(sent).revertedWithCustomError(f.federation, "WrongCommitments");
  });

  it("strikes padding that is not zero, in an update and in the result", async () => {
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
    const model = padded(round.honest(), padding);
    await challenge();
    const second = await round.propose(model.root);
    const proof = { ...round.proof(lie, 3), leaf: model.leaf, leafPath: model.path };
    await expect(challenge(proof, { proposal: second })).emit(f.federation, "Challenged");

    const update = padded(updates[0]!.lanes, padding);
    const tree = { ...updates[0]!.tree, root: update.root };
    const other = await runToAggregating(f, { base, updates: [{ ...updates[0]!, tree }] });
    const including = await other.propose(createChunkTree(other.honest()).root);
    const shown = { position: 0, chunkIndex: 3, chunk: update.chunk, path: update.path };
    await expect(f.federation.challengeUpdate(other.taskId, 1, including, other.commitments, shown, none)).emit(
      f.federation,
      "Challenged",
    );
  });

  it("bars the liar from the round, whoever misses a deadline after it, and from no other", async () => {
    await challenge();
    expect(await f.federation.isBarred(round.taskId, 1, proposal.aggregator)).equals(true);
    expect(await f.federation.isBarred(round.taskId, 2, proposal.aggregator)).equals(false);
    for (let i = 0; i < 5; i++) {
      expect((await f.federation.roundInfo(round.taskId, 0)).assigned).not.equals(proposal.aggregator);
      await f.pass(301);
      await f.federation.reassign(round.taskId, 1);
    }
    // with every other aggregator gone, the round is given up rather than left to the liar
    for (const { address } of f.aggregators) {
      if (address !== proposal.aggregator) await f.federation.revokeRole(f.role("AGGREGATOR_ROLE"), address);
    }
    await f.pass(301);
    await expect(f.federation.reassign(round.taskId, 1)).emit(f.federation, "RoundInvalidated");
    await f.federation.openRound(round.taskId);
  });

  it("takes the attempts: the round is invalid after the last, and its reason says so", async () => {
    const last = await runToAggregating(f, { base, updates, rules: { attempts: 1 } });
    const lying = await last.propose(lie.root);
    const call = f.federation.challengeChunk(last.taskId, 1, lying, last.commitments, last.proof(lie, 1), none);
    await expect(call).emit(f.federation, "RoundInvalidated");
    const [event] = await f.federation.queryFilter("RoundInvalidated", -1);
    expect((event as unknown as { args: { reason: bigint } }).args.reason).equals(4n);
    expect(signerOf(f, lying.aggregator).address).equals(lying.aggregator);
  });
});
