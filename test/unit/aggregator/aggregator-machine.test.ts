import { expect } from "chai";
import {
  type AggregatorAction,
  type AggregatorEvent,
  type AggregatorState,
  aggregatorMachine,
} from "../../../node/aggregator/aggregator-machine.ts";
import type { RoundView } from "../../../node/core/task-view.ts";
import type { RoundEvent } from "../../../node/rounds/round-state.ts";
import {
  accounts,
  aggregatingRound,
  commitmentOf,
  contactOf,
  hashOf,
  headAt,
  members,
  proposedRound,
  roundOf,
  viewOf,
} from "../../support/round-states.ts";

const options = { contact: contactOf(accounts.x), patienceS: 5, settleBlocks: 0 };
const machine = aggregatorMachine(accounts.x, options, { graceS: 3 });

function stateAfter(
  round: RoundView | undefined,
  events: readonly AggregatorEvent[],
  timestampS: number,
): AggregatorState {
  const looked: RoundEvent = { kind: "looked", view: viewOf(round ? [round] : []), head: headAt(timestampS) };
  const all: (AggregatorEvent | RoundEvent)[] = [{ kind: "members", members }, looked, ...events, looked];
  return all.reduce((state, event) => machine.reduce(state, event), machine.initial);
}

function due(
  round: RoundView | undefined,
  events: readonly AggregatorEvent[] = [],
  timestampS = 205,
): AggregatorAction[] {
  return [...machine.due(stateAfter(round, events, timestampS))];
}

const kinds = (actions: readonly AggregatorAction[]) => actions.map(({ kind }) => kind);
const here = (slot: number): AggregatorEvent => ({ kind: "update", commitment: commitmentOf(slot), fact: "here" });
const unusable = (slot: number): AggregatorEvent => ({
  kind: "update",
  commitment: commitmentOf(slot),
  fact: "unusable",
});
const proposal = { ...proposedRound().proposal };

describe("the aggregator's machine", () => {
  it("opens the first round when enough are enrolled", () => {
    expect(due(undefined).map(({ key }) => key)).to.deep.equal(["open:1"]);
  });

  it("brings the bond of a task that has one, once, and not after it lost it", () => {
    const lost = { attempt: 0, aggregator: accounts.x, challenger: accounts.a, kind: "wrong-chunk" as const };
    const refuted = aggregatingRound([], { refuted: [lost], assignment: { ...proposal, deadlineS: 240 } });
    const dueIn = (rounds: readonly RoundView[], events: readonly AggregatorEvent[] = [], bondWei?: bigint) => {
      const view = viewOf(rounds, bondWei === undefined ? {} : { bondWei });
      const all = [{ kind: "members", members }, { kind: "looked", view, head: headAt(100) }, ...events] as const;
      return machine.due(all.reduce((state, event) => machine.reduce(state, event), machine.initial));
    };
    expect(dueIn([roundOf()], [], 5n)).to.deep.equal([{ kind: "bond", key: "bond", bondWei: 5n }]);
    expect(dueIn([roundOf()], [{ kind: "bonded" }], 5n)).to.deep.equal([]);
    expect(dueIn([roundOf()])).to.deep.equal([]);
    expect(kinds([...dueIn([refuted], [], 5n)])).to.not.include("bond");
  });

  it("gathers updates as they are committed, each once", () => {
    const round = roundOf({ commitments: [commitmentOf(0), commitmentOf(1)] });
    const gathered = due(round, [here(0)], 100);
    expect(gathered).to.have.length(1);
    expect(gathered[0]).to.deep.include({ kind: "gather", commitment: commitmentOf(1) });
  });

  it("gathers when another is assigned too, and does not compute", () => {
    const round = aggregatingRound([0, 1], { assignment: { attempt: 0, aggregator: accounts.y, deadlineS: 240 } });
    expect(kinds(due(round))).to.deep.equal(["gather", "gather"]);
    expect(kinds(due(round, [here(0), here(1)]))).to.deep.equal([]);
  });

  it("computes at once when every update is here", () => {
    const [action] = due(aggregatingRound(), [here(0), here(1), here(2), here(3)]);
    expect(action).to.deep.include({ kind: "aggregate", attempt: 0, excluded: 0n });
  });

  it("waits half of its time for missing updates, then leaves them out and goes on looking for them", () => {
    const events = [here(0), here(1), here(2)];
    expect(kinds(due(aggregatingRound(), events, 219))).to.deep.equal(["gather"]);
    const late = due(aggregatingRound(), events, 220);
    expect(kinds(late)).to.deep.equal(["gather", "aggregate"]);
    expect(late[1]).to.deep.include({ excluded: 0b1000n });
  });

  it("leaves out unusable updates without waiting", () => {
    const [action] = due(aggregatingRound(), [here(0), unusable(1), here(2), here(3)]);
    expect(action).to.deep.include({ kind: "aggregate", excluded: 0b10n });
  });

  it("does not propose from fewer than minUpdates", () => {
    expect(kinds(due(aggregatingRound(), [here(0)], 230))).to.deep.equal(["gather", "gather", "gather"]);
  });

  it("forgets an update that turned out to be gone", () => {
    const gone: AggregatorEvent = { kind: "update", commitment: commitmentOf(3), fact: "gone" };
    expect(kinds(due(aggregatingRound(), [here(0), here(1), here(2), here(3), gone]))).to.deep.equal(["gather"]);
  });

  it("proposes what it computed from exactly these updates, this base and this attempt", () => {
    const events = [here(0), here(1), here(2), here(3)];
    const [compute] = due(aggregatingRound(), events);
    if (compute?.kind !== "aggregate") return expect.fail("nothing to compute");
    const done = [...events, { kind: "aggregated", subject: compute.subject, proposal } as const];
    const [send] = due(aggregatingRound(), done);
    expect(send?.kind === "send" && send.call).to.deep.equal({ kind: "propose", taskId: 1, round: 1, proposal });
    expect(kinds(due(aggregatingRound(undefined, { baseModelRoot: hashOf(8) }), done))).to.deep.equal(["aggregate"]);
    const again = aggregatingRound(undefined, { assignment: { attempt: 1, aggregator: accounts.x, deadlineS: 240 } });
    expect(kinds(due(again, done))).to.deep.equal(["aggregate"]);
  });

  it("does not propose after its deadline", () => {
    const events = [here(0), here(1), here(2), here(3)];
    expect(kinds(due(aggregatingRound(), events, 240))).to.deep.equal(["aggregate"]);
    expect(kinds(due(aggregatingRound(), events, 241))).to.deep.equal([]);
  });

  it("forgets the facts of rounds that have ended", () => {
    const state = stateAfter(aggregatingRound(), [here(0)], 205);
    expect(state.updates.size).to.equal(1);
    const looked: RoundEvent = {
      kind: "looked",
      view: viewOf([{ ...proposedRound(), phase: "finalized" }]),
      head: headAt(206),
    };
    expect(machine.reduce(state, looked).updates.size).to.equal(0);
  });
});
