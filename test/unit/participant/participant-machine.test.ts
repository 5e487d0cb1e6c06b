import { expect } from "chai";
import type { RoundView, TaskView } from "../../../node/core/record/task-view.ts";
import { participantMachine } from "../../../node/participant/participant-machine.ts";
import { createCheckedJournal } from "../../../node/participant/state/checked-journal.ts";
import type {
  ParticipantEvent,
  ParticipantMachineOptions,
  ParticipantState,
} from "../../../node/participant/state/participant-state.ts";
import { createMemoryJournal } from "../../../node/rounds/actions/memory-journal.ts";
import { subjectOf } from "../../../node/rounds/blobs/proposed-round.ts";
import type { Judgement } from "../../../node/rounds/court/court-state.ts";
import type { RoundEvent } from "../../../node/rounds/state/round-state.ts";
import { lookAt, stateAfter } from "../../support/states/machine-states.ts";
import {
  acceptedRound,
  accounts,
  aggregatingRound,
  attestationOf,
  commitmentOf,
  contactOf,
  emptyPurse,
  hashOf,
  memberOf,
  members,
  optionsOf,
  proposedRound,
  roundOf,
  rules,
  viewOf,
} from "../../support/states/round-states.ts";

const { a, b } = accounts;
type Event = ParticipantEvent | RoundEvent;
const options: ParticipantMachineOptions = { ...optionsOf(a), settleBlocks: 2, autoEnrol: true };
const machine = participantMachine(a, options);
const update = { round: 1, baseModelRoot: hashOf(9), updateRoot: hashOf(16), contentId: hashOf(32), weight: 10 };
const trained: Event = { kind: "trained", update };
const recalled: Event = { kind: "recalled", checked: [] };
const proposed = proposedRound();
const accepted = acceptedRound({ result: { modelRoot: hashOf(50), attesters: [b], provableUntilS: 800 } });
const judged = (judgement: Judgement, round = proposed): Event => ({
  kind: "judged",
  subject: subjectOf(round),
  judgement,
});
const right = judged({ isRight: true });
const signed: Event = {
  kind: "signed",
  subject: subjectOf(proposed),
  attestation: attestationOf(a, proposed.proposal.hash),
};

const reached = (events: readonly Event[], of = machine): ParticipantState => stateAfter(of, events);
const look = (view: TaskView, timestampS = 100, shown = members): Event => lookAt(view, timestampS, shown);

function dueAfter(view: TaskView, events: readonly Event[] = [], timestampS = 100, of = machine): string[] {
  const before: Event[] = [emptyPurse, recalled, ...events];
  return (
    of
      .due(reached([...before, look(view, timestampS)], of))
      // of which gathered-updates.test.ts tells
      .filter(({ kind }) => kind !== "gather")
      .map(({ key, kind }) => (["send", "push"].includes(kind) ? key.split(":")[0]! : kind))
  );
}

const open = viewOf([roundOf()]);
const without = (view: TaskView): TaskView => ({ ...view, enrolled: view.enrolled.slice(1) });
const leaves = (view: TaskView): TaskView => ({
  ...view,
  enrolled: view.enrolled.map((place) => ({ ...place, leaving: place.account === a })),
});
const past = acceptedRound({ commitments: [commitmentOf(0)] });
const known: Event = { kind: "recalled", checked: [subjectOf(past)] };
/** Round 2 is open above an accepted one that this participant did not attest to. */
const above = viewOf([accepted, roundOf({ round: 2, baseModelRoot: hashOf(50) })]);
const of = (round: RoundView, judgement: Judgement) => judged(judgement, round as typeof proposed);

describe("the participant's machine", () => {
  const rows: [string, string[], string[]][] = [
    ["drawn, nothing trained", dueAfter(open), ["train"]],
    ["trained", dueAfter(open, [trained]), ["commit"]],
    ["after the deadline", dueAfter(open, [trained], 161), []],
    ["committed", dueAfter(viewOf([roundOf({ commitments: [commitmentOf(0)] })]), [trained]), []],
    ["enrolled after the opening", dueAfter(viewOf([roundOf({ enrolled: 3, drawn: 3 })], lastPlace())), []],
    ["trained from another base", dueAfter(viewOf([roundOf({ baseModelRoot: hashOf(8) })]), [trained]), ["train"]],
    ["no budget left", dueAfter(spent(1), [known]), []],
    ["budget left", dueAfter(spent(2), [known]), ["train"]],
    ["aggregating", dueAfter(viewOf([aggregatingRound()])), []],
    ["proposed", dueAfter(viewOf([proposed])), ["judge"]],
    ["proposed, right", dueAfter(viewOf([proposed]), [right]), ["sign"]],
    ["proposed, signed", dueAfter(viewOf([proposed]), [right, signed]), ["publish"]],
    ["proposed, wrong", dueAfter(viewOf([proposed]), [judged({ isRight: false })]), []],
    ["proposed, an input is not to be had", dueAfter(viewOf([proposed]), [judged(missing())]), ["judge"]],
    ["proposed, a wrong model is withheld", dueAfter(viewOf([proposed]), [judged(withheld())]), ["judge"]],
    ["proposed, it did not commit", dueAfter(proposedWithout(0), [judged({ isRight: true }, other(0))]), []],
    ["proposed, it was expelled", dueAfter(viewOf([{ ...proposed, expelled: 1n }]), [right]), []],
    ["proposed, it left meanwhile", dueAfter(leaves(viewOf([proposed])), [right]), ["sign"]],
    ["complete", dueAfter(viewOf([acceptedRound()], { complete: true }), [of(acceptedRound(), { isRight: true })]), []],
  ];
  for (const [name, actual, expected] of rows) {
    it(`${name}: ${expected.join(", ") || "nothing"}`, () => expect(actual).to.deep.equal(expected));
  }

  it("enrols with its role, unless told not to, after it has left, or after it was expelled", () => {
    const kinds = (events: readonly Event[], by = machine) => by.due(reached(events, by)).map(({ kind }) => kind);
    const outside = look(without(viewOf()));
    expect(kinds([outside])).to.include("enter");
    expect(kinds([outside], participantMachine(a, { ...options, autoEnrol: false }))).to.not.include("enter");
    const others = [memberOf(a, "aggregator"), ...members.slice(1)];
    expect(kinds([look(without(viewOf()), 100, others)])).to.not.include("enter");
    expect(kinds([look(leaves(viewOf())), outside])).to.not.include("enter");
    expect(kinds([look({ ...without(viewOf()), left: [a] })]), "after a restart").to.not.include("enter");
    const returning = participantMachine(a, { ...options, reenter: true });
    expect(kinds([look({ ...without(viewOf()), left: [a] })], returning), "told to").to.include("enter");
    const leftNow = [look(leaves(viewOf())), look({ ...without(viewOf()), left: [a] })];
    expect(kinds(leftNow, returning), "left meanwhile").to.not.include("enter");
    const expelled = [{ round: 1, account: a, kind: "equivocation" as const, amountWei: 0n }];
    expect(kinds([look(without(viewOf([], { expelled })))])).to.not.include("enter");
  });

  it("registers when the registry shows another contact, not before it is a member", () => {
    const keys = (list: typeof members) => machine.due(reached([look(open, 100, list)])).map(({ key }) => key);
    expect(keys(members)).to.not.include("register");
    expect(keys([{ account: a, roles: ["participant"] }])).to.include("register");
    expect(keys([{ ...memberOf(a, "participant"), contact: contactOf(b) }])).to.include("register");
    expect(keys(members.slice(1))).to.not.include("register");
  });

  it("ends where another node of its account replaced its contact, which would do the same", () => {
    const replaced = [{ ...memberOf(a, "participant"), contact: contactOf(b) }, ...members.slice(1)];
    const after = (...lists: (typeof members)[]) => reached(lists.map((list) => look(open, 100, list)));
    const keys = (...lists: (typeof members)[]) => machine.due(after(...lists)).map(({ key }) => key);
    expect(machine.outcome(after(members, replaced))?.kind).to.equal("failed");
    expect(machine.outcome(after(replaced))).to.equal(undefined);
    expect(keys(replaced)).to.include("register");
    const gone = [{ account: a, roles: ["participant" as const] }];
    expect(keys(members, gone), "a reorganisation took it away").to.include("register");
  });

  it("signs only what leaves out nothing that it could get: whatever was expelled since apart", () => {
    const excluding = proposedRound(0b1000n);
    const left = of(excluding, { isRight: true, unexplained: 0b1000n });
    const inTime: Event[] = [
      look(viewOf([aggregatingRound()]), 200),
      { kind: "gathered", commitment: commitmentOf(3), fact: "here" },
    ];
    expect(dueAfter(viewOf([excluding]), [...inTime, left])).to.deep.equal([]);
    expect(dueAfter(viewOf([excluding]), [left]), "shown too late").to.deep.equal(["sign"]);
    expect(dueAfter(viewOf([{ ...excluding, expelled: 0b1000n }]), [left])).to.deep.equal(["sign"]);
    expect(dueAfter(viewOf([excluding]), [of(excluding, { isRight: true })]), "not to be had").to.deep.equal(["sign"]);
  });

  it("judges again when a reorganisation gave the round other inputs: the proposal's hash binds them", () => {
    const changed = proposedRound(0n, { anchor: hashOf(71) });
    expect(subjectOf(changed)).to.not.equal(subjectOf(proposed));
    expect(dueAfter(viewOf([changed]), [right, signed])).to.deep.equal(["judge"]);
  });

  it("steps in when those before it do not close the round", () => {
    const full = viewOf([roundOf({ commitments: [0, 1, 2, 3].map((slot) => commitmentOf(slot)) })]);
    expect(dueAfter(full, [look(full, 100)], 124)).to.deep.equal([]);
    expect(dueAfter(full, [look(full, 100)], 125)).to.deep.equal(["close"]);
  });

  it("frees its place when it has left and nobody opens a round that would", () => {
    const kinds = (view: TaskView) => dueAfter(leaves(view), []);
    expect(kinds(viewOf([acceptedRound()], { complete: true }))).to.include("free-places");
    expect(kinds(open)).to.not.include("free-places");
  });

  it("frees it, too, when an opening was due for longer than all turns: those who stay are away", () => {
    const between = leaves(viewOf([acceptedRound()]));
    const at = (timestampS: number) => dueAfter(between, [look(between, 200)], timestampS);
    expect(at(224)).to.not.include("free-places");
    expect(at(225)).to.include("free-places").and.not.include("open");
  });

  it("ends a round that it leaves, behind all others: they may be away, or leaving as well", () => {
    const late = (view: TaskView) => (timestampS: number) =>
      dueAfter(view, [look(view, 100)], timestampS).filter((kind) => kind === "close");
    const one = late(leaves(viewOf([roundOf({ commitDeadlineS: 99 })])));
    expect([one(124), one(125)]).to.deep.equal([[], ["close"]]);
    const gone = leaves(viewOf([roundOf({ commitDeadlineS: 99 })], { joined: [] }));
    const all = { ...gone, enrolled: gone.enrolled.map((place) => ({ ...place, leaving: true })) };
    expect(late(all)(100)).to.deep.equal(["close"]);
  });
});

describe("a participant above an accepted round", () => {
  const checked: Event = { kind: "recalled", checked: [subjectOf(accepted)] };

  it("trains on nothing that it could not recompute", () => {
    expect(dueAfter(above)).to.deep.equal(["judge"]);
    expect(dueAfter(above, [of(accepted, missing())])).to.deep.equal(["hold-back", "judge"]);
    expect(dueAfter(above, [of(accepted, { isRight: true })])).to.deep.equal(["train"]);
    expect(dueAfter(above, [checked]), "an earlier run recomputed it").to.deep.equal(["train"]);
  });

  it("finds in its journal and among the attesters what it recomputed before", async () => {
    const journal = createMemoryJournal();
    const entries = createCheckedJournal(journal, { taskId: 1, me: a });
    expect(await entries.among([accepted])).to.deep.equal([]);
    await entries.enter(accepted);
    expect(await entries.among([accepted])).to.deep.equal([subjectOf(accepted)]);
    const other = acceptedRound({ anchor: hashOf(71), result: accepted.result! });
    expect(await entries.among([other]), "of another history").to.deep.equal([]);
    const signer = createCheckedJournal(createMemoryJournal(), { taskId: 1, me: b });
    expect(await signer.among([accepted])).to.deep.equal([subjectOf(accepted)]);
  });

  it("goes on when the window is past and its owner says so, and else never", () => {
    const first = [look(above, 100), of(accepted, missing())];
    const late = viewOf([accepted, roundOf({ round: 2, commitDeadlineS: 900 })]);
    expect(dueAfter(late, first, 801)).to.deep.equal(["hold-back", "judge"]);
    const willing = participantMachine(a, { ...options, trainOnUnchecked: true });
    expect(dueAfter(late, first, 800, willing)).to.deep.equal(["hold-back", "judge"]);
    expect(dueAfter(late, first, 801, willing)).to.deep.equal(["train"]);
    const wrong = [look(above, 100), of(accepted, withheld())];
    expect(dueAfter(late, wrong, 801, willing), "found wrong")
      .to.include("hold-back")
      .and.not.include("train");
  });

  it("keeps on having to recompute what an earlier run had to, and after a reorganisation what comes below", async () => {
    const before = acceptedRound({ commitments: [commitmentOf(1)], result: accepted.result! });
    const late = viewOf([before, roundOf({ round: 2, commitDeadlineS: 900 })]);
    const restarted: Event = { kind: "recalled", checked: [], firstRound: 1 };
    expect(dueAfter(late, [look(late, 801), restarted], 801)).to.deep.equal(["judge"]);
    const found: Event = { ...restarted, checked: [subjectOf(before)] };
    expect(dueAfter(late, [look(late, 801), found], 801)).to.deep.equal(["train"]);
    const unasked = machine.due(reached([emptyPurse, look(late, 801)]));
    expect(
      unasked.map(({ kind }) => kind),
      "before the journal was asked",
    ).to.deep.equal(["recall"]);
    expect(dueAfter(above, [look(late, 801)], 100), "a reorganisation").to.deep.equal(["judge"]);
    const journal = createMemoryJournal();
    const first = (round: number) => createCheckedJournal(journal, { taskId: 1, me: a }).firstRound(round);
    expect([await first(4), await first(2), await first(7)]).to.deep.equal([4, 2, 2]);
    const others = createCheckedJournal(journal, { taskId: 2, me: a });
    expect(await others.firstRound(9)).to.equal(9);
  });

  it("knows rounds by their numbers where some were passed over", () => {
    const first = acceptedRound({ round: 4, commitments: [commitmentOf(1)], result: accepted.result! });
    const second = acceptedRound({
      ...{ round: 7, commitments: [commitmentOf(1)] },
      result: { ...accepted.result!, provableUntilS: 900 },
    });
    const view = viewOf([first, second, roundOf({ round: 8, baseModelRoot: hashOf(50), commitDeadlineS: 2_000 })]);
    expect(dueAfter(view, [], 850), "the second one is provable").to.deep.equal(["judge"]);
    expect(dueAfter(view, [], 901), "both are final").to.deep.equal(["train"]);
  });

  it("takes what was final before it came as the record says", () => {
    const before = acceptedRound({ commitments: [commitmentOf(1)], result: accepted.result! });
    const late = viewOf([before, roundOf({ round: 2, commitDeadlineS: 900 })]);
    expect(dueAfter(late, [], 801)).to.deep.equal(["train"]);
    expect(dueAfter(late, [], 800)).to.deep.equal(["judge"]);
  });

  it("goes back by itself when the record does", () => {
    const wrong = of(accepted, { isRight: false });
    expect(dueAfter(above, [wrong])).to.deep.equal(["hold-back"]);
    const back = viewOf([
      { ...accepted, void: true, struck: [{ ...struck(), prover: b }] },
      roundOf({ round: 2, phase: "invalid", invalidReason: "rolled-back" }),
      roundOf({ round: 3 }),
    ]);
    expect(dueAfter(back, [look(above), wrong])).to.deep.equal(["train"]);
  });

  it("opens no round above one that it found wrong", () => {
    const due = (events: Event[]) => dueAfter(viewOf([accepted]), [look(viewOf([accepted])), ...events], 200);
    expect(due([of(accepted, { isRight: true })])).to.deep.equal(["open"]);
    expect(due([of(accepted, { isRight: false })])).to.deep.equal([]);
    expect(due([of(accepted, missing())]), "nobody knows").to.deep.equal(["judge", "open"]);
  });
});

describe("the end of a participant's work", () => {
  const complete = viewOf([acceptedRound()], { complete: true });
  const end = (...events: Event[]) => machine.outcome(reached([emptyPurse, ...events]));

  it("is when the task is final and settled, not when it is complete", () => {
    expect(end(look(complete, 100), look(complete, 800))).to.equal(undefined);
    expect(end(look(complete, 801))).to.equal(undefined);
    expect(end(look(complete, 801), look(complete, 803))).to.deep.equal({ kind: "final" });
    expect(end(look(complete, 801), look(open, 802), look(complete, 803))).to.equal(undefined);
  });

  it("waits for its credit", () => {
    const credit = { ...emptyPurse, purse: { ...emptyPurse.purse, creditWei: 5n } };
    expect(end(credit, look(complete, 801), look(complete, 803))).to.equal(undefined);
  });

  it("is when it has left, its bond is its own again, and nothing that it has a part in can be proven wrong", () => {
    const out = { ...emptyPurse, purse: { ...emptyPurse.purse, of: "none:false:0:0" } };
    expect(end(out, look(leaves(open)), look(without(open)))).to.deep.equal({ kind: "left" });
    expect(end(out, look(open), look(without(open)))).to.equal(undefined);
    const bonded = { ...out, purse: { ...out.purse, bondWei: 7n, freeFromS: 900 } };
    expect(end(bonded, look(leaves(open)), look(without(open)))).to.equal(undefined);
    const served = viewOf([acceptedRound()]);
    expect(end(out, look(leaves(served), 800), look(without(served), 800))).to.equal(undefined);
    expect(end(out, look(leaves(served), 800), look(without(served), 801))).to.deep.equal({ kind: "left" });
  });

  it("is at once for one that comes too late to contribute anything", () => {
    const late = without(viewOf([acceptedRound({ commitments: [commitmentOf(1)] })], { complete: true }));
    const out = { ...emptyPurse, purse: { ...emptyPurse.purse, of: "none:false:0:0" } };
    expect(end(out, look(late, 100))).to.deep.equal({ kind: "too-late" });
    expect(end(look(late, 100)), "before it has looked at its purse").to.equal(undefined);
    expect(end(out, look({ ...late, complete: false }, 100))).to.equal(undefined);
    expect(end(look(without(complete), 100)), "it contributed before it left").to.equal(undefined);
  });

  it("is not for one that left before a restart, and whose bond is held still", () => {
    const held = { ...emptyPurse.purse, of: "none:false:0:0", bondWei: 7n, freeFromS: 700 };
    const last = acceptedRound({ commitments: [commitmentOf(1)] });
    const late: TaskView = { ...without(viewOf([last], { complete: true })), left: [a] };
    expect(end({ ...emptyPurse, purse: held }, look(late, 205))).to.equal(undefined);
    const free = { ...held, bondWei: 0n, freeFromS: 0 };
    expect(end({ ...emptyPurse, purse: free }, look(late, 205))).to.deep.equal({ kind: "left" });
  });

  it("says so at the end of one that has a place behind the last opening: it might have been needed", () => {
    const last = acceptedRound({ commitments: [commitmentOf(1)], enrolled: 3 });
    const late = viewOf([last], { complete: true, ...lastPlace() });
    expect(end(look(late, 100))).to.equal(undefined);
    expect(end(look(late, 801), look(late, 803))).to.deep.equal({ kind: "too-late" });
  });
});

describe("a participant's work for others", () => {
  it("is to prove what is wrong in its turn, unless told not to", () => {
    const view = viewOf([proposed]);
    const evidence = { inputs: { ...inputs(), round: 1 }, attesters: [] };
    const proof = { kind: "proveWeight", evidence, commitments: proposed.commitments } as const;
    const wrong = [look(view, 200), judged({ isRight: false, proof })];
    expect(dueAfter(view, wrong, 224)).to.deep.equal([]);
    expect(dueAfter(view, wrong, 225)).to.deep.equal(["prove"]);
    expect(dueAfter(view, wrong, 225, participantMachine(a, { ...options, prove: false }))).to.deep.equal([]);
  });

  it("is not to bring attestations to what it found wrong", () => {
    const view = viewOf([proposed]);
    const heard = [accounts.b, accounts.c, accounts.d].map(
      (one): Event => ({ kind: "attestation", attestation: attestationOf(one, proposed.proposal.hash) }),
    );
    expect(dueAfter(view, [look(view, 200), right, ...heard], 290)).to.include("accept");
    expect(dueAfter(view, [look(view, 200), judged({ isRight: false }), ...heard], 290)).to.deep.equal([]);
  });
});

function missing(): Judgement {
  return { isRight: false, missing: [commitmentOf(1)] };
}

function withheld(): Judgement {
  return { isRight: false, withheld: true };
}

function other(slot: number) {
  const commitments = proposed.commitments.filter((one) => one.slot !== slot);
  return proposedRound(0n, { commitments });
}

function proposedWithout(slot: number): TaskView {
  return viewOf([other(slot)]);
}

function struck() {
  return { attempt: 0, aggregator: accounts.x, kind: "wrong-chunk" as const, index: 0, hash: hashOf(60) };
}

function inputs() {
  const { drawn, totalWeight, acceptedBefore, baseModelRoot, anchor, accumulator } = proposed;
  const numbers = { taskId: 1, drawn, committed: 0b1111n, keyed: 0n, totalWeight, acceptedBefore };
  return { ...numbers, baseModelRoot, anchor, accumulator, openingsHash: hashOf(0) };
}

function lastPlace(): Partial<TaskView> {
  const places = viewOf().enrolled;
  return { enrolled: [...places.slice(1), places[0]!] };
}

function spent(budget: number): TaskView {
  return viewOf([past, roundOf({ round: 2 })], { rules: { ...rules, roundsPerParticipant: budget } });
}
