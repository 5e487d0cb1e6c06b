import { expect } from "chai";
import { createWeightedMean } from "../../../node/aggregation/index.ts";
import { chunkCountOf, chunkTreeRoot } from "../../../node/core/chunk-tree.ts";
import { proposalHash, updateRootOf } from "../../../node/core/commitment.ts";
import { FedledgerError } from "../../../node/core/error.ts";
import { lanesToBytes } from "../../../node/core/lanes.ts";
import type { ProposedRound } from "../../../node/rounds/judge-proposal.ts";
import type { ModelSource } from "../../../node/rounds/model-source.ts";
import { createRandom } from "../../../node/system/index.ts";
import { agreesOnSample } from "../../../node/watcher/agrees-on-sample.ts";
import { missProbability, type SampleSize } from "../../../node/watcher/chunk-sample.ts";
import {
  accounts,
  commitmentOf,
  rules as fewRules,
  hashOf,
  members,
  roundOf,
  viewOf,
} from "../../support/round-states.ts";

const parameterCount = 64 * 19 + 5;
const rules = { ...fewRules, parameterCount };
const count = chunkCountOf(parameterCount);
const base = Int32Array.from({ length: parameterCount }, (_, i) => 7 * i - 1000);
const updates = [0, 1, 2].map((slot) => Int32Array.from(base, (_, i) => ((slot + 3) * i) % 1001));
const signal = new AbortController().signal;

/** A round whose model is what `lie` makes of the right one; `withheld` bytes are not to be had. */
function roundWith(
  options: {
    readonly lie?: (model: Int32Array) => Int32Array;
    readonly update?: (lanes: Int32Array, slot: number) => Int32Array;
    readonly withheld?: boolean;
    readonly totalWeight?: bigint;
  } = {},
) {
  const mean = createWeightedMean(rules);
  const given = updates.map((lanes, slot) => options.update?.(lanes.slice(), slot) ?? lanes);
  for (const lanes of given) mean.add(lanes, 10);
  const model = options.lie?.(mean.finish(base)) ?? mean.finish(base);
  const commitments = updates.map((lanes, slot) => ({
    ...commitmentOf(slot),
    updateRoot: updateRootOf(commitmentOf(slot).participant, chunkTreeRoot(lanes)),
  }));
  const proposal = {
    attempt: 0,
    aggregator: accounts.x,
    modelRoot: chunkTreeRoot(model),
    contentId: hashOf(51),
    totalWeight: options.totalWeight ?? 30n,
    excluded: 0n,
  };
  const round: ProposedRound = {
    ...roundOf({ commitments }),
    phase: "proposed",
    proposal: { ...proposal, hash: proposalHash(1, 1, proposal), challengeDeadlineS: 300 },
  };
  const source: ModelSource = {
    update: async ({ updateRoot }) =>
      lanesToBytes(given[commitments.findIndex((commitment) => commitment.updateRoot === updateRoot)]!),
    async model({ proposal: { contentId } }) {
      if (options.withheld) throw new FedledgerError("BLOB_NOT_FOUND", { contentId, providers: 0 });
      return lanesToBytes(model);
    },
    put: async () => hashOf(1),
    reads: () => true,
    baseOf: async () => base,
  };
  const look = { view: viewOf([round], { rules }), members, signal };
  return (size: SampleSize) => agreesOnSample({ source, random: createRandom(), size }, round, look);
}

/** Adds one to a lane of one chunk. */
const flip = (chunk: number) => (lanes: Int32Array) => {
  lanes[64 * chunk]! += 1;
  return lanes;
};

describe("agreesOnSample", () => {
  it("agrees with a right model, however much is drawn", async () => {
    const judge = roundWith();
    for (const size of [{ chunks: 1 }, { share: 0.3 }, { share: 1 }]) expect(await judge(size)).to.equal(true);
  });

  it("finds any wrong chunk when all are drawn, the short last one too", async () => {
    for (const chunk of [0, 7, count - 1]) expect(await roundWith({ lie: flip(chunk) })({ share: 1 })).to.equal(false);
  });

  it("misses one wrong chunk about as often as the odds say", async () => {
    const judge = roundWith({ lie: flip(7) });
    let missed = 0;
    for (let i = 0; i < 400; i++) if (await judge({ chunks: 5 })) missed++;
    // standard deviation 0.022: five of them
    expect(missed / 400).to.be.closeTo(missProbability(count, 5, 1), 0.11);
  });

  it("asks for the whole round where the weight is wrong, bytes are missing, or a lane is beyond the clip", async () => {
    expect(await roundWith({ totalWeight: 29n })({ share: 1 })).to.equal(false);
    expect(await roundWith({ withheld: true })({ chunks: 1 })).to.equal(false);
    const beyond = (lanes: Int32Array, slot: number) => (slot === 1 ? lanes.fill(rules.clipLanes + 1, 0, 1) : lanes);
    expect(await roundWith({ update: beyond })({ share: 1 })).to.equal(false);
  });

  it("finds an update that is not the committed one as often as a chunk is drawn", async () => {
    const judge = roundWith({ update: (lanes, slot) => (slot === 2 ? flip(3)(lanes) : lanes) });
    expect(await judge({ share: 1 })).to.equal(false);
    let missed = 0;
    for (let i = 0; i < 400; i++) if (await judge({ share: 0.5 })) missed++;
    expect(missed / 400).to.be.closeTo(0.5, 0.125);
  });
});
