import { expect } from "chai";
import type { RoundView } from "../../../node/core/task-view.ts";
import { meanEvaluation, progressBetween } from "../../../node/rounds/progress.ts";
import {
  accounts,
  aggregatingRound,
  commitmentOf,
  hashOf,
  proposedRound,
  roundOf,
  viewOf,
} from "../../support/round-states.ts";

const evaluation = (samples: number, metric: number, loss: number) => ({
  samples,
  metricQ24: BigInt(Math.round(metric * 2 ** 24)),
  lossQ24: BigInt(Math.round(loss * 2 ** 24)),
});
const final: RoundView = {
  ...proposedRound(),
  phase: "finalized",
  result: {
    modelRoot: hashOf(50),
    attesters: [accounts.a, accounts.b],
    evaluations: [evaluation(30, 0.75, 0.5), evaluation(10, 0.25, 1.5)],
  },
};
const kinds = (before: RoundView[] | undefined, after: RoundView[], complete = false) =>
  progressBetween(before && viewOf(before), viewOf(after, { complete })).map(({ kind }) => kind);

describe("progressBetween", () => {
  it("tells each step once, in order", () => {
    expect(kinds([], [roundOf()])).to.deep.equal(["round-opened"]);
    expect(kinds([roundOf()], [roundOf({ commitments: [commitmentOf(0)] })])).to.deep.equal(["update-recorded"]);
    expect(kinds([roundOf({ commitments: aggregatingRound().commitments })], [aggregatingRound()])).to.deep.equal([
      "round-closed",
      "assigned",
    ]);
    expect(kinds([aggregatingRound()], [proposedRound()])).to.deep.equal(["proposal-recorded"]);
    expect(kinds([proposedRound()], [final])).to.deep.equal(["finalized"]);
    expect(kinds([final], [final])).to.deep.equal([]);
  });

  it("tells all that happened between two looks far apart", () => {
    expect(kinds([aggregatingRound()], [final, roundOf({ round: 2 })], true)).to.deep.equal([
      "proposal-recorded",
      "finalized",
      "round-opened",
      "complete",
    ]);
  });

  it("starts with where the task stands, not with its whole past", () => {
    const second = roundOf({ round: 2 });
    expect(kinds(undefined, [final, second])).to.deep.equal(["round-opened"]);
  });

  it("tells a reassignment and an invalidation", () => {
    const again = aggregatingRound([0, 1, 2, 3], {
      assignment: { attempt: 1, aggregator: accounts.y, deadlineS: 300 },
    });
    expect(kinds([aggregatingRound()], [again])).to.deep.equal(["assigned"]);
    expect(kinds([again], [{ ...again, phase: "invalidated", invalidReason: "no-proposal" }])).to.deep.equal([
      "invalidated",
    ]);
  });

  it("weights evaluations by their held-out examples", () => {
    expect(meanEvaluation(final)).to.deep.equal({ samples: 40, metric: 0.625, loss: 0.75 });
    expect(meanEvaluation(proposedRound())).to.equal(undefined);
  });
});
