import { expect } from "chai";
import { ruleByName } from "../../../node/aggregation/index.ts";
import { demandAnswer, holdsAgainst, updateFault, wrongChunkAt } from "../../../node/audit/index.ts";
import { chunkLeaf, createChunkTree, rootOfLeaf } from "../../../node/core/chunk-tree.ts";
import { updateRootOf } from "../../../node/core/commitment.ts";
import { foldTask } from "../../../node/core/fold-task.ts";
import { initialLanes } from "../../../node/core/initial-model.ts";
import { bytesToLanes } from "../../../node/core/lanes.ts";
import type { Commitment, Demand, TaskRules } from "../../../node/core/records.ts";
import { parseTaskSpecJson } from "../../../node/core/task-spec.ts";
import { differingNode, type ShownNodes } from "../../../node/core/tree-nodes.ts";
import type { ProposedRound } from "../../../node/rounds/judge-proposal.ts";
import { buildHistory, type RoundScript } from "../../support/history-builder.ts";

async function propose(script: RoundScript, rules: Partial<TaskRules> = {}) {
  const scripts = { 1: { end: "proposed", ...script } } as const;
  const { events, store } = await buildHistory({ inputs: 299, members: 5, rounds: 1, rules, scripts });
  const view = foldTask(events);
  const round = view.rounds[0] as ProposedRound;
  const baseLanes = initialLanes(parseTaskSpecJson(view.spec), view.rules.fractionBits);
  const lengthBytes = 4 * view.rules.parameterCount;
  const getUpdate = ({ contentId }: Pick<Commitment, "contentId">) => store.get(contentId, { lengthBytes });
  const aggregation = ruleByName(view.rules.rule).create(view.rules);
  for (const commitment of round.commitments) {
    aggregation.add(bytesToLanes(await getUpdate(commitment)), commitment.weight);
  }
  const model = bytesToLanes(await getUpdate(round.proposal));
  return { rules: view.rules, round, baseLanes, getUpdate, recomputed: aggregation.finish(baseLanes), model };
}
const wrongModel: RoundScript = { model: (honest) => honest.with(200, honest[200]! + 1) };

describe("a wrong chunk from nodes shown on the chain", () => {
  for (const rules of [
    {},
    { rule: "coordinate-median" },
    { rule: "trimmed-mean", trim: 1, minUpdates: 3 },
  ] as const satisfies readonly Partial<TaskRules>[]) {
    it(`is proven without the model's bytes: ${"rule" in rules ? rules.rule : "weighted-mean"}`, async () => {
      const { model, recomputed, ...input } = await propose(wrongModel, rules);
      const { round } = input;
      const { modelRoot } = round.proposal;
      const right = createChunkTree(recomputed);
      const first = differingNode(right, modelRoot, [])!;
      const common = { taskId: 1, round: 1, proposalHash: round.proposal.hash, kind: "model-nodes" } as const;
      const demand: Demand = { ...common, place: first.height, index: first.index, root: first.node };
      const answer = demandAnswer(demand, model);
      if (answer?.kind !== "answerNodes") expect.fail();
      const shown: ShownNodes = { demand, nodes: answer.nodes };
      const leaf = differingNode(right, modelRoot, [shown])!;
      expect(leaf).to.include({ height: 0, index: 3 });
      const wrong = await wrongChunkAt({ ...input, leaf });
      expect(wrong.bounds?.length).to.equal("rule" in rules ? 512 : undefined);
      expect(holdsAgainst(wrong, input.rules, round)).to.equal(true);
      if (!wrong.bounds) return;
      const { bounds, ...unsorted } = wrong;
      expect(holdsAgainst(unsorted, input.rules, round)).to.equal(false);
      expect(holdsAgainst({ ...wrong, bounds: bounds.with(0, bounds[0]! ^ 1) }, input.rules, round)).to.equal(false);
    });
  }

  it("does not hold with an update of another participant, though its tree is the same", async () => {
    const { model, recomputed, ...input } = await propose(wrongModel);
    const leaf = differingNode(createChunkTree(recomputed), input.round.proposal.modelRoot, [])!;
    const tree = createChunkTree(model);
    const wrong = await wrongChunkAt({
      ...input,
      leaf: { ...leaf, index: 3, node: tree.leaf(3), path: tree.proof(3) },
    });
    expect(holdsAgainst(wrong, input.rules, input.round)).to.equal(true);
    const [one, two, ...rest] = wrong.updates;
    expect(holdsAgainst({ ...wrong, updates: [two!, one!, ...rest] }, input.rules, input.round)).to.equal(false);
  });
});

describe("demandAnswer", () => {
  it("shows a chunk of the very update that was demanded, and nothing of another", async () => {
    const { round, getUpdate, rules } = await propose({});
    const [commitment, other] = round.commitments;
    const lanes = bytesToLanes(await getUpdate(commitment!));
    const { slot: place, updateRoot: root, participant } = commitment!;
    const demand: Demand = {
      taskId: 1,
      round: 1,
      proposalHash: round.proposal.hash,
      kind: "update-chunk",
      place,
      index: 4,
      root,
    };
    const answer = demandAnswer(demand, lanes, participant);
    if (answer?.kind !== "answerChunk") expect.fail();
    const { chunk, proof } = answer.shown;
    const top = rootOfLeaf(rules.parameterCount, 4, chunkLeaf(4, chunk), proof);
    expect(updateRootOf(participant, top)).to.equal(root);
    expect(demandAnswer(demand, lanes, other!.participant)).to.equal(undefined);
    expect(demandAnswer(demand, lanes)).to.equal(undefined);
    expect(demandAnswer({ ...demand, index: 5 }, lanes, participant)).to.equal(undefined);
    expect(demandAnswer(demand, lanes.with(0, lanes[0]! ^ 1), participant)).to.equal(undefined);
  });

  it("shows nodes of the very model, inside its tree", async () => {
    const { round, model } = await propose({});
    const tree = createChunkTree(model);
    const common = { taskId: 1, round: 1, proposalHash: round.proposal.hash, kind: "model-nodes" } as const;
    const inner: Demand = { ...common, place: 2, index: 1, root: tree.node(2, 1) };
    const answer = demandAnswer(inner, model);
    if (answer?.kind !== "answerNodes") expect.fail();
    expect(answer.nodes).to.deep.equal([4, 5, 6, 7].map((i) => tree.node(0, i)));
    for (const change of [{ place: 4 }, { index: 2 }, { root: tree.root }]) {
      expect(demandAnswer({ ...inner, ...change }, model), Object.keys(change)[0]).to.equal(undefined);
    }
  });
});

describe("updateFault", () => {
  it("names the first chunk beyond the clip, of an update that is left out, too", async () => {
    const lie = (honest: Int32Array) => honest.with(130, 100_001).with(290, -100_001);
    const update: RoundScript["update"] = (member, honest) => (member === 2 ? lie(honest) : honest);
    const { round, getUpdate, rules } = await propose({ update, exclude: [2] });
    const { commitments } = round;
    for (const [position, commitment] of commitments.entries()) {
      const lanes = bytesToLanes(await getUpdate(commitment));
      const fault = updateFault(lanes, commitment, commitments, rules);
      if (position !== 2) expect(fault).to.equal(undefined);
      else expect(fault).to.include({ position: 2, chunkIndex: 2 });
      expect(updateFault(lie(lanes).with(0, 5), commitment, commitments, rules), "other bytes").to.equal(undefined);
    }
  });
});
