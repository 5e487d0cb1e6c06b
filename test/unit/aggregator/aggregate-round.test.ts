import { expect } from "chai";
import { aggregateRound } from "../../../node/aggregator/aggregate-round.ts";
import type { AggregatorAction } from "../../../node/aggregator/aggregator-state.ts";
import { holds } from "../../../node/audit/proof/check-proof.ts";
import { chunkTreeRoot } from "../../../node/core/bytes/chunk-tree.ts";
import { contentIdOf } from "../../../node/core/bytes/content-id.ts";
import { lanesToBytes } from "../../../node/core/bytes/lanes.ts";
import { FedledgerError } from "../../../node/core/errors/error.ts";
import { updateRootOf } from "../../../node/core/words/commitment.ts";
import type { ModelSource } from "../../../node/rounds/blobs/model-source.ts";
import {
  accounts,
  aggregatingRound,
  commitmentOf,
  hashOf,
  members,
  rules,
  viewOf,
} from "../../support/states/round-states.ts";

const base = new Int32Array(rules.parameterCount);

/** A closed round of three updates with these lanes; the last one's is gone where it has none. */
async function aggregate(...given: readonly (Int32Array | undefined)[]) {
  const commitments = await Promise.all(
    given.map(async (lanes = base, slot) => {
      const updateRoot = updateRootOf(commitmentOf(slot).participant, chunkTreeRoot(lanes));
      return { ...commitmentOf(slot), updateRoot, contentId: await contentIdOf(lanesToBytes(lanes)) };
    }),
  );
  const round = aggregatingRound([], { commitments });
  const source = {
    baseOf: async () => base,
    async update({ participant, contentId }: { participant: string; contentId: string }) {
      const lanes = given[commitments.findIndex((one) => one.participant === participant)];
      if (lanes === undefined) throw new FedledgerError("BLOB_NOT_FOUND", { contentId, providers: 0 });
      return lanesToBytes(lanes);
    },
    put: async () => hashOf(51),
  } as unknown as ModelSource;
  const look = { view: viewOf([round]), members, signal: new AbortController().signal };
  const action: AggregatorAction = { kind: "aggregate", key: "a", subject: "s", round, attempt: 0, excluded: 0n };
  return { round, events: await aggregateRound({ me: accounts.x, source }, action, look) };
}

const lanesOf = (value: number) => new Int32Array(rules.parameterCount).fill(value);

describe("computing a round", () => {
  it("gives the proposal of all updates", async () => {
    const { events } = await aggregate(lanesOf(10), lanesOf(20), lanesOf(30));
    const modelRoot = chunkTreeRoot(lanesOf(20));
    const proposal = { attempt: 0, aggregator: accounts.x, modelRoot, contentId: hashOf(51), totalWeight: 30n };
    const result = { subject: "s", proposal: { ...proposal, excluded: 0n } };
    expect(events).to.deep.equal([{ kind: "aggregated", result }]);
  });

  it("tells of an update that breaks the rules, with the proof against its owner", async () => {
    const beyond = lanesOf(10).fill(rules.clipLanes + 1, 80);
    const { round, events } = await aggregate(lanesOf(10), beyond, lanesOf(30));
    expect(events.map(({ kind }) => kind)).to.deep.equal(["update", "fault"]);
    const [update, told] = events;
    expect(update).to.deep.equal({ kind: "update", commitment: round.commitments[1], fact: "unusable" });
    if (told?.kind !== "fault") return expect.fail("no fault");
    expect(told.fault.invalid.position).to.equal(1);
    expect(holds(told.fault, viewOf([round]).rules)).to.equal(true);
  });

  it("tells of one that is gone, and accuses nobody", async () => {
    const { round, events } = await aggregate(lanesOf(10), lanesOf(20), undefined);
    expect(events).to.deep.equal([{ kind: "update", commitment: round.commitments[2], fact: "gone" }]);
  });
});
