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
  rules,
  viewOf,
} from "../../support/round-states.ts";
import { availabilityWord } from "../../support/signed-words.ts";

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
/** The journal's answer: no custody was signed for it. */
const free = (slot: number, isSigned = false): AggregatorEvent => ({
  kind: "custody",
  update: commitmentOf(slot),
  isSigned,
});

describe("the aggregator's machine", () => {
  it("opens the first round when enough are enrolled", () => {
    expect(due(undefined).map(({ key }) => key)).to.deep.equal(["open:1"]);
  });

  it("brings the bond of a task that has one, once, and not after it lost it", () => {
    const lost = { attempt: 0, aggregator: accounts.x, challenger: accounts.a, kind: "wrong-chunk" as const };
    const refuted = aggregatingRound([], { refuted: [lost], assignment: { ...proposal, deadlineS: 240 } });
    const dueIn = (rounds: readonly RoundView[], events: readonly AggregatorEvent[] = [], changes = {}) => {
      const view = viewOf(rounds, { rules: { ...rules, ...changes } });
      const all = [{ kind: "members", members }, { kind: "looked", view, head: headAt(100) }, ...events] as const;
      return machine.due(all.reduce((state, event) => machine.reduce(state, event), machine.initial));
    };
    const bond = { aggregatorBondGwei: 5 };
    const bonds = (bondWei: bigint) => [{ kind: "bond", key: "bond", bondWei }];
    expect(dueIn([roundOf()], [], bond)).to.deep.equal(bonds(5_000_000_000n));
    expect(dueIn([roundOf()], [], { ...bond, pipelined: true }), "two rounds").to.deep.equal(bonds(10_000_000_000n));
    expect(dueIn([roundOf()], [{ kind: "bonded" }], bond)).to.deep.equal([]);
    expect(dueIn([roundOf()])).to.deep.equal([]);
    expect(kinds([...dueIn([refuted], [], bond)])).to.not.include("bond");
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
    expect(kinds(late), "the journal first").to.deep.equal(["gather", "recall"]);
    expect(late[1]).to.deep.include({ commitments: [commitmentOf(3)] });
    const recalled = due(aggregatingRound(), [...events, free(3)], 220);
    expect(kinds(recalled)).to.deep.equal(["gather", "aggregate"]);
    expect(recalled[1]).to.deep.include({ excluded: 0b1000n });
  });

  it("never leaves out an update that it signed custody for, before or after it was committed", () => {
    const events = [here(0), here(1), here(2)];
    expect(kinds(due(aggregatingRound(), [...events, free(3, true)], 230))).to.deep.equal(["gather"]);
    const open: RoundEvent = { kind: "looked", view: viewOf([roundOf()]), head: headAt(110) };
    const closed: RoundEvent = { kind: "looked", view: viewOf([aggregatingRound()]), head: headAt(230) };
    const all = [{ kind: "members", members } as const, open, free(3, true), closed, ...events];
    const state = all.reduce((before, event) => machine.reduce(before, event), machine.initial);
    expect(kinds([...machine.due(state)])).to.deep.equal(["gather"]);
  });

  it("knows a copied commitment from the one that it copies: neither facts nor custody of the one are the other's", () => {
    const { updateRoot, contentId } = commitmentOf(2);
    const copy = { ...commitmentOf(3), updateRoot, contentId };
    const others = [0, 1, 2].map((slot) => commitmentOf(slot));
    const round = aggregatingRound([], { commitments: [...others, copy] });
    const of = (fact: "here" | "unusable"): AggregatorEvent => ({ kind: "update", commitment: copy, fact });
    const events = [here(0), here(1), here(2), free(2, true), of("unusable")];
    const [recall, ...more] = due(round, events);
    expect(more).to.deep.equal([]);
    expect(recall).to.deep.include({ kind: "recall", commitments: [copy] });
    const [action] = due(round, [...events, { kind: "custody", update: copy, isSigned: false }]);
    expect(action).to.deep.include({ kind: "aggregate", excluded: 0b1000n });
  });

  it("proposes with words in a task with holders, and only with enough of them", () => {
    const held = { rules: { ...rules, holders: 2 } };
    const round = aggregatingRound();
    const dueWith = (events: readonly (AggregatorEvent | RoundEvent)[]) => {
      const looked: RoundEvent = { kind: "looked", view: viewOf([round], held), head: headAt(205) };
      const all = [{ kind: "members", members } as const, looked, ...[0, 1, 2, 3].map(here), ...events];
      return machine.due(all.reduce((before, event) => machine.reduce(before, event), machine.initial));
    };
    const words = [2, 0].map((slot) => availabilityWord(slot, 0b1111n, round));
    const said = words.map((word): RoundEvent => ({ kind: "availability", word }));
    expect(dueWith([])).to.deep.equal([]);
    expect(dueWith(said.slice(1))).to.deep.equal([]);
    const [compute] = dueWith(said);
    if (compute?.kind !== "aggregate") return expect.fail("nothing to compute");
    const [send] = dueWith([...said, { kind: "aggregated", subject: compute.subject, proposal }]);
    const call = { kind: "propose", taskId: 1, round: 1, proposal, words: [words[1], words[0]] };
    expect(send?.kind === "send" && send.call, "ascending by holder").to.deep.equal(call);
  });

  it("leaves out unusable updates without waiting", () => {
    const [action] = due(aggregatingRound(), [here(0), unusable(1), free(1), here(2), here(3)]);
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
