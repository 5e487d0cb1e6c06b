import { expect } from "chai";
import type { TaskView } from "../../../node/core/task-view.ts";
import {
  type ParticipantEvent,
  type ParticipantState,
  participantMachine,
} from "../../../node/participant/participant-machine.ts";
import { subjectOf } from "../../../node/rounds/judge-proposal.ts";
import type { RoundEvent } from "../../../node/rounds/round-state.ts";
import {
  accounts,
  aggregatingRound,
  attestationOf,
  commitmentOf,
  contactOf,
  hashOf,
  headAt,
  memberOf,
  members,
  proposedRound,
  roundOf,
  rules,
  times,
  viewOf,
} from "../../support/round-states.ts";

const { a, b } = accounts;
const options = { autoEnrol: true, contact: contactOf(a), patienceS: 5, settleBlocks: 2, challenge: true };
const machine = participantMachine(a, options, { graceS: times.graceS });
const update = { round: 1, baseModelRoot: hashOf(9), updateRoot: hashOf(16), contentId: hashOf(32), weight: 10 };
const trained: ParticipantEvent = { kind: "trained", update };
const offered: ParticipantEvent = { kind: "offered", contentId: update.contentId };
const answered: ParticipantEvent = { kind: "answered", contentId: update.contentId };
const proposed = proposedRound();
const subject = subjectOf(proposed);
const agreed: ParticipantEvent = { kind: "verified", subject, agrees: true };
const signed: ParticipantEvent = { kind: "signed", subject, attestation: attestationOf(a, proposed.proposal.hash) };

function stateAfter(events: readonly (ParticipantEvent | RoundEvent)[]): ParticipantState {
  return events.reduce((state, event) => machine.reduce(state, event), machine.initial);
}

function look(view: TaskView, timestampS = 100): RoundEvent {
  return { kind: "looked", view, head: headAt(timestampS) };
}

function dueAfter(view: TaskView, events: readonly (ParticipantEvent | RoundEvent)[] = [], timestampS = 100): string[] {
  const state = stateAfter([{ kind: "members", members }, ...events, look(view, timestampS)]);
  return machine.due(state).map(({ key, kind }) => (kind === "send" || kind === "push" ? key.split(":")[0]! : kind));
}

const open = viewOf([roundOf()]);
/** The second round is open on the first one's proposal. */
const piped = viewOf([proposed, roundOf({ round: 2, baseModelRoot: proposed.proposal.modelRoot })], {
  rules: { ...rules, pipelined: true },
});
const onProposal: ParticipantEvent = {
  kind: "trained",
  update: { ...update, round: 2, baseModelRoot: proposed.proposal.modelRoot },
};
const refused: ParticipantEvent = { kind: "verified", subject, agrees: false };
const without = (view: TaskView): TaskView => ({ ...view, enrolled: view.enrolled.slice(1) });
const leaves = (view: TaskView): TaskView => ({
  ...view,
  enrolled: view.enrolled.map((place) => ({ ...place, leaving: place.participant === a })),
});

describe("the participant's machine", () => {
  const rows: [string, string[], string[]][] = [
    ["before anything is known", machine.due(machine.initial).map(({ kind }) => kind), []],
    ["not enrolled", dueAfter(without(viewOf([finalRound()]))), ["enrol"]],
    ["drawn, nothing trained", dueAfter(open), ["train"]],
    ["trained", dueAfter(open, [trained]), ["offer"]],
    ["offered to one aggregator", dueAfter(open, [trained, offered]), ["offer", "commit"]],
    ["offered to all aggregators", dueAfter(open, [trained, answered]), ["commit"]],
    ["trained, near the deadline", dueAfter(open, [trained], 151), ["commit"]],
    ["after the deadline", dueAfter(open, [trained, offered], 161), []],
    [
      "committed, asking still",
      dueAfter(viewOf([roundOf({ commitments: [commitmentOf(0)] })]), [trained, offered]),
      ["offer"],
    ],
    ["committed", dueAfter(viewOf([roundOf({ commitments: [commitmentOf(0)] })]), [trained, answered]), []],
    ["leaving", dueAfter(leaves(open)), []],
    ["enrolled after the opening", dueAfter(viewOf([roundOf({ enrolled: 3, drawn: 3 })], lastPlace())), []],
    [
      "trained from another base",
      dueAfter(viewOf([roundOf({ baseModelRoot: hashOf(8) })]), [trained, offered]),
      ["train"],
    ],
    ["trained for another round", dueAfter(viewOf([finalRound(), roundOf({ round: 2 })]), [trained]), ["train"]],
    ["no budget left", dueAfter(spent(1)), []],
    ["budget left", dueAfter(spent(2)), ["train"]],
    ["aggregating", dueAfter(viewOf([aggregatingRound()])), []],
    ["proposed", dueAfter(viewOf([proposed])), ["verify"]],
    ["proposed, agreed", dueAfter(viewOf([proposed]), [agreed]), ["sign"]],
    ["proposed, signed", dueAfter(viewOf([proposed]), [agreed, look(viewOf([proposed])), signed]), ["publish"]],
    ["proposed, disputed", dueAfter(viewOf([proposed]), [{ kind: "verified", subject, agrees: false }]), []],
    ["proposed, leaving", dueAfter(leaves(viewOf([proposed]))), []],
    ["proposed, not enrolled", dueAfter(without(viewOf([proposed]))), ["enrol"]],
    ["complete", dueAfter(viewOf([finalRound()], { complete: true })), []],
    ["two rounds in flight", dueAfter(piped), ["verify", "train"]],
    ["two rounds in flight, the base agreed", dueAfter(piped, [agreed, onProposal]), ["sign", "offer"]],
    ["two rounds in flight, trained, the base not judged yet", dueAfter(piped, [onProposal]), ["verify"]],
    ["the same near the deadline", dueAfter(piped, [onProposal], 151), ["verify", "commit"]],
    ["two rounds in flight, the base found wrong", dueAfter(piped, [refused, onProposal], 151), []],
    [
      "two rounds in flight, pushes overdue",
      dueAfter(piped, [agreed, look(piped, 301)], 399),
      ["sign", "unchallenged", "close"],
    ],
    ["the same, the base found wrong", dueAfter(piped, [refused, look(piped, 301)], 399), []],
  ];
  for (const [name, actual, expected] of rows) {
    it(`${name}: ${expected.join(", ") || "nothing"}`, () => expect(actual).to.deep.equal(expected));
  }

  it("does not enrol unasked, without the role, or again after it has left", () => {
    const shy = participantMachine(a, { ...options, autoEnrol: false }, { graceS: 3 });
    const view = without(viewOf());
    const start = (of: typeof machine, events: readonly (ParticipantEvent | RoundEvent)[]) =>
      of.due(events.reduce((state, event) => of.reduce(state, event), of.initial)).map(({ key }) => key);
    expect(start(shy, [{ kind: "members", members }, look(view)])).to.not.include("enrol");
    const others = [memberOf(a, "aggregator"), ...members.slice(1)];
    expect(start(machine, [{ kind: "members", members: others }, look(view)])).to.not.include("enrol");
    expect(start(machine, [{ kind: "members", members }, look(leaves(viewOf())), look(view)])).to.not.include("enrol");
  });

  it("registers when the registry shows another contact, not before it is a member", () => {
    const keys = (list: typeof members) =>
      machine.due(stateAfter([{ kind: "members", members: list }, look(open)])).map(({ key }) => key);
    expect(keys(members)).to.not.include("register");
    expect(keys([{ account: a, roles: ["participant"] }])).to.include("register");
    expect(keys([{ ...memberOf(a, "participant"), contact: contactOf(b) }])).to.include("register");
    expect(keys(members.slice(1))).to.not.include("register");
  });

  it("verifies again when a reorganisation gave the same proposal other inputs", () => {
    const other = {
      ...proposed,
      commitments: [{ ...commitmentOf(0), updateRoot: hashOf(99) }, ...proposed.commitments.slice(1)],
    };
    expect(dueAfter(viewOf([other]), [agreed, look(viewOf([proposed])), signed])).to.deep.equal(["verify"]);
  });

  it("steps in when those before it do not close the round", () => {
    const full = viewOf([roundOf({ commitments: [0, 1, 2, 3].map((slot) => commitmentOf(slot)) })]);
    expect(dueAfter(full, [look(full, 100)], 134)).to.deep.equal([]);
    expect(dueAfter(full, [look(full, 100)], 135)).to.deep.equal(["close"]);
  });

  it("does nothing to make a proposal final that it found wrong", () => {
    const view = viewOf([proposed]);
    const wrong: ParticipantEvent = { kind: "verified", subject, agrees: false };
    expect(dueAfter(view, [look(view, 301)], 900)).to.include("unchallenged");
    expect(dueAfter(view, [wrong, look(view, 301)], 900)).to.deep.equal([]);
  });

  it("sends the proof that it has in its turn, unless told not to", () => {
    const view = viewOf([proposed]);
    const { hash: _, challengeDeadlineS: __, ...proposal } = proposed.proposal;
    const challenge = { kind: "challengeWeight", taskId: 1, round: 1, proposal, commitments: [] } as const;
    const wrong: ParticipantEvent = { kind: "verified", subject, agrees: false, challenge };
    expect(dueAfter(view, [wrong], 250)).to.deep.equal([]);
    expect(dueAfter(view, [wrong], 275)).to.deep.equal(["challenge"]);
    const shy = participantMachine(a, { ...options, challenge: false }, { graceS: times.graceS });
    const state = [wrong, look(view, 275)].reduce((before, event) => shy.reduce(before, event), shy.initial);
    expect(shy.due(state)).to.deep.equal([]);
  });

  it("looks again for the bytes of a wrong model that is withheld", () => {
    const wrong: ParticipantEvent = { kind: "verified", subject, agrees: false, withheld: true };
    expect(dueAfter(viewOf([proposed]), [wrong], 275)).to.deep.equal(["verify"]);
  });

  it("ends when the task is complete and settled, or when it has left", () => {
    const complete = viewOf([finalRound()], { complete: true });
    expect(machine.outcome(stateAfter([look(complete, 100)]))).to.equal(undefined);
    expect(machine.outcome(stateAfter([look(complete, 100), look(complete, 102)]))).to.deep.equal({ kind: "complete" });
    expect(machine.outcome(stateAfter([look(complete, 100), look(open, 101), look(complete, 102)]))).to.equal(
      undefined,
    );
    expect(machine.outcome(stateAfter([look(leaves(open)), look(without(open))]))).to.deep.equal({ kind: "left" });
    expect(machine.outcome(stateAfter([look(open), look(without(open))]))).to.equal(undefined);
  });
});

function finalRound() {
  return { ...proposedRound(), phase: "finalized" as const };
}

function lastPlace(): Partial<TaskView> {
  const places = viewOf().enrolled;
  return { enrolled: [...places.slice(1), places[0]!] };
}

function spent(budget: number): TaskView {
  const past = { ...finalRound(), commitments: [commitmentOf(0)] };
  return viewOf([past, roundOf({ round: 2 })], { rules: { ...rules, roundsPerParticipant: budget } });
}
