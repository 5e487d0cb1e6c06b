import { expect } from "chai";
import { checkRound } from "../../../node/audit/check-round.ts";
import { chunkTreeRoot } from "../../../node/core/chunk-tree.ts";
import { proposalHash, updateRootOf } from "../../../node/core/commitment.ts";
import { contentIdOf } from "../../../node/core/content-id.ts";
import { FedledgerError } from "../../../node/core/error.ts";
import type { Bytes32 } from "../../../node/core/ids.ts";
import { initialLanes } from "../../../node/core/initial-model.ts";
import { lanesToBytes } from "../../../node/core/lanes.ts";
import { canonicalTaskSpec } from "../../../node/core/task-spec.ts";
import type { RoundView, TaskView } from "../../../node/core/task-view.ts";
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
const transport = { peerId: "me", connected: () => [] };

/** A store over a map, like one whose peers have nothing. */
function storeOf(blobs: Map<Bytes32, Uint8Array>): BlobStore {
  return {
    async put(bytes) {
      const contentId = await contentIdOf(bytes);
      blobs.set(contentId, bytes.slice());
      return contentId;
    },
    async get(contentId, { lengthBytes }) {
      const bytes = blobs.get(contentId);
      if (bytes?.length === lengthBytes) return bytes.slice();
      throw new FedledgerError("BLOB_NOT_FOUND", { contentId, providers: 0 });
    },
    has: async (contentId) => blobs.has(contentId),
    remove: async (contentId) => void blobs.delete(contentId),
  };
}

/** A task whose first round two participants have committed in, its updates in the store, and the right proposal. */
async function setUp(excluded = 0n) {
  const blobs = new Map<Bytes32, Uint8Array>();
  const store = storeOf(blobs);
  const commitments = await Promise.all(
    [0, 1, 2].map(async (slot) => {
      const lanes = Int32Array.from(base, (_, i) => (slot + 1) * 100 + i);
      const contentId = await store.put(lanesToBytes(lanes));
      const commitment = commitmentOf(slot);
      return { ...commitment, updateRoot: updateRootOf(commitment.participant, chunkTreeRoot(lanes)), contentId };
    }),
  );
  const open = roundOf({ baseModelRoot, commitments });
  const included = commitments.filter(({ slot }) => ((excluded >> BigInt(slot)) & 1n) === 0n);
  const result = await checkRound({
    taskId: 1,
    rules,
    round: { round: 1, commitments: included },
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
    excluded,
  };
  const propose = (changes: Partial<typeof proposal> = {}): ProposedRound => {
    const changed = { ...proposal, ...changes };
    return {
      ...open,
      phase: "proposed",
      proposal: { ...changed, hash: proposalHash(1, 1, changed), challengeDeadlineS: 1 },
    };
  };
  const final: RoundView = {
    ...propose(),
    phase: "finalized",
    result: { modelRoot: proposal.modelRoot, attesters: [], evaluations: [] },
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
    final,
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

  it("takes the last final model's blob", async () => {
    const { source, look, final, lanes, proposal } = await setUp();
    const later = roundOf({ round: 2, phase: "invalidated" });
    const current = roundOf({ round: 3, baseModelRoot: proposal.modelRoot });
    expect(await source.baseOf(2, look([final]))).to.deep.equal(lanes);
    expect(await source.baseOf(3, look([final, later, current]))).to.deep.equal(lanes);
  });

  it("takes the proposal of the round before, for as long as it stands, and recomputes it where nobody has it", async () => {
    const { source, look, propose, lanes, proposal, blobs } = await setUp();
    const current = roundOf({ round: 2, baseModelRoot: proposal.modelRoot });
    expect(await source.baseOf(2, look([propose(), current]))).to.deep.equal(lanes);
    blobs.delete(proposal.contentId);
    expect(await source.baseOf(2, look([propose(), current]))).to.deep.equal(lanes);
    const { proposal: _, ...struck } = { ...propose(), phase: "aggregating" as const };
    await rejection(source.baseOf(2, look([struck, current])), "BLOB_NOT_FOUND");
    const onWrong = roundOf({ round: 2, baseModelRoot: hashOf(1) });
    await rejection(source.baseOf(2, look([propose({ modelRoot: hashOf(1) }), onWrong])), "BLOB_NOT_FOUND");
  });

  it("recomputes a model whose blob nobody has, and keeps it", async () => {
    const { source, look, final, lanes, blobs, proposal } = await setUp();
    blobs.delete(proposal.contentId);
    expect(await source.baseOf(2, look([final]))).to.deep.equal(lanes);
    expect(blobs.has(proposal.contentId)).to.equal(true);
  });

  it("recomputes a model whose content id names other bytes", async () => {
    const { source, store, look, final, lanes } = await setUp();
    const other = await store.put(lanesToBytes(Int32Array.from(base, () => 5)));
    const wrong = { ...final, proposal: { ...final.proposal!, contentId: other } };
    expect(await source.baseOf(2, look([wrong]))).to.deep.equal(lanes);
  });

  it("does not make up what can neither be had nor recomputed", async () => {
    const { source, look, final, blobs } = await setUp();
    blobs.clear();
    await rejection(source.baseOf(2, look([final])), "BLOB_NOT_FOUND");
  });
});

describe("judgeProposal", () => {
  async function verify(set: Awaited<ReturnType<typeof setUp>>, round: ProposedRound) {
    const progress: Progress[] = [];
    const deps = {
      store: set.store,
      source: set.source,
      log: silentLog,
      onProgress: (one: Progress) => progress.push(one),
    };
    const { agrees } = await judgeProposal(deps, round, set.look([round]));
    return { agrees, findings: progress.flatMap((one) => (one.kind === "disputed" ? one.findings : [])) };
  }

  it("agrees with the right model, and has it then", async () => {
    const set = await setUp();
    set.blobs.delete(set.proposal.contentId);
    expect(await verify(set, set.propose())).to.deep.equal({ agrees: true, findings: [] });
    expect(set.blobs.has(set.proposal.contentId)).to.equal(true);
  });

  it("disputes another root, another content id, another weight", async () => {
    const set = await setUp();
    const findings = async (changes: object) => (await verify(set, set.propose(changes))).findings;
    expect(await findings({ modelRoot: hashOf(1) })).to.deep.equal(["AGGREGATE_WRONG"]);
    expect(await findings({ contentId: hashOf(1) })).to.deep.equal(["MODEL_BYTES_DIFFER"]);
    expect(await findings({ totalWeight: 1n })).to.deep.equal(["TOTAL_WEIGHT_WRONG"]);
  });

  it("waits for an input that cannot be had yet", async () => {
    const set = await setUp();
    const round = set.propose();
    set.blobs.delete(round.commitments[1]!.contentId);
    const { missing } = await judgeProposal(
      { store: set.store, source: set.source, log: silentLog },
      round,
      set.look([round]),
    );
    expect(missing).to.deep.equal([round.commitments[1]]);
  });

  it("agrees to leave out only what cannot be had", async () => {
    const set = await setUp(0b10n);
    const round = set.propose();
    expect(await verify(set, round)).to.deep.equal({ agrees: false, findings: ["EXCLUSION_UNJUSTIFIED"] });
    set.blobs.delete(round.commitments[1]!.contentId);
    expect(await verify(set, round)).to.deep.equal({ agrees: true, findings: [] });
  });
});
