import { expect } from "chai";
import fc from "fast-check";
import { ruleByName } from "../../../../node/aggregation/index.ts";
import {
  holds,
  isWeightWrong,
  type ProposedRound,
  proveChunk,
  proveDoubleCommitment,
  proveEquivocation,
  proveUpdate,
  proveWeight,
  updateFault,
  type WrongChunkInput,
} from "../../../../node/audit/index.ts";
import { createChunkTree, createLeafTree } from "../../../../node/core/bytes/chunk-tree.ts";
import { bytesToLanes } from "../../../../node/core/bytes/lanes.ts";
import { foldTask } from "../../../../node/core/record/fold-task.ts";
import type { SignedCommitment, TaskRules, WrongChunk } from "../../../../node/core/records.ts";
import { initialLanes } from "../../../../node/core/task/initial-model.ts";
import { parseTaskSpecJson } from "../../../../node/core/task/task-spec.ts";
import type { ProofCall } from "../../../../node/ports/index.ts";
import { buildHistory, type RoundScript } from "../../../support/history/history-builder.ts";
import { signAs } from "../../../support/history/history-writer.ts";
import { rejection } from "../../../support/rejection.ts";

/** A round whose proposal names the model that the script makes, and what an outsider computes of it. */
async function propose(script: RoundScript, changed: Partial<TaskRules> = {}, inputs = 299) {
  const history = await buildHistory({
    ...{ inputs, members: 5, rounds: 1, rules: changed },
    scripts: { 1: { end: "proposed", ...script } },
  });
  const { events, store } = history;
  const view = foldTask(events);
  const round = view.rounds[0] as ProposedRound;
  const { rules, taskId } = view;
  const baseLanes = initialLanes(parseTaskSpecJson(view.spec), rules.fractionBits);
  const lengthBytes = 4 * rules.parameterCount;
  const getUpdate: WrongChunkInput["getUpdate"] = ({ contentId }) => store.get(contentId, { lengthBytes });
  const included = round.commitments.filter(({ slot }) => ((round.proposal.excluded >> BigInt(slot)) & 1n) === 0n);
  const aggregation = ruleByName(rules.rule).create(rules);
  for (const commitment of included) aggregation.add(bytesToLanes(await getUpdate(commitment)), commitment.weight);
  const recomputed = aggregation.finish(baseLanes);
  const model = bytesToLanes(await store.get(round.proposal.contentId, { lengthBytes }));
  const input = { taskId, rules, round, baseLanes, recomputed, proposed: createChunkTree(model), getUpdate };
  return { input, taskId, rules, round, included, history };
}

type ChunkCall = Extract<ProofCall, { kind: "proveChunk" }>;

async function chunkProof(input: WrongChunkInput): Promise<ChunkCall> {
  const call = await proveChunk(input);
  if (call?.kind !== "proveChunk") return expect.fail(call?.kind);
  return call;
}

const flip = (...at: readonly number[]): RoundScript => ({
  model: (honest) => {
    for (const lane of at) honest[lane]! ^= 1;
    return honest;
  },
});

describe("proveChunk", () => {
  it("names the first wrong chunk, and the proof holds", async () => {
    const { input, rules, round, included, taskId } = await propose(flip(270, 130));
    const call = await chunkProof(input);
    const { wrong, evidence } = call;
    expect(wrong.chunkIndex).to.equal(2);
    expect(wrong.updates).to.have.length(included.length);
    expect(wrong.base.proof).to.have.length(3);
    expect(wrong.base.chunk).to.have.length(256);
    expect(holds(call, rules)).to.equal(true);
    expect(evidence.inputs).to.include({ taskId, round: 1, anchor: round.anchor, accumulator: round.accumulator });
    expect(evidence).to.deep.include({ attesters: [] });
    expect(evidence.proposal).to.not.have.any.keys("hash", "openings");
  });

  it("is over an accepted round's attesters, too", async () => {
    const { input, rules } = await propose({ ...flip(3), end: "accepted" });
    const call = await chunkProof(input);
    expect(call.evidence.attesters).to.have.length(5);
    expect(holds(call, rules)).to.equal(true);
  });

  for (const rules of [
    { rule: "coordinate-median" },
    { rule: "trimmed-mean", trim: 1, minUpdates: 3 },
  ] as const satisfies readonly Partial<TaskRules>[]) {
    it(`brings what is sorted under ${rules.rule}, and holds by nothing else`, async () => {
      const { input, rules: all } = await propose(flip(200), rules);
      const call = await chunkProof(input);
      const { bounds, ...unsorted } = call.wrong;
      expect(bounds).to.have.length(512);
      expect(holds({ ...call, wrong: unsorted }, all)).to.equal(false);
      const other = { ...call.wrong, bounds: bounds!.with(0, bounds![0]! ^ 1) };
      expect(holds({ ...call, wrong: other }, all)).to.equal(false);
    });
  }

  it("finds any single wrong lane, the last and padded chunk's too", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(299), async (lane) => {
        const { input } = await propose(flip(lane));
        expect((await chunkProof(input)).wrong.chunkIndex).to.equal(Math.floor(lane / 64));
      }),
      { numRuns: 12, examples: [[0], [299]] },
    );
  });

  it("proves nothing against the right model, by an accuser's own mistake either", async () => {
    const { input } = await propose({});
    expect(await proveChunk(input)).to.equal(undefined);
    expect(await proveChunk({ ...input, recomputed: input.recomputed.map((lane) => lane + 1) })).to.equal(undefined);
  });

  it("needs only the leaf hashes of the proposed model", async () => {
    const { input } = await propose(flip(200));
    const { proposed } = input;
    const leaves = Array.from({ length: proposed.chunkCount }, (_, i) => proposed.leaf(i));
    const tree = createLeafTree(input.rules.parameterCount, leaves);
    expect(await proveChunk({ ...input, proposed: tree })).to.deep.equal(await proveChunk(input));
    expect(() => createLeafTree(input.rules.parameterCount, leaves.slice(1)))
      .to.throw()
      .with.property("code", "LENGTH_MISMATCH");
  });

  it("counts only what the proposal includes", async () => {
    const { input, included } = await propose({ ...flip(5), exclude: [1] });
    expect(included).to.have.length(4);
    expect((await chunkProof(input)).wrong.updates).to.have.length(4);
  });

  it("works in a model of one chunk, without any siblings", async () => {
    const { input } = await propose(flip(3), {}, 9);
    expect((await chunkProof(input)).wrong).to.deep.include({ chunkIndex: 0, resultProof: [] });
  });

  it("refuses another model's tree, and bytes that are not the committed ones", async () => {
    const { input } = await propose(flip(3));
    const other = createChunkTree(input.recomputed);
    await rejection(proveChunk({ ...input, proposed: other }), "INVALID_ARGUMENT");
    const getUpdate = async () => new Uint8Array(4 * input.rules.parameterCount);
    await rejection(proveChunk({ ...input, getUpdate }), "BLOB_CORRUPT");
    await rejection(proveChunk({ ...input, baseLanes: input.recomputed }), "BLOB_CORRUPT");
  });

  it("does not hold once any part of it is changed", async () => {
    const { input, rules } = await propose(flip(70));
    const call = await chunkProof(input);
    const { wrong, commitments } = call;
    const [first, second, ...others] = wrong.updates;
    const changedChunk = first!.chunk.slice();
    changedChunk[9]! ^= 1;
    const otherHash = wrong.resultProof[0]!.replace(/.$/, (digit) => (digit === "0" ? "1" : "0")) as `0x${string}`;
    const changes: Partial<WrongChunk>[] = [
      { chunkIndex: wrong.chunkIndex + 1 },
      { updates: [second!, ...others] },
      { updates: [second!, first!, ...others] },
      { updates: [{ ...first!, chunk: changedChunk }, second!, ...others] },
      { base: first! },
      { resultLeaf: otherHash },
      { resultProof: [otherHash, ...wrong.resultProof.slice(1)] },
      { resultProof: wrong.resultProof.slice(1) },
    ];
    for (const change of changes) {
      expect(holds({ ...call, wrong: { ...wrong, ...change } }, rules), Object.keys(change)[0]).to.equal(false);
    }
    expect(holds({ ...call, commitments: commitments.toReversed() }, rules)).to.equal(false);
    expect(holds(call, { ...rules, mode: "encrypted" })).to.equal(false);
    expect(holds(call)).to.equal(false);
  });
});

describe("proveWeight", () => {
  const lighter: RoundScript = { proposal: (honest) => ({ ...honest, totalWeight: honest.totalWeight - 1n }) };

  it("compares with the sum of what is included", async () => {
    for (const [script, isWrong] of [
      [{}, false],
      [{ exclude: [0] }, false],
      [lighter, true],
      [{ ...lighter, exclude: [0] }, true],
    ] as const) {
      const { taskId, round } = await propose(script);
      expect(isWeightWrong(round)).to.equal(isWrong);
      expect(proveWeight({ taskId, round })?.kind).to.equal(isWrong ? "proveWeight" : undefined);
    }
  });
});

describe("proveUpdate", () => {
  const lie = (honest: Int32Array) => honest.with(130, 100_001).with(290, -100_001);
  const script: RoundScript = { update: (member, honest) => (member === 2 ? lie(honest) : honest) };

  it("names the first chunk beyond the clip, under a proposal that counts the update, one that does not, and none", async () => {
    for (const [more, hasProposal] of [
      [{}, true],
      [{ exclude: [2] }, true],
      [{ end: "aggregating" }, false],
    ] as const satisfies readonly (readonly [RoundScript, boolean])[]) {
      const { history } = await propose({});
      expect(history.members).to.have.length(5);
      const built = await buildHistory({
        ...{ inputs: 299, members: 5, rounds: 1 },
        scripts: { 1: { ...script, ...more } },
      });
      const { rules, taskId, rounds } = foldTask(built.events);
      const round = rounds[0]!;
      for (const [position, commitment] of round.commitments.entries()) {
        const bytes = await built.store.get(commitment.contentId, { lengthBytes: 4 * rules.parameterCount });
        const lanes = bytesToLanes(bytes);
        const call = proveUpdate({ taskId, rules, round, commitment, lanes });
        if (position !== 2) expect(call).to.equal(undefined);
        else if (call?.kind !== "proveUpdate") expect.fail(call?.kind);
        else {
          expect(call.invalid).to.include({ position: 2, chunkIndex: 2 });
          expect(call.evidence.proposal !== undefined).to.equal(hasProposal);
          const padded = call.invalid.update.chunk.slice().fill(0);
          const chunk = { ...call.invalid, update: { ...call.invalid.update, chunk: padded } };
          expect(holds({ ...call, invalid: chunk }, rules)).to.equal(false);
          expect(holds(call, { ...rules, clipLanes: 100_001 })).to.equal(false);
        }
        const other = lie(lanes).with(0, 5);
        expect(updateFault(other, commitment, round.commitments, rules), "other bytes").to.equal(undefined);
      }
    }
  });
});

describe("proveEquivocation and proveDoubleCommitment", () => {
  it("hold for two words of one account over one anchor, and for nothing else", async () => {
    const { history, taskId, round } = await propose({});
    const { recoverSigner, members } = history;
    const [made] = round.commitments;
    const sign = (account: `0x${string}`, weight: number, anchor = round.anchor): SignedCommitment => {
      const { updateRoot, contentId } = made!;
      const said = { taskId, round: 1, anchor, participant: account, updateRoot, contentId, weight };
      return { ...said, signature: signAs(history, account, { type: "commitment", ...said }) };
    };
    const [one, other] = [sign(members[0]!, 1), sign(members[0]!, 2)];
    expect(proveEquivocation(one, other, recoverSigner)).to.include({
      kind: "proveEquivocation",
      anchor: round.anchor,
    });
    expect(proveEquivocation(one, one, recoverSigner)).to.equal(undefined);
    expect(proveEquivocation(one, sign(members[1]!, 2), recoverSigner)).to.equal(undefined);
    const elsewhere = sign(members[0]!, 2, round.baseModelRoot);
    expect(proveEquivocation(one, elsewhere, recoverSigner)).to.equal(undefined);
    const about = { taskId, round, recoverSigner };
    expect(proveDoubleCommitment({ ...about, signed: other })).to.include({
      kind: "proveDoubleCommitment",
      position: 0,
    });
    expect(proveDoubleCommitment({ ...about, signed: one }), "what it made on the chain").to.equal(undefined);
    const forged = { ...other, signature: sign(members[1]!, 2).signature };
    expect(proveDoubleCommitment({ ...about, signed: forged })).to.equal(undefined);
    expect(proveDoubleCommitment({ ...about, signed: elsewhere })).to.equal(undefined);
  });
});
