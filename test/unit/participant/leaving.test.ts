import { expect } from "chai";
import type { TaskView } from "../../../node/core/record/task-view.ts";
import { participantMachine } from "../../../node/participant/participant-machine.ts";
import type { Purse } from "../../../node/rounds/court/court-state.ts";
import type { RoundEvent } from "../../../node/rounds/state/round-state.ts";
import { lookAt, stateAfter } from "../../support/states/machine-states.ts";
import { acceptedRound, accounts, emptyPurse, members, optionsOf, viewOf } from "../../support/states/round-states.ts";

const { a } = accounts;
const machine = participantMachine(a, { ...optionsOf(a), autoEnrol: true });
const staying = viewOf();
const leaving: TaskView = {
  ...staying,
  enrolled: staying.enrolled.map((place) => ({ ...place, leaving: place.account === a })),
};
const gone: TaskView = { ...staying, enrolled: staying.enrolled.slice(1), left: [a] };
const revoked = members.map((member) => (member.account === a ? { ...member, roles: [] } : member));
const look = (view: TaskView, shown = members, atS = 100): RoundEvent => lookAt(view, atS, shown);
const enters = (...events: readonly RoundEvent[]): boolean =>
  machine.due(stateAfter(machine, events)).some(({ kind }) => kind === "enter");

describe("a participant whose role is revoked, and granted again", () => {
  it("takes its place again, whenever the role comes back", () => {
    expect(enters(look(staying), look(leaving, revoked), look(gone, revoked), look(gone))).to.equal(true);
    expect(enters(look(staying), look(leaving, revoked), look(leaving), look(gone)), "before it is free").to.equal(
      true,
    );
    expect(enters(look(staying), look(gone, revoked), look(gone)), "in one look").to.equal(true);
    expect(enters(look(staying), look(gone, revoked)), "not without it").to.equal(false);
  });

  it("takes none where its owner has left, whatever comes of its role", () => {
    expect(enters(look(staying), look(leaving), look(gone))).to.equal(false);
    expect(enters(look(staying), look(gone)), "in one look").to.equal(false);
    expect(enters(look(staying), look(leaving), look(gone, revoked), look(gone))).to.equal(false);
    expect(enters(look(leaving), look(gone)), "when it started").to.equal(false);
    expect(enters(look(gone)), "before it started").to.equal(false);
  });

  it("does not end meanwhile as one that has left", () => {
    const out: RoundEvent = { ...emptyPurse, purse: { ...emptyPurse.purse, of: "none:false:0:0" } };
    const outcome = (...events: RoundEvent[]) => machine.outcome(stateAfter(machine, [out, ...events]));
    expect(outcome(look(staying), look(leaving, revoked), look(gone, revoked))).to.equal(undefined);
    expect(outcome(look(staying), look(leaving), look(gone))).to.deep.equal({ kind: "left" });
  });
});

describe("a participant without the ether for taking out what is owed to it", () => {
  const complete = viewOf([acceptedRound()], { complete: true });
  const purseOf = (changes: Partial<Purse>): RoundEvent => ({
    kind: "purse",
    purse: { ...emptyPurse.purse, creditWei: 5n, isUnpayable: true, ...changes },
  });
  const end = (purse: RoundEvent, ...events: RoundEvent[]) => machine.outcome(stateAfter(machine, [purse, ...events]));

  it("ends when nothing else is left to do, and says what is owed", () => {
    const final = look(complete, members, 801);
    expect(end(purseOf({}), final)).to.deep.equal({ kind: "unpaid", owedWei: 5n });
    expect(end(purseOf({}), look(complete, members, 800)), "before the task is final").to.equal(undefined);
    expect(end({ kind: "purse", purse: { ...emptyPurse.purse, creditWei: 5n } }, final), "it can pay").to.equal(
      undefined,
    );
    const of = "none:false:0:0";
    const released = purseOf({ of, bondWei: 7n, freeFromS: 90 });
    expect(end(released, look(leaving), look(gone)), "of one that has left").to.deep.equal({
      kind: "unpaid",
      owedWei: 12n,
    });
  });

  it("takes it out as soon as it can", () => {
    const kinds = machine.due(stateAfter(machine, [purseOf({}), look(staying)])).map(({ kind }) => kind);
    expect(kinds).to.include("collect");
  });
});

describe("a purse after a reorganisation", () => {
  it("is looked at again: a withdrawal may be undone", () => {
    const dueAfter = (last: RoundEvent) => machine.due(stateAfter(machine, [emptyPurse, look(staying), last]));
    expect(dueAfter(look(staying)).map(({ kind }) => kind)).to.not.include("collect");
    const reset: RoundEvent = { ...lookAt(staying, 100), reset: true };
    expect(dueAfter(reset).map(({ kind }) => kind)).to.include("collect");
  });
});
