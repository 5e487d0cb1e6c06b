import { expect } from "chai";
import { checkRound } from "../../../../node/audit/replay/check-round.ts";
import { chunkTreeRoot } from "../../../../node/core/bytes/chunk-tree.ts";
import { lanesToBytes } from "../../../../node/core/bytes/lanes.ts";
import type { RoundView, TaskView } from "../../../../node/core/record/task-view.ts";
import { initialLanes } from "../../../../node/core/task/initial-model.ts";
import { canonicalTaskSpec } from "../../../../node/core/task/task-spec.ts";
import { proposalHash, updateRootOf } from "../../../../node/core/words/commitment.ts";
import type { BlobStore } from "../../../../node/ports/storage.ts";
import type { Clock } from "../../../../node/ports/system.ts";
import { createModelSource } from "../../../../node/rounds/blobs/model-source.ts";
import type { ProposedRound } from "../../../../node/rounds/blobs/proposed-round.ts";
import { simulatedSpec } from "../../../simulation/world/federation.ts";
import { memoryStore } from "../../../support/memory-store.ts";
import { rejection } from "../../../support/rejection.ts";
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
const transport = { peerId: "me", connected: () => [] };

/** A task whose first round two participants have committed in, its updates in the store, and the right proposal. */
async function setUp() {
  const store = memoryStore();
  const { blobs } = store;
  const commitments = await Promise.all(
    [0, 1, 2].map(async (slot) => {
      const lanes = Int32Array.from(base, (_, i) => (slot + 1) * 100 + i);
      const contentId = await store.put(lanesToBytes(lanes));
      const commitment = commitmentOf(slot);
      return { ...commitment, updateRoot: updateRootOf(commitment.participant, chunkTreeRoot(lanes)), contentId };
    }),
  );
  const open = roundOf({ baseModelRoot, commitments });
  const result = await checkRound({
    taskId: 1,
    rules,
    round: { ...open },
    baseLanes: base,
    getUpdate: ({ contentId }) => store.get(contentId, { lengthBytes: 4 * rules.parameterCount }),
  });
  const { modelRoot, contentId, totalWeight, lanes } = result;
  const proposal = {
    attempt: 0,
    aggregator: accounts.x,
    modelRoot: modelRoot!,
    contentId: contentId!,
    totalWeight,
    excluded: 0n,
  };
  const propose = (changes: Partial<typeof proposal> = {}): ProposedRound => {
    const changed = { ...proposal, ...changes };
    const hash = proposalHash(1, 1, open.accumulator, "0x", changed);
    return { ...open, phase: "proposed", proposal: { ...changed, hash, openings: "0x", attestDeadlineS: 1 } };
  };
  const accepted: RoundView = {
    ...propose(),
    phase: "accepted",
    result: { modelRoot: proposal.modelRoot, attesters: [], provableUntilS: 900 },
  };
  const spec = canonicalTaskSpec(simulatedSpec);
  const view = (rounds: RoundView[]): TaskView => {
    const modelRoot = rounds.findLast(({ result: ended }) => ended !== undefined)?.result?.modelRoot ?? baseModelRoot;
    return viewOf(rounds, { spec, initialModelRoot: baseModelRoot, modelRoot });
  };
  const signal = new AbortController().signal;
  const look = (rounds: RoundView[]) => ({ view: view(rounds), members, signal });
  return {
    blobs,
    store,
    source: createModelSource({ store, transport }),
    propose,
    accepted,
    look,
    lanes: lanes!,
    proposal,
  };
}

describe("the model source", () => {
  it("computes the initial model", async () => {
    const { source, look } = await setUp();
    expect(await source.baseOf(1, look([]))).to.deep.equal(base);
  });

  it("takes the last accepted model's blob", async () => {
    const { source, look, accepted, lanes, proposal } = await setUp();
    const later = roundOf({ round: 2, phase: "invalid" });
    const current = roundOf({ round: 3, baseModelRoot: proposal.modelRoot });
    expect(await source.baseOf(2, look([accepted]))).to.deep.equal(lanes);
    expect(await source.baseOf(3, look([accepted, later, current]))).to.deep.equal(lanes);
  });

  it("goes back by itself when the record does: a base is found by its root, also that of a void round", async () => {
    const { source, look, accepted, lanes, proposal } = await setUp();
    const fallen: RoundView = { ...accepted, void: true };
    const second = roundOf({ round: 2, phase: "accepted", void: true, baseModelRoot: proposal.modelRoot });
    const current = roundOf({ round: 3, baseModelRoot });
    expect(await source.baseOf(3, look([fallen, second, current]))).to.deep.equal(base);
    expect(await source.baseOf(2, look([fallen, second, current])), "to prove it wrong").to.deep.equal(lanes);
  });

  it("recomputes a model whose blob nobody has, and keeps it", async () => {
    const { source, look, accepted, lanes, blobs, proposal } = await setUp();
    blobs.delete(proposal.contentId);
    expect(await source.baseOf(2, look([accepted]))).to.deep.equal(lanes);
    expect(blobs.has(proposal.contentId)).to.equal(true);
  });

  it("recomputes a model whose content id names other bytes", async () => {
    const { source, store, look, accepted, lanes } = await setUp();
    const other = await store.put(lanesToBytes(Int32Array.from(base, () => 5)));
    const wrong = { ...accepted, proposal: { ...accepted.proposal!, contentId: other } };
    expect(await source.baseOf(2, look([wrong]))).to.deep.equal(lanes);
  });

  it("computes the initial model though a round that was void proposed its root over other bytes", async () => {
    const { source, look, accepted, propose } = await setUp();
    const { proposal } = propose({ modelRoot: baseModelRoot, contentId: hashOf(77) });
    const poisoned: RoundView = { ...accepted, proposal, void: true };
    const { view, ...rest } = look([poisoned]);
    const rolledBack = { ...rest, view: { ...view, modelRoot: baseModelRoot } };
    expect(await source.baseOf(2, rolledBack)).to.deep.equal(base);
  });

  it("recomputes a model from whichever round gave it, those that stand first", async () => {
    const { source, look, accepted, lanes, blobs, proposal } = await setUp();
    blobs.delete(proposal.contentId);
    const gone = [0, 1, 2].map((slot) => commitmentOf(slot, 2));
    const again: RoundView = { ...accepted, round: 2, commitments: gone };
    const third = roundOf({ round: 3, baseModelRoot: proposal.modelRoot });
    expect(await source.baseOf(3, look([accepted, again, third]))).to.deep.equal(lanes);
    blobs.delete(proposal.contentId);
    expect(await source.baseOf(3, look([{ ...accepted, void: true }, again, third]))).to.deep.equal(lanes);
  });

  it("asks another peer first each time that a blob could not be had, and gives up in time", async () => {
    const asked: (readonly string[])[] = [];
    const { look } = await setUp();
    const slow: BlobStore = {
      ...memoryStore(),
      get: (_, { providers = [], signal }) =>
        new Promise((_resolve, reject) => {
          asked.push(providers);
          signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
        }),
    };
    const sleeps: number[] = [];
    const clock: Clock = { nowMs: () => 0, sleep: async (ms) => void sleeps.push(ms) };
    const source = createModelSource({ store: slow, transport, clock });
    for (let i = 0; i < 2; i++) await rejection(source.update(commitmentOf(0), look([])), "BLOB_NOT_FOUND");
    expect(sleeps).to.deep.equal([rules.attestWindowS * 250, rules.attestWindowS * 250]);
    const [first, second] = asked;
    expect(second).to.deep.equal([...first!.slice(1), first![0]]);
  });

  it("neither uses nor keeps a recomputed model that is another than the one looked for", async () => {
    const { source, look, accepted, propose, blobs, proposal } = await setUp();
    blobs.delete(proposal.contentId);
    const { proposal: other } = propose({ modelRoot: hashOf(61), contentId: hashOf(62) });
    const lied: RoundView = { ...accepted, proposal: other, result: { ...accepted.result!, modelRoot: hashOf(61) } };
    const before = blobs.size;
    await rejection(source.baseOf(2, look([lied])), "BLOB_NOT_FOUND");
    expect(blobs.size).to.equal(before);
  });

  it("does not make up what can neither be had nor recomputed", async () => {
    const { source, look, accepted, blobs } = await setUp();
    blobs.clear();
    await rejection(source.baseOf(2, look([accepted])), "BLOB_NOT_FOUND");
  });
});
