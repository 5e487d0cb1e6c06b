import { expect } from "chai";
import { aggregatorMachine } from "../../../node/aggregator/aggregator-machine.ts";
import type { AggregatorAction, AggregatorEvent, AggregatorState } from "../../../node/aggregator/aggregator-state.ts";
import type { RoundView, TaskView } from "../../../node/core/record/task-view.ts";
import type { Proposal } from "../../../node/core/records.ts";
import { lookAt, stateAfter } from "../../support/states/machine-states.ts";
import {
  acceptedRound,
  accounts,
  aggregatingRound,
  commitmentOf,
  emptyPurse,
  hashOf,
  optionsOf,
  roundOf,
  viewOf,
} from "../../support/states/round-states.ts";

const { x, y } = accounts;
const machine = aggregatorMachine(x, optionsOf(x));

function reached(view: TaskView, events: readonly AggregatorEvent[], timestampS: number): AggregatorState {
  const look = lookAt(view, timestampS);
  return stateAfter(machine, [emptyPurse, look, ...events, look]);
}

function due(
  of: RoundView | TaskView | undefined,
  events: readonly AggregatorEvent[] = [],
  timestampS = 205,
): AggregatorAction[] {
  const view = of === undefined ? viewOf() : "rules" in of ? of : viewOf([of]);
  return [...machine.due(reached(view, events, timestampS))];
}

const kinds = (actions: readonly AggregatorAction[]) => actions.map(({ kind }) => kind);
const update = (slot: number, fact: "here" | "unusable"): AggregatorEvent => ({
  kind: "update",
  commitment: commitmentOf(slot),
  fact,
});
const here = (slot: number) => update(slot, "here");
const all = [0, 1, 2, 3].map(here);
const proposal: Proposal = {
  attempt: 0,
  aggregator: x,
  modelRoot: hashOf(50),
  contentId: hashOf(51),
  totalWeight: 40n,
  excluded: 0n,
};
const turn = { attempt: 0, aggregator: y, place: 1, count: 2, deadlineS: 240 };

describe("the aggregator's machine", () => {
  it("joins the task, and nothing more when it has left or the task is complete", () => {
    const outside = viewOf([], { joined: [{ account: y, leaving: false, idle: false }] });
    expect(due(outside)).to.deep.include({ kind: "enter", key: "enter:aggregator", role: "aggregator" });
    expect(kinds(due(viewOf()))).to.not.include("enter");
    expect(kinds(due({ ...outside, complete: true }))).to.not.include("enter");
    const expelled = [{ round: 1, account: x, kind: "wrong-chunk" as const, amountWei: 1n }];
    expect(kinds(due({ ...outside, expelled }))).to.not.include("enter");
  });

  it("comes back into the rotation when it missed a turn", () => {
    const idle = (complete: boolean) =>
      viewOf([roundOf()], { complete, joined: [{ account: x, leaving: false, idle: true }] });
    const call = { kind: "resume", taskId: 1 };
    expect(due(idle(false), [], 100)).to.deep.equal([{ kind: "send", key: "resume", call }]);
    expect(due(idle(true), [], 100)).to.deep.equal([]);
    expect(due(viewOf([roundOf()]), [], 100)).to.deep.equal([]);
  });

  it("opens the first round when enough are enrolled, and draws a round whose block is there", () => {
    expect(due(undefined).map(({ key }) => key)).to.deep.equal([]);
    expect(due(undefined, [], 205).map(({ key }) => key)).to.deep.equal([]);
    const later = lookAt(viewOf(), 210);
    const opening = machine.due(machine.reduce(reached(viewOf(), [], 205), later));
    expect(opening.map(({ key }) => key)).to.deep.equal(["open:1"]);
    const drawing = roundOf({ round: 2, phase: "drawing", drawBlock: 100 });
    const call = { kind: "drawRound", taskId: 1, round: 2, drawBlock: 100 };
    expect(due(drawing, [], 100)).to.deep.equal([{ kind: "push", key: "draw:2", call }]);
    expect(due(drawing, [], 99)).to.deep.equal([]);
  });

  it("gathers updates as they are committed, each once", () => {
    const round = roundOf({ commitments: [commitmentOf(0), commitmentOf(1)] });
    const gathered = due(round, [here(0)], 100);
    expect(gathered).to.have.length(1);
    expect(gathered[0]).to.deep.include({ kind: "gather", commitment: commitmentOf(1) });
  });

  it("gathers when another is assigned too, and does not compute", () => {
    const round = aggregatingRound([0, 1], { assignment: turn });
    expect(kinds(due(round))).to.deep.equal(["gather", "gather"]);
    expect(kinds(due(round, [here(0), here(1)]))).to.deep.equal([]);
  });

  it("computes at once when every update is here", () => {
    const [action] = due(aggregatingRound(), all);
    expect(action).to.deep.include({ kind: "aggregate", attempt: 0, excluded: 0n });
  });

  it("waits half of its time for missing updates, then leaves them out and goes on looking for them", () => {
    const events = all.slice(0, 3);
    expect(kinds(due(aggregatingRound(), events, 219))).to.deep.equal(["gather"]);
    const late = due(aggregatingRound(), events, 220);
    expect(kinds(late)).to.deep.equal(["gather", "aggregate"]);
    expect(late[1]).to.deep.include({ excluded: 0b1000n });
  });

  it("leaves out at once what is of an expelled account", () => {
    const [action] = due(aggregatingRound(undefined, { expelled: 0b10n }), [
      here(0),
      update(1, "unusable"),
      ...all.slice(2),
    ]);
    expect(action).to.deep.include({ kind: "aggregate", excluded: 0b10n });
  });

  it("knows a copied commitment from the one that it copies: facts of the one are not the other's", () => {
    const { updateRoot, contentId } = commitmentOf(2);
    const copy = { ...commitmentOf(3), updateRoot, contentId };
    const round = aggregatingRound([], { commitments: [0, 1, 2].map((slot) => commitmentOf(slot)).concat(copy) });
    const unusable: AggregatorEvent = { kind: "update", commitment: copy, fact: "unusable" };
    const [action] = due(round, [...all.slice(0, 3), unusable], 230);
    expect(action).to.deep.include({ kind: "aggregate", excluded: 0b1000n });
  });

  it("does not propose from fewer than minUpdates", () => {
    expect(kinds(due(aggregatingRound(), [here(0)], 230))).to.deep.equal(["gather", "gather", "gather"]);
  });

  it("forgets an update that turned out to be gone", () => {
    const gone: AggregatorEvent = { kind: "update", commitment: commitmentOf(3), fact: "gone" };
    expect(kinds(due(aggregatingRound(), [...all, gone]))).to.deep.equal(["gather"]);
  });

  it("proposes what it computed from exactly these updates and this attempt, over the accumulator that it saw", () => {
    const round = aggregatingRound();
    const [compute] = due(round, all);
    if (compute?.kind !== "aggregate") return expect.fail("nothing to compute");
    const done: AggregatorEvent[] = [...all, { kind: "aggregated", result: { subject: compute.subject, proposal } }];
    const [send] = due(round, done);
    const { accumulator } = round;
    expect(send?.kind === "send" && send.call).to.deep.equal({
      kind: "propose",
      taskId: 1,
      round: 1,
      accumulator,
      proposal,
      openings: "0x",
    });
    expect(kinds(due(aggregatingRound(undefined, { anchor: hashOf(8) }), done))).to.deep.equal(["aggregate"]);
    const again = aggregatingRound(undefined, { assignment: { ...turn, aggregator: x, attempt: 1 } });
    expect(kinds(due(again, done))).to.deep.equal(["aggregate"]);
  });

  it("does not propose after its deadline, nor when it was expelled meanwhile", () => {
    expect(kinds(due(aggregatingRound(), all, 240))).to.deep.equal(["aggregate"]);
    expect(kinds(due(aggregatingRound(), all, 241))).to.deep.equal([]);
    const leaving = viewOf([aggregatingRound()], { joined: [{ account: x, leaving: true, idle: false }] });
    expect(kinds(due(leaving, all))).to.deep.equal([]);
  });

  it("judges the proposals of others, standing and accepted, and not its own", () => {
    const own = acceptedRound();
    const complete = (round: RoundView) => viewOf([round], { complete: true });
    expect(kinds(due(complete(own)))).to.deep.equal([]);
    const others = complete(acceptedRound({ proposal: { ...own.proposal, aggregator: y } }));
    expect(kinds(due(others))).to.deep.equal(["judge"]);
    expect(kinds(due(others, [], 801)), "past its window").to.deep.equal([]);
  });

  it("forgets the facts of rounds that have ended", () => {
    const state = reached(viewOf([aggregatingRound()]), [here(0)], 205);
    expect(state.updates.size).to.equal(1);
    const looked = lookAt(viewOf([acceptedRound()]), 206);
    expect(machine.reduce(state, looked).updates.size).to.equal(0);
  });
});
