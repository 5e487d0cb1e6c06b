import { expect } from "chai";
import { aggregatorMachine } from "../../../node/aggregator/aggregator-machine.ts";
import type { AggregatorEvent, AggregatorState } from "../../../node/aggregator/aggregator-state.ts";
import type { RoundView } from "../../../node/core/record/task-view.ts";
import type { RoundEvent } from "../../../node/rounds/state/round-state.ts";
import { lookAt, stateAfter } from "../../support/states/machine-states.ts";
import {
  advertisementFor,
  closedMasked,
  maskedRound,
  maskedView,
  unmaskingOf,
} from "../../support/states/masked-states.ts";
import { accounts, commitmentOf, hashOf, optionsOf } from "../../support/states/round-states.ts";

const { x, y } = accounts;
const machine = aggregatorMachine(x, optionsOf(x));
type Events = readonly (AggregatorEvent | RoundEvent)[];

const reached = (round: RoundView, events: Events, timestampS = 205): AggregatorState =>
  stateAfter(machine, [lookAt(maskedView(round), timestampS), ...events]);

const dueOf = (state: AggregatorState) =>
  machine
    .due(state)
    .map(({ kind }) => kind)
    .filter((kind) => kind !== "collect");
const round = closedMasked([0, 1, 2, 3], [0, 1, 2]);
const about = `1:${round.accumulator}`;
const openings = `0x${"11".repeat(128)}` as const;
const bundles: Events = [0, 1, 2, 3].map((slot) => ({ kind: "bundle", sharesId: advertisementFor(slot).sharesId }));
const here: Events = [0, 1, 2].map((slot) => ({ kind: "update", commitment: commitmentOf(slot), fact: "here" }));
const told = (slot: number, ...shares: number[]): RoundEvent => ({
  kind: "unmasking",
  unmasking: unmaskingOf(slot, round, shares),
});
const opened: AggregatorEvent = { kind: "opening", opening: { about, knowledge: "all", openings } };

describe("the aggregator's machine in a masked task", () => {
  it("gathers every bundle from the advertisement on, and every update", () => {
    expect(dueOf(reached(maskedRound([0, 1]), [], 75))).to.deep.equal(["gather-shares", "gather-shares"]);
    const all = dueOf(reached(maskedRound([0, 1, 2], [1]), bundles, 105));
    expect(all).to.deep.equal(["gather"]);
    expect(reached(maskedRound([0]), bundles).bundles.size).to.equal(4);
    const next = machine.reduce(reached(maskedRound([0]), bundles), lookAt(maskedView(maskedRound([0])), 206));
    expect(next.bundles.size, "of other rounds").to.equal(1);
  });

  it("puts together what was told, again when there is more, and not when there is not", () => {
    const base = [...bundles, ...here];
    expect(dueOf(reached(round, base))).to.deep.equal([]);
    const [first] = machine.due(reached(round, [...base, told(0, 1, 0, 1)]));
    if (first?.kind !== "open") return expect.fail(String(first?.kind));
    expect(first.told).to.have.length(1);
    const tried: AggregatorEvent = { kind: "opening", opening: first.subject };
    const dueAfter = (...events: Events) => dueOf(reached(round, [...base, told(0, 1, 0, 1), tried, ...events]));
    expect(dueAfter()).to.deep.equal([]);
    expect(dueAfter(told(0, 1, 0, 1))).to.deep.equal([]);
    expect(dueAfter(told(0, 1, 1, 1))).to.deep.equal(["open"]);
    expect(dueAfter(told(1, 1, 1, 1))).to.deep.equal(["open"]);
    const few = machine.due(reached(round, [...here, told(0, 1, 0, 1)])).find(({ kind }) => kind === "open");
    if (few?.kind !== "open") return expect.fail("nothing to put together");
    const late = reached(round, [...here, told(0, 1, 0, 1), { kind: "opening", opening: few.subject }, ...bundles]);
    expect(dueOf(late), "more bundles").to.deep.equal(["open"]);
  });

  it("computes when it can open the sum and all updates are here, and proposes with the openings", () => {
    expect(dueOf(reached(round, [...bundles, opened]))).to.deep.equal(["gather", "gather", "gather"]);
    const ready = reached(round, [...bundles, ...here, opened]);
    const [aggregate] = machine.due(ready);
    if (aggregate?.kind !== "aggregate") return expect.fail(String(aggregate?.kind));
    expect(aggregate.openings).to.equal(openings);
    expect(aggregate.excluded).to.equal(0n);
    const proposal = { attempt: 0, aggregator: x, modelRoot: hashOf(5), contentId: hashOf(6), totalWeight: 30n };
    const done = machine.reduce(ready, {
      kind: "aggregated",
      result: { subject: aggregate.subject, proposal: { ...proposal, excluded: 0n } },
    });
    const [send] = machine.due(done);
    if (send?.kind !== "send" || send.call.kind !== "propose") return expect.fail(String(send?.kind));
    expect(send.call.openings).to.equal(openings);
  });

  it("waits where an update breaks its commitment, whatever time has passed", () => {
    const broken: AggregatorEvent = { kind: "update", commitment: commitmentOf(1), fact: "unusable" };
    expect(dueOf(reached(round, [...bundles, ...here, broken, opened], 239))).to.deep.equal([]);
  });

  it("opens what was closed, not what was closed before a reorganisation", () => {
    const other = closedMasked([0, 1, 2, 3], [0, 1, 3]);
    const state = reached(other, [...bundles, opened, told(0, 1, 1, 1)]);
    expect(dueOf(state).filter((kind) => kind !== "gather")).to.deep.equal([]);
  });

  it("leaves it to the assigned one", () => {
    const theirs = closedMasked([0, 1, 2, 3], [0, 1, 2], {
      assignment: { attempt: 0, aggregator: y, place: 1, count: 2, deadlineS: 240 },
    });
    expect(dueOf(reached(theirs, [...bundles, ...here, told(0, 1, 1, 1)]))).to.deep.equal([]);
  });
});
