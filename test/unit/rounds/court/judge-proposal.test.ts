import { expect } from "chai";
import { createWeightedMean } from "../../../../node/aggregation/index.ts";
import { holds } from "../../../../node/audit/proof/check-proof.ts";
import { chunkTreeRoot } from "../../../../node/core/bytes/chunk-tree.ts";
import { contentIdOf } from "../../../../node/core/bytes/content-id.ts";
import { lanesToBytes } from "../../../../node/core/bytes/lanes.ts";
import type { Bytes32 } from "../../../../node/core/ids.ts";
import { foldTask } from "../../../../node/core/record/fold-task.ts";
import type { Proposal } from "../../../../node/core/records.ts";
import { initialLanes } from "../../../../node/core/task/initial-model.ts";
import { canonicalTaskSpec } from "../../../../node/core/task/task-spec.ts";
import { proposalHash, updateRootOf } from "../../../../node/core/words/commitment.ts";
import type { BlobStore } from "../../../../node/ports/storage.ts";
import { createModelSource } from "../../../../node/rounds/blobs/model-source.ts";
import type { ProposedRound } from "../../../../node/rounds/blobs/proposed-round.ts";
import { judgeProposal } from "../../../../node/rounds/court/judge-proposal.ts";
import type { Progress } from "../../../../node/rounds/progress/progress.ts";
import { simulatedSpec } from "../../../simulation/world/federation.ts";
import { buildHistory } from "../../../support/history/history-builder.ts";
import { memoryStore } from "../../../support/memory-store.ts";
import { silentLog } from "../../../support/silent-log.ts";
import { maskedRules } from "../../../support/states/plain-rules.ts";
import {
  accounts,
  commitmentOf,
  hashOf,
  members,
  roundOf,
  rules,
  viewOf,
} from "../../../support/states/round-states.ts";

const base = initialLanes(simulatedSpec, rules.fractionBits);
const baseModelRoot = chunkTreeRoot(base);
const signal = new AbortController().signal;

/** A round of three updates at the proposal that `lie` makes of the right model. */
async function setUp(
  options: {
    readonly lie?: (honest: Int32Array) => Int32Array;
    readonly update?: (slot: number) => Int32Array;
    readonly proposal?: (honest: Proposal) => Proposal;
    readonly updateRoot?: (slot: number, root: Bytes32) => Bytes32;
    readonly baseModelRoot?: Bytes32;
    /** Slots that the model counts; all where absent. */
    readonly mean?: readonly number[];
  } = {},
) {
  const store = memoryStore();
  const { update = (slot) => Int32Array.from(base, (_, i) => (slot + 1) * 100 + i), lie = (honest) => honest } =
    options;
  const rootFor = options.updateRoot ?? ((_, root) => root);
  const mean = createWeightedMean(rules);
  const commitments = await Promise.all(
    [0, 1, 2].map(async (slot) => {
      const lanes = update(slot);
      if (options.mean?.includes(slot) ?? true) mean.add(lanes, 10);
      return {
        ...commitmentOf(slot),
        updateRoot: rootFor(slot, updateRootOf(commitmentOf(slot).participant, chunkTreeRoot(lanes))),
        contentId: await store.put(lanesToBytes(lanes)),
      };
    }),
  );
  const model = lie(mean.finish(base));
  const honest: Proposal = {
    attempt: 0,
    aggregator: accounts.x,
    modelRoot: chunkTreeRoot(model),
    contentId: await store.put(lanesToBytes(model)),
    totalWeight: 30n,
    excluded: 0n,
  };
  const proposal = options.proposal?.(honest) ?? honest;
  const closed = roundOf({ baseModelRoot: options.baseModelRoot ?? baseModelRoot, commitments });
  const hash = proposalHash(1, 1, closed.accumulator, "0x", proposal);
  const round: ProposedRound = {
    ...closed,
    phase: "proposed",
    proposal: { ...proposal, hash, openings: "0x", attestDeadlineS: 300 },
  };
  const view = viewOf([round], { spec: canonicalTaskSpec(simulatedSpec), initialModelRoot: baseModelRoot });
  const progress: Progress[] = [];
  const source = createModelSource({ store, transport: { peerId: "me", connected: () => [] } });
  const deps = { store, source, log: silentLog, onProgress: (step: Progress) => void progress.push(step) };
  const judge = (again = false) => judgeProposal({ ...deps, again }, round, { view, members, signal });
  return { blobs: store.blobs, judge, proposal, commitments, progress, round };
}

/** The proposal that leaves out these slots. */
const without = (slots: bigint, totalWeight: bigint) => (honest: Proposal) => ({
  ...honest,
  excluded: slots,
  totalWeight,
});

const flip = (honest: Int32Array) => {
  honest[70]! += 1;
  return honest;
};

describe("the judgement of a proposal", () => {
  it("is right where the proposal is", async () => {
    expect(await (await setUp()).judge()).to.deep.equal({ judgement: { isRight: true }, faults: [] });
  });

  it("is the proof of the wrong chunk, which the contract would take", async () => {
    const { judge, commitments, progress, round } = await setUp({ lie: flip });
    const { isRight, proof } = (await judge()).judgement;
    expect(isRight).to.equal(false);
    if (proof?.kind !== "proveChunk") return expect.fail(String(proof?.kind));
    expect(proof.wrong.chunkIndex).to.equal(1);
    expect(proof.commitments).to.deep.equal(commitments);
    expect(proof.evidence.inputs.accumulator).to.equal(round.accumulator);
    expect(holds(proof, rules)).to.equal(true);
    expect(progress).to.deep.equal([{ kind: "disputed", round: 1, findings: ["AGGREGATE_WRONG"] }]);
  });

  it("is to be made again while the wrong model is withheld, which is told once", async () => {
    const { judge, blobs, proposal, progress } = await setUp({ lie: flip });
    const bytes = blobs.get(proposal.contentId)!;
    blobs.delete(proposal.contentId);
    expect((await judge()).judgement).to.deep.equal({ isRight: false, withheld: true });
    expect((await judge(true)).judgement).to.deep.equal({ isRight: false, withheld: true });
    expect(progress).to.have.length(1);
    blobs.set(proposal.contentId, bytes);
    expect((await judge(true)).judgement.proof?.kind).to.equal("proveChunk");
  });

  it("is without a proof where the root is right and the content id names other bytes", async () => {
    const named = await setUp({ proposal: (honest) => ({ ...honest, contentId: honest.modelRoot }) });
    expect((await named.judge()).judgement).to.deep.equal({ isRight: false });
  });

  it("is the proof of an included update beyond the clip", async () => {
    const { judge, commitments } = await setUp({
      update: (slot) => new Int32Array(base.length).fill(slot === 1 ? -rules.clipLanes - 1 : 4, 75),
    });
    const { judgement, faults } = await judge();
    if (judgement.proof?.kind !== "proveUpdate") return expect.fail(String(judgement.proof?.kind));
    expect(judgement.proof.invalid).to.deep.include({ position: 1, chunkIndex: 1 });
    expect(judgement.proof.evidence.proposal, "so that it is struck, too").to.not.equal(undefined);
    expect(faults.map(({ invalid }) => commitments[invalid.position])).to.deep.equal([commitments[1]]);
  });

  it("finds nothing wrong with leaving out what can be proven invalid, and shows that", async () => {
    const { judge } = await setUp({
      update: (slot) => new Int32Array(base.length).fill(slot === 1 ? rules.clipLanes + 1 : 4, 75),
      mean: [0, 2],
      proposal: without(0b10n, 20n),
    });
    const { judgement, faults } = await judge();
    expect(judgement).to.deep.equal({ isRight: true });
    expect(faults.map(({ invalid }) => [invalid.position, invalid.chunkIndex])).to.deep.equal([[1, 1]]);
  });

  it("names what was left out though it is here and keeps the rules", async () => {
    const left = await setUp({ mean: [0, 2], proposal: without(0b10n, 20n) });
    expect((await left.judge()).judgement).to.deep.equal({ isRight: true, unexplained: 0b10n });
    expect(left.progress.map(({ kind }) => kind)).to.deep.equal(["disputed"]);
    left.blobs.delete(left.commitments[1]!.contentId);
    expect((await left.judge()).judgement, "not to be had from anybody").to.deep.equal({ isRight: true });
  });

  it("is the commitments alone where the weight is wrong", async () => {
    const { judge, blobs } = await setUp({ proposal: without(1n, 21n) });
    blobs.clear();
    expect((await judge()).judgement.proof?.kind).to.equal("proveWeight");
  });

  it("names the inputs that cannot be had, and accuses nobody", async () => {
    const { judge, blobs, commitments, progress } = await setUp({ lie: flip });
    blobs.delete(commitments[2]!.contentId);
    expect((await judge()).judgement).to.deep.equal({ isRight: false, missing: [commitments[2]] });
    expect(progress).to.deep.equal([]);
  });

  it("names an input whose content id is that of other bytes than its root", async () => {
    const { judge, commitments } = await setUp({ updateRoot: (slot, root) => (slot === 1 ? hashOf(77) : root) });
    const { judgement, faults } = await judge();
    expect(judgement).to.deep.equal({ isRight: false, missing: [commitments[1]] });
    expect(faults).to.deep.equal([]);
  });

  it("is an open question while the base model is not to be had, so that later rounds are judged meanwhile", async () => {
    const { judge, progress } = await setUp({ baseModelRoot: hashOf(78) });
    const open = { judgement: { isRight: false, missing: [] }, faults: [] };
    expect(await judge()).to.deep.equal(open);
    expect(await judge(true)).to.deep.equal(open);
    expect(progress).to.deep.equal([]);
  });

  it("proves an update beyond the clip without the base model, too", async () => {
    const { judge } = await setUp({
      baseModelRoot: hashOf(78),
      update: (slot) => new Int32Array(base.length).fill(slot === 1 ? -rules.clipLanes - 1 : 4, 75),
    });
    expect((await judge()).judgement.proof?.kind).to.equal("proveUpdate");
  });

  it("is the proof of a wrong chunk where an old model's root stands over bytes that nobody has", async () => {
    const old = (honest: Proposal) => ({ ...honest, modelRoot: baseModelRoot, contentId: hashOf(77) });
    const { judge } = await setUp({ proposal: old });
    const { proof } = (await judge()).judgement;
    if (proof?.kind !== "proveChunk") return expect.fail(String(proof?.kind));
    expect(holds(proof, rules)).to.equal(true);
  });

  it("does not blame the proposal for a masked sum beyond the clip, which is cut", async () => {
    const { events, store } = await buildHistory({
      inputs: 299,
      members: 8,
      rounds: 1,
      rules: maskedRules,
      scripts: {
        1: {
          ...{ keyed: 7, commits: 6, end: "proposed" },
          update: (member, honest) => (member === 1 ? honest.fill(9_000_000) : honest),
        },
      },
    });
    const view = foldTask(events);
    const round = view.rounds[0] as ProposedRound;
    const progress: Progress[] = [];
    const blobs: BlobStore = {
      get: store.get,
      put: contentIdOf,
      has: async (contentId) => store.blobs.has(contentId),
      remove: async () => undefined,
    };
    const source = createModelSource({ store: blobs, transport: { peerId: "me", connected: () => [] } });
    const deps = { store: blobs, source, log: silentLog, onProgress: (step: Progress) => void progress.push(step) };
    const { judgement } = await judgeProposal(deps, round, { view, members, signal });
    expect(judgement).to.deep.equal({ isRight: true });
    expect(progress).to.deep.equal([]);
  });
});
