import { expect } from "chai";
import type { RoundView, TaskView } from "../../../../node/core/record/task-view.ts";
import { ownLosses } from "../../../../node/rounds/state/own-losses.ts";
import { type Look, progressBetween } from "../../../../node/rounds/state/progress-between.ts";
import type { RoundState } from "../../../../node/rounds/state/round-state.ts";
import { waitingFor } from "../../../../node/rounds/state/waiting.ts";
import { stateAt } from "../../../support/states/machine-states.ts";
import {
  acceptedRound,
  accounts,
  aggregatingRound,
  commitmentOf,
  headAt,
  members,
  proposedRound,
  roundOf,
  rules,
  viewOf,
} from "../../../support/states/round-states.ts";

const accepted = acceptedRound();
const look = (rounds: readonly RoundView[], changes: Partial<TaskView> = {}, atS = 100): Look => ({
  view: viewOf(rounds, changes),
  head: headAt(atS),
});
const kinds = (before: RoundView[] | undefined, after: RoundView[], changes: Partial<TaskView> = {}) =>
  progressBetween(before && look(before), look(after, changes)).map(({ kind }) => kind);

describe("progressBetween", () => {
  it("tells each step once, in order", () => {
    expect(kinds([], [roundOf()])).to.deep.equal(["round-opened"]);
    expect(kinds([roundOf()], [roundOf({ commitments: [commitmentOf(0)] })])).to.deep.equal(["update-recorded"]);
    expect(kinds([roundOf({ commitments: aggregatingRound().commitments })], [aggregatingRound()])).to.deep.equal([
      "round-closed",
      "assigned",
    ]);
    expect(kinds([aggregatingRound()], [proposedRound()])).to.deep.equal(["proposal-recorded"]);
    expect(kinds([proposedRound()], [accepted])).to.deep.equal(["accepted"]);
    expect(kinds([accepted], [accepted])).to.deep.equal([]);
  });

  it("tells a round that waits for its draw, and then that it opened", () => {
    const drawing = roundOf({ phase: "drawing", drawBlock: 7 });
    expect(kinds([], [drawing])).to.deep.equal(["round-drawing"]);
    expect(kinds([drawing], [roundOf()])).to.deep.equal(["round-opened"]);
  });

  it("tells all that happened between two looks far apart", () => {
    const after = [accepted, roundOf({ round: 2 })];
    expect(kinds([aggregatingRound()], after, { complete: true })).to.deep.equal([
      "proposal-recorded",
      "accepted",
      "round-opened",
      "complete",
    ]);
  });

  it("starts with where the task stands, marked as the past, not with its whole history", () => {
    const steps = progressBetween(undefined, look([accepted, roundOf({ round: 2 })]));
    expect(steps).to.deep.equal([{ kind: "round-opened", round: 2, enrolled: 4, drawn: 4, past: true }]);
    expect(progressBetween(look([accepted]), look([accepted, roundOf({ round: 2 })]))[0]).to.not.have.property("past");
  });

  it("tells when a complete task will be final, and when it is", () => {
    const complete = { complete: true };
    expect(progressBetween(look([proposedRound()]), look([accepted], complete)).at(-1)).to.deep.equal({
      kind: "complete",
      rounds: 1,
      finalFromS: 801,
    });
    const steps = progressBetween(look([accepted], complete, 800), look([accepted], complete, 801));
    expect(steps).to.deep.equal([{ kind: "final", rounds: 1 }]);
  });

  it("tells a strike, a roll-back and an expulsion, of whatever round", () => {
    const about = { attempt: 0, aggregator: accounts.x, prover: accounts.d, index: 3, hash: accepted.proposal.hash };
    const struck = [{ ...about, kind: "wrong-chunk" as const }];
    const second = acceptedRound({ round: 2 });
    const before = look([accepted, second, roundOf({ round: 3 })]);
    const fallen: RoundView[] = [
      { ...accepted, void: true, struck },
      { ...second, void: true },
      roundOf({ round: 3, phase: "invalid", invalidReason: "rolled-back", void: true }),
    ];
    const expelled = [{ round: 1, account: accounts.x, kind: "wrong-chunk" as const, amountWei: 7n }];
    expect(progressBetween(before, look(fallen, { expelled }))).to.deep.equal([
      { kind: "struck", round: 1, aggregator: accounts.x, prover: accounts.d, proofKind: "wrong-chunk", index: 3 },
      { kind: "invalid", round: 3, reason: "rolled-back" },
      { kind: "rolled-back", firstRound: 1, lastRound: 3 },
      { kind: "expelled", round: 1, account: accounts.x, proofKind: "wrong-chunk" },
    ]);
  });

  it("tells of expulsions before the start, and of one in the place of another after a reorganisation", () => {
    const of = (account: `0x${string}`) => ({ round: 1, account, kind: "equivocation" as const, amountWei: 7n });
    const [first, second] = [of(accounts.a), of(accounts.b)];
    const told = (before: ReturnType<typeof look> | undefined, after: ReturnType<typeof look>) =>
      progressBetween(before, after).flatMap((step) => (step.kind === "expelled" ? [step.account] : []));
    expect(told(undefined, look([], { expelled: [first, second] }))).to.deep.equal([accounts.a, accounts.b]);
    expect(told(look([], { expelled: [first] }), look([], { expelled: [second] }))).to.deep.equal([accounts.b]);
    expect(told(look([], { expelled: [first] }), look([], { expelled: [first] }))).to.deep.equal([]);
  });

  it("tells a reassignment and an invalid round", () => {
    const assignment = { attempt: 1, aggregator: accounts.y, place: 1, count: 2, deadlineS: 300 };
    const again = aggregatingRound([0, 1, 2, 3], { assignment });
    expect(kinds([aggregatingRound()], [again])).to.deep.equal(["assigned"]);
    expect(kinds([again], [{ ...again, phase: "invalid", invalidReason: "no-proposal" }])).to.deep.equal(["invalid"]);
  });
});

describe("ownLosses", () => {
  it("tells of an own expulsion that took a bond, and of no other", () => {
    const expelled = [{ round: 1, account: accounts.x, kind: "wrong-chunk" as const, amountWei: 7n }];
    const step = { kind: "expelled", round: 1, account: accounts.x, proofKind: "wrong-chunk" } as const;
    const state = { me: accounts.x, role: "aggregator" as const, view: viewOf([], { expelled }) };
    const lost = { kind: "bond-lost", role: "aggregator", round: 1, amountWei: 7n };
    expect(ownLosses(step, state)).to.deep.equal([lost]);
    expect(ownLosses(step, { ...state, me: accounts.y })).to.deep.equal([]);
    const none = viewOf([], { expelled: [{ ...expelled[0]!, amountWei: 0n }] });
    expect(ownLosses(step, { ...state, view: none })).to.deep.equal([]);
  });
});

describe("waitingFor", () => {
  const spec = JSON.stringify({ start: { participants: 4, latestS: 500 } });
  const state = (changes: Partial<RoundState>, atS = 100): RoundState => ({
    ...stateAt(accounts.a, "participant", changes.view ?? viewOf([], { spec }), atS),
    ...changes,
  });
  const few = { enrolled: viewOf().enrolled.slice(1), spec };

  it("waits for its role", () => {
    expect(waitingFor(state({ members: members.slice(1) }))).to.deep.equal({ kind: "waiting", reason: "role" });
    expect(waitingFor(state({ role: "aggregator" }))?.reason).to.equal("role");
  });

  it("waits for participants: as many as wanted for the first round, then as many as the rules want", () => {
    expect(waitingFor(state({}))).to.equal(undefined);
    const waiting = { kind: "waiting", reason: "participants", enrolled: 3, wanted: 4, latestS: 500 };
    expect(waitingFor(state({ view: viewOf([], few) }))).to.deep.equal(waiting);
    expect(waitingFor(state({ view: viewOf([], few) }, 500)), "the time that was said").to.equal(undefined);
    expect(waitingFor(state({ view: viewOf([accepted], few) }))).to.equal(undefined);
    const strict = { ...few, rules: { ...rules, minUpdates: 4 } };
    expect(waitingFor(state({ view: viewOf([accepted], strict) }))?.reason).to.equal("participants");
    expect(waitingFor(state({ view: viewOf([roundOf()], strict) }))).to.equal(undefined);
  });

  it("waits for an aggregator", () => {
    expect(waitingFor(state({ view: viewOf([], { joined: [] }) }))?.reason).to.equal("aggregators");
  });

  it("waits for nobody after the end", () => {
    expect(waitingFor(state({ view: viewOf([accepted], { ...few, complete: true }) }))).to.equal(undefined);
  });
});
