import { expect } from "chai";
import type { RoundView } from "../../../node/core/task-view.ts";
import { meanEvaluation, progressBetween } from "../../../node/rounds/progress.ts";
import { initialRoundState, type RoundState } from "../../../node/rounds/round-state.ts";
import { waitingFor } from "../../../node/rounds/waiting.ts";
import {
  accounts,
  aggregatingRound,
  commitmentOf,
  hashOf,
  members,
  proposedRound,
  roundOf,
  rules,
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

  it("tells both rounds of a pipelined task, the older one first", () => {
    const second = roundOf({ round: 2 });
    const grown = roundOf({ round: 2, commitments: [commitmentOf(0, 2)] });
    expect(kinds([proposedRound(), second], [final, grown])).to.deep.equal(["finalized", "update-recorded"]);
    const fallen: RoundView = { ...grown, phase: "invalidated", invalidReason: "ancestor-invalid" };
    const again = aggregatingRound([0, 1, 2, 3], {
      assignment: { attempt: 1, aggregator: accounts.y, deadlineS: 300 },
      refuted: [{ attempt: 0, aggregator: accounts.x, challenger: accounts.a, kind: "wrong-chunk" }],
    });
    expect(kinds([proposedRound(), grown], [again, fallen])).to.deep.equal([
      "proposal-refuted",
      "assigned",
      "invalidated",
    ]);
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

describe("waitingFor", () => {
  const start = initialRoundState(accounts.a, "participant", { graceS: 3, openWhenEnrolled: 4 });
  const state = (changes: Partial<RoundState>): RoundState => ({ ...start, members, view: viewOf(), ...changes });
  const few = { enrolled: viewOf().enrolled.slice(1) };

  it("waits for its role", () => {
    expect(waitingFor(state({ members: members.slice(1) }))).to.equal("role");
    expect(waitingFor(state({ role: "aggregator" }))).to.equal("role");
  });

  it("waits for participants: as many as wanted for the first round, then as many as the rules want", () => {
    expect(waitingFor(state({}))).to.equal(undefined);
    expect(waitingFor(state({ view: viewOf([], few) }))).to.equal("participants");
    expect(waitingFor(state({ view: viewOf([final], few) }))).to.equal(undefined);
    const strict = { ...few, rules: { ...rules, minUpdates: 4 } };
    expect(waitingFor(state({ view: viewOf([final], strict) }))).to.equal("participants");
    expect(waitingFor(state({ view: viewOf([roundOf()], strict) }))).to.equal(undefined);
  });

  it("waits for nobody before the first look and after the end", () => {
    expect(waitingFor(start)).to.equal(undefined);
    expect(waitingFor(state({ view: viewOf([final], { ...few, complete: true }) }))).to.equal(undefined);
  });
});
