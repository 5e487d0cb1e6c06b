import { expect } from "chai";
import type { RoundView } from "../../../../node/core/record/task-view.ts";
import { participantMachine } from "../../../../node/participant/participant-machine.ts";
import { dueGathering, lateSlots, onlyOf } from "../../../../node/participant/state/gathered-updates.ts";
import type { ParticipantEvent } from "../../../../node/participant/state/participant-state.ts";
import type { RoundEvent } from "../../../../node/rounds/state/round-state.ts";
import { updateKey } from "../../../../node/rounds/words/update-key.ts";
import { lookAt, stateAfter } from "../../../support/states/machine-states.ts";
import {
  accounts,
  aggregatingRound,
  commitmentOf,
  optionsOf,
  proposedRound,
  roundOf,
  rules,
  viewOf,
} from "../../../support/states/round-states.ts";

const { a } = accounts;
const machine = participantMachine(a, { ...optionsOf(a), autoEnrol: true });
const key = (slot: number): string => updateKey(commitmentOf(slot));
const slotsOf = (round: RoundView, gathered = new Map<string, number>()) =>
  dueGathering(gathered, round).map(({ commitment }) => commitment.slot);

describe("a participant's gathering", () => {
  it("is of every update from the closing to the end of the round, each once", () => {
    expect(slotsOf(roundOf({ commitments: [commitmentOf(1)] }))).to.deep.equal([]);
    expect(slotsOf(aggregatingRound())).to.deep.equal([0, 1, 2, 3]);
    expect(slotsOf(proposedRound(), new Map([[key(1), 200]]))).to.deep.equal([0, 2, 3]);
    expect(slotsOf(proposedRound(0n, { phase: "accepted" }))).to.deep.equal([]);
  });

  it("is noted by the chain's time, and forgotten with the round", () => {
    const looked = (round: RoundView, timestampS: number): RoundEvent => lookAt(viewOf([round]), timestampS);
    const events: (ParticipantEvent | RoundEvent)[] = [
      looked(aggregatingRound(), 205),
      { kind: "gathered", commitment: commitmentOf(1), fact: "here" },
      { kind: "gathered", commitment: commitmentOf(2), fact: "unusable" },
      looked(proposedRound(), 230),
    ];
    const { gathered } = stateAfter(machine, events);
    expect([...gathered]).to.deep.equal([
      [key(1), 205],
      [key(2), undefined],
    ]);
    expect(onlyOf(gathered, proposedRound())).to.equal(gathered);
    expect(onlyOf(gathered, undefined).size).to.equal(0);
  });
});

describe("an update that came late", () => {
  // the aggregator's time ends at 240; it leaves out from the half of it on
  const halfS = 240 - Math.floor(rules.aggregateWindowS / 2);
  const inTimeS = halfS - Math.floor(rules.aggregateWindowS / 4);

  it("is one that was not here a quarter of the aggregator's time before it could be left out", () => {
    const late = (sinceS: number | undefined) => lateSlots(new Map([[key(3), sinceS]]), proposedRound(0b1000n), rules);
    expect(late(inTimeS)).to.equal(0b0111n);
    expect(late(inTimeS + 1)).to.equal(0b1111n);
    expect(late(undefined), "does not open").to.equal(0b1111n);
  });

  it("is none where the proposal was made before anything could be left out", () => {
    const early = proposedRound(0b1000n);
    const proposal = { ...early.proposal, attestDeadlineS: halfS - 1 + rules.attestWindowS };
    expect(lateSlots(new Map(), { ...early, proposal }, rules)).to.equal(0n);
  });
});
