import { expect } from "chai";
import { createWeightedMean } from "../../../node/aggregation/index.ts";
import { chunkTreeRoot } from "../../../node/core/chunk-tree.ts";
import { proposalHash } from "../../../node/core/commitment.ts";
import { contentIdOf } from "../../../node/core/content-id.ts";
import { FedledgerError } from "../../../node/core/error.ts";
import type { Bytes32 } from "../../../node/core/ids.ts";
import { initialLanes } from "../../../node/core/initial-model.ts";
import { lanesToBytes } from "../../../node/core/lanes.ts";
import type { Proposal } from "../../../node/core/records.ts";
import { canonicalTaskSpec } from "../../../node/core/task-spec.ts";
import type { BlobStore } from "../../../node/ports/storage.ts";
import { judgeProposal, type ProposedRound } from "../../../node/rounds/judge-proposal.ts";
import { createModelSource } from "../../../node/rounds/model-source.ts";
import type { Progress } from "../../../node/rounds/progress.ts";
import { simulatedSpec } from "../../simulation/federation.ts";
import { rejection } from "../../support/rejection.ts";
import { accounts, commitmentOf, members, roundOf, rules, viewOf } from "../../support/round-states.ts";
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
  const mean = createWeightedMean(rules);
  const commitments = await Promise.all(
    [0, 1, 2].map(async (slot) => {
      const lanes = update(slot);
      mean.add(lanes, 10);
      return {
        ...commitmentOf(slot),
        updateRoot: chunkTreeRoot(lanes),
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
    ...roundOf({ baseModelRoot, commitments }),
    phase: "proposed",
    proposal: { ...proposal, hash: proposalHash(1, 1, proposal), challengeDeadlineS: 300 },
  };
  const view = viewOf([round], { spec: canonicalTaskSpec(simulatedSpec), initialModelRoot: baseModelRoot });
  const progress: Progress[] = [];
  const source = createModelSource({ store, transport: { peerId: "me", connected: () => [] } });
  const deps = { store, source, log: silentLog, onProgress: (step: Progress) => void progress.push(step) };
  const judge = (again = false) => judgeProposal({ ...deps, again }, round, { view, members, signal });
  return { blobs, judge, proposal, commitments, progress };
}

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
    expect(await judge()).to.deep.equal({ agrees: false, withheld: true });
    expect(await judge(true)).to.deep.equal({ agrees: false, withheld: true });
    expect(progress).to.have.length(1);
    blobs.set(proposal.contentId, bytes);
    expect((await judge(true)).challenge?.kind).to.equal("challengeChunk");
  });

  it("is nothing to prove where the content id names other bytes than the root", async () => {
    const right = await setUp();
    const other = await setUp({
      lie: flip,
      proposal: (honest) => ({ ...honest, contentId: right.proposal.contentId }),
    });
    other.blobs.set(right.proposal.contentId, right.blobs.get(right.proposal.contentId)!);
    expect(await other.judge()).to.deep.equal({ agrees: false });
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

  it("is the commitments alone where the weight is wrong", async () => {
    const { judge, blobs } = await setUp({
      proposal: (honest) => ({ ...honest, excluded: 1n, totalWeight: 21n }),
    });
    blobs.clear();
    expect((await judge()).challenge?.kind).to.equal("challengeWeight");
  });

  it("waits for inputs that cannot be had", async () => {
    const { judge, blobs, commitments } = await setUp({ lie: flip });
    blobs.delete(commitments[2]!.contentId);
    await rejection(judge(), "BLOB_NOT_FOUND");
  });
});
