import { expect } from "chai";
import fc from "fast-check";
import { weightedMean } from "../../../node/aggregation/index.ts";
import { holdsAgainst, isWeightWrong, proveWrongChunk, type WrongChunkInput } from "../../../node/audit/index.ts";
import { createChunkTree, createLeafTree } from "../../../node/core/chunk-tree.ts";
import { foldTask } from "../../../node/core/fold-task.ts";
import { initialLanes } from "../../../node/core/initial-model.ts";
import { bytesToLanes } from "../../../node/core/lanes.ts";
import type { WrongChunk } from "../../../node/core/records.ts";
import { parseTaskSpecJson } from "../../../node/core/task-spec.ts";
import type { ProposedRound } from "../../../node/rounds/judge-proposal.ts";
import { buildHistory, type RoundScript } from "../../support/history-builder.ts";
import { rejection } from "../../support/rejection.ts";

/** A round whose proposal names the model that the script makes, and what an outsider computes of it. */
async function propose(script: RoundScript, inputs = 299) {
  const { events, store } = await buildHistory({ inputs, rounds: 1, scripts: { 1: { end: "proposed", ...script } } });
  const view = foldTask(events);
  const round = view.rounds[0] as ProposedRound;
  const { rules } = view;
  const baseLanes = initialLanes(parseTaskSpecJson(view.spec), rules.fractionBits);
  const lengthBytes = 4 * rules.parameterCount;
  const getUpdate: WrongChunkInput["getUpdate"] = ({ contentId }) => store.get(contentId, { lengthBytes });
  const included = round.commitments.filter(({ slot }) => ((round.proposal.excluded >> BigInt(slot)) & 1n) === 0n);
  const updates = await Promise.all(
    included.map(async (commitment) => ({
      lanes: bytesToLanes(await getUpdate(commitment)),
      weight: commitment.weight,
    })),
  );
  const recomputed = weightedMean({ base: baseLanes, updates, serverRateQ16: rules.serverRateQ16 });
  const model = bytesToLanes(await store.get(round.proposal.contentId, { lengthBytes }));
  const input = { rules, round, baseLanes, recomputed, proposed: createChunkTree(model), getUpdate };
  return { input, rules, round, included, store };
}

const flip = (...at: readonly number[]): RoundScript => ({
  model: (honest) => {
    for (const lane of at) honest[lane]! ^= 1;
    return honest;
  },
});

describe("proveWrongChunk", () => {
  it("names the first wrong chunk, and the proof holds", async () => {
    const { input, rules, round, included } = await propose(flip(270, 130));
    const wrong = (await proveWrongChunk(input))!;
    expect(wrong.chunkIndex).to.equal(2);
    expect(wrong.updates).to.have.length(included.length);
    expect(wrong.base.proof).to.have.length(3);
    expect(wrong.base.chunk).to.have.length(256);
    expect(holdsAgainst(wrong, rules, round)).to.equal(true);
  });

  it("finds any single wrong lane, the last and padded chunk's too", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(299), async (lane) => {
        const { input, rules, round } = await propose(flip(lane));
        const wrong = (await proveWrongChunk(input))!;
        expect(wrong.chunkIndex).to.equal(Math.floor(lane / 64));
        expect(holdsAgainst(wrong, rules, round)).to.equal(true);
      }),
      { numRuns: 12, examples: [[0], [299]] },
    );
  });

  it("proves nothing against the right model", async () => {
    const { input, rules, round } = await propose({});
    expect(await proveWrongChunk(input)).to.equal(undefined);
    const { baseLanes, proposed, getUpdate } = input;
    const lie = { ...input, recomputed: input.recomputed.map((lane) => lane + 1), baseLanes, proposed, getUpdate };
    const claim = (await proveWrongChunk(lie))!;
    expect(holdsAgainst(claim, rules, round), "an accuser's own mistake").to.equal(false);
  });

  it("needs only the leaf hashes of the proposed model", async () => {
    const { input } = await propose(flip(200));
    const { proposed } = input;
    const leaves = Array.from({ length: proposed.chunkCount }, (_, i) => proposed.leaf(i));
    const tree = createLeafTree(input.rules.parameterCount, leaves);
    expect(await proveWrongChunk({ ...input, proposed: tree })).to.deep.equal(await proveWrongChunk(input));
    expect(() => createLeafTree(input.rules.parameterCount, leaves.slice(1)))
      .to.throw()
      .with.property("code", "LENGTH_MISMATCH");
  });

  it("counts only what the proposal includes", async () => {
    const { input, rules, round, included } = await propose({ ...flip(5), exclude: [1] });
    expect(included).to.have.length(3);
    const wrong = (await proveWrongChunk(input))!;
    expect(wrong.updates).to.have.length(3);
    expect(holdsAgainst(wrong, rules, round)).to.equal(true);
  });

  it("works in a model of one chunk, without any siblings", async () => {
    const { input, rules, round } = await propose(flip(3), 9);
    const wrong = (await proveWrongChunk(input))!;
    expect(wrong).to.deep.include({ chunkIndex: 0, resultProof: [] });
    expect(holdsAgainst(wrong, rules, round)).to.equal(true);
  });

  it("refuses another model's tree, and bytes that are not the committed ones", async () => {
    const { input } = await propose(flip(3));
    const other = createChunkTree(input.recomputed);
    await rejection(proveWrongChunk({ ...input, proposed: other }), "INVALID_ARGUMENT");
    const getUpdate = async () => new Uint8Array(4 * input.rules.parameterCount);
    await rejection(proveWrongChunk({ ...input, getUpdate }), "BLOB_CORRUPT");
    await rejection(proveWrongChunk({ ...input, baseLanes: input.recomputed }), "BLOB_CORRUPT");
  });

  it("does not hold once any part of it is changed", async () => {
    const { input, rules, round } = await propose(flip(70));
    const wrong = (await proveWrongChunk(input))!;
    const [first, ...others] = wrong.updates;
    const changedChunk = first!.chunk.slice();
    changedChunk[9]! ^= 1;
    const otherHash = wrong.resultProof[0]!.replace(/.$/, (digit) => (digit === "0" ? "1" : "0")) as `0x${string}`;
    const changes: Partial<WrongChunk>[] = [
      { chunkIndex: wrong.chunkIndex + 1 },
      { updates: others },
      { updates: [...others, first!] },
      { updates: [{ ...first!, chunk: changedChunk }, ...others] },
      { base: first! },
      { resultLeaf: otherHash },
      { resultProof: [otherHash, ...wrong.resultProof.slice(1)] },
      { resultProof: wrong.resultProof.slice(1) },
    ];
    for (const change of changes) {
      expect(holdsAgainst({ ...wrong, ...change }, rules, round), Object.keys(change)[0]).to.equal(false);
    }
  });
});

describe("isWeightWrong", () => {
  it("compares with the sum of what is included", async () => {
    expect(isWeightWrong((await propose({})).round)).to.equal(false);
    expect(isWeightWrong((await propose({ exclude: [0] })).round)).to.equal(false);
    const script: RoundScript = {
      exclude: [0],
      proposal: (honest) => ({ ...honest, totalWeight: honest.totalWeight + 1n }),
    };
    expect(isWeightWrong((await propose(script)).round)).to.equal(true);
  });
});
