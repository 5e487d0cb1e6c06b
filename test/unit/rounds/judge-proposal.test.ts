import { expect } from "chai";
import { createWeightedMean } from "../../../node/aggregation/index.ts";
import { holdsAgainst } from "../../../node/audit/challenge-proof.ts";
import { chunkTreeRoot } from "../../../node/core/chunk-tree.ts";
import { proposalHash, updateRootOf } from "../../../node/core/commitment.ts";
import { contentIdOf } from "../../../node/core/content-id.ts";
import { FedledgerError } from "../../../node/core/error.ts";
import type { Bytes32 } from "../../../node/core/ids.ts";
import { initialLanes } from "../../../node/core/initial-model.ts";
import { lanesToBytes } from "../../../node/core/lanes.ts";
import type { Proposal } from "../../../node/core/records.ts";
import { canonicalTaskSpec } from "../../../node/core/task-spec.ts";
import type { DemandView } from "../../../node/core/task-view.ts";
import { nodesOfModel } from "../../../node/core/tree-nodes.ts";
import type { BlobStore } from "../../../node/ports/storage.ts";
import { judgeProposal, type ProposedRound } from "../../../node/rounds/judge-proposal.ts";
import { createModelSource } from "../../../node/rounds/model-source.ts";
import type { Progress } from "../../../node/rounds/progress.ts";
import { simulatedSpec } from "../../simulation/federation.ts";
import { rejection } from "../../support/rejection.ts";
import { accounts, commitmentOf, hashOf, members, roundOf, rules, viewOf } from "../../support/round-states.ts";
import { silentLog } from "../../support/silent-log.ts";

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
  } = {},
) {
  const blobs = new Map<Bytes32, Uint8Array>();
  const store: BlobStore = {
    async put(bytes) {
      const contentId = await contentIdOf(bytes);
      blobs.set(contentId, bytes.slice());
      return contentId;
    },
    async get(contentId) {
      const bytes = blobs.get(contentId);
      if (bytes === undefined) throw new FedledgerError("BLOB_NOT_FOUND", { contentId, providers: 0 });
      return bytes.slice();
    },
    has: async (contentId) => blobs.has(contentId),
    remove: async (contentId) => void blobs.delete(contentId),
  };
  const { update = (slot) => Int32Array.from(base, (_, i) => (slot + 1) * 100 + i), lie = (honest) => honest } =
    options;
  const rootFor = options.updateRoot ?? ((_, root) => root);
  const mean = createWeightedMean(rules);
  const commitments = await Promise.all(
    [0, 1, 2].map(async (slot) => {
      const lanes = update(slot);
      mean.add(lanes, 10);
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
  const round: ProposedRound = {
    ...roundOf({ baseModelRoot: options.baseModelRoot ?? baseModelRoot, commitments }),
    phase: "proposed",
    proposal: { ...proposal, hash: proposalHash(1, 1, proposal), challengeDeadlineS: 300 },
  };
  const view = viewOf([round], { spec: canonicalTaskSpec(simulatedSpec), initialModelRoot: baseModelRoot });
  const progress: Progress[] = [];
  const source = createModelSource({ store, transport: { peerId: "me", connected: () => [] } });
  const deps = { store, source, log: silentLog, onProgress: (step: Progress) => void progress.push(step) };
  const judge = (again = false, demands: readonly DemandView[] = []) =>
    judgeProposal({ ...deps, again }, { ...round, demands }, { view, members, signal });
  return { blobs, judge, proposal, commitments, progress, model, round };
}

const demandFor = ({ proposal }: ProposedRound) =>
  ({ taskId: 1, round: 1, proposalHash: proposal.hash, kind: "model-nodes" }) as const;

const flip = (honest: Int32Array) => {
  honest[70]! += 1;
  return honest;
};

describe("the judgement of a proposal", () => {
  it("is no challenge where the proposal is right", async () => {
    expect(await (await setUp()).judge()).to.deep.equal({ agrees: true });
  });

  it("is the proof of the wrong chunk", async () => {
    const { judge, commitments, progress } = await setUp({ lie: flip });
    const { agrees, challenge } = await judge();
    expect(agrees).to.equal(false);
    if (challenge?.kind !== "challengeChunk") return expect.fail(String(challenge?.kind));
    expect(challenge.wrong.chunkIndex).to.equal(1);
    expect(challenge.commitments).to.deep.equal(commitments);
    expect(progress).to.deep.equal([{ kind: "disputed", round: 1, findings: ["AGGREGATE_WRONG"] }]);
  });

  it("is to be judged again while the wrong model is withheld, which is told once", async () => {
    const { judge, blobs, proposal, progress } = await setUp({ lie: flip });
    const bytes = blobs.get(proposal.contentId)!;
    blobs.delete(proposal.contentId);
    const next = { height: 1, index: 0, node: proposal.modelRoot, path: [] };
    expect(await judge()).to.deep.equal({ agrees: false, withheld: true, next });
    expect(await judge(true)).to.deep.equal({ agrees: false, withheld: true, next });
    expect(progress).to.have.length(1);
    blobs.set(proposal.contentId, bytes);
    expect((await judge(true)).challenge?.kind).to.equal("challengeChunk");
  });

  it("is the proof of the wrong chunk from what was shown of a withheld model", async () => {
    const { judge, blobs, proposal, model, round } = await setUp({ lie: flip });
    blobs.delete(proposal.contentId);
    const shown = { nodes: nodesOfModel(model, 1, 0) };
    const demand = { ...demandFor(round), place: 1, index: 0, root: proposal.modelRoot };
    const answered = { id: hashOf(3), demander: accounts.a, demand, deadlineS: 290, shown, open: false };
    const { challenge } = await judge(false, [answered]);
    if (challenge?.kind !== "challengeChunk") return expect.fail(String(challenge?.kind));
    expect(challenge.wrong.chunkIndex).to.equal(1);
    expect(holdsAgainst(challenge.wrong, rules, round)).to.equal(true);
  });

  it("is to demand what the root stands for where the content id names other bytes, and nothing where the root is right", async () => {
    const right = await setUp();
    const other = await setUp({
      lie: flip,
      proposal: (honest) => ({ ...honest, contentId: right.proposal.contentId }),
    });
    other.blobs.set(right.proposal.contentId, right.blobs.get(right.proposal.contentId)!);
    expect(await other.judge()).to.deep.include({ agrees: false, withheld: true });
    const named = await setUp({ proposal: (honest) => ({ ...honest, contentId: honest.modelRoot }) });
    expect(await named.judge()).to.deep.equal({ agrees: false });
  });

  it("is the proof of an included update beyond the clip", async () => {
    const { judge } = await setUp({
      update: (slot) => new Int32Array(base.length).fill(slot === 1 ? -rules.clipLanes - 1 : 4, 75),
    });
    const { challenge } = await judge();
    if (challenge?.kind !== "challengeUpdate") return expect.fail(String(challenge?.kind));
    expect(challenge.invalid).to.deep.include({ position: 1, chunkIndex: 1 });
  });

  it("shows what breaks the rules in an update, counted or left out, and only that", async () => {
    const update = (slot: number) => new Int32Array(base.length).fill(slot === 1 ? rules.clipLanes + 1 : 4, 75);
    const counted = await setUp({ update });
    expect((await counted.judge()).faults?.map(({ commitment }) => commitment)).to.deep.equal([counted.commitments[1]]);
    const leftOut = await setUp({
      update,
      proposal: (honest) => ({ ...honest, excluded: 0b10n, totalWeight: 20n }),
    });
    const { faults } = await leftOut.judge();
    expect(faults?.map(({ invalid }) => [invalid.position, invalid.chunkIndex])).to.deep.equal([[1, 1]]);
    const other = await setUp({ updateRoot: (slot, root) => (slot === 1 ? hashOf(77) : root) });
    expect((await other.judge()).faults).to.equal(undefined);
  });

  it("is the commitments alone where the weight is wrong", async () => {
    const { judge, blobs } = await setUp({
      proposal: (honest) => ({ ...honest, excluded: 1n, totalWeight: 21n }),
    });
    blobs.clear();
    expect((await judge()).challenge?.kind).to.equal("challengeWeight");
  });

  it("names the inputs that cannot be had, and accuses nobody", async () => {
    const { judge, blobs, commitments, progress } = await setUp({ lie: flip });
    blobs.delete(commitments[2]!.contentId);
    expect(await judge()).to.deep.equal({ agrees: false, missing: [commitments[2]] });
    expect(progress).to.deep.equal([]);
  });

  it("names an input whose content id is that of other bytes than its root", async () => {
    const { judge, commitments } = await setUp({ updateRoot: (slot, root) => (slot === 1 ? hashOf(77) : root) });
    expect(await judge()).to.deep.equal({ agrees: false, missing: [commitments[1]] });
  });

  it("waits for the base model", async () => {
    const { judge } = await setUp({ baseModelRoot: hashOf(78) });
    await rejection(judge(), "BLOB_NOT_FOUND");
  });
});
