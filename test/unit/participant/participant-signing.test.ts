import { expect } from "chai";
import type { RoundView, TaskView } from "../../../node/core/task-view.ts";
import {
  type ParticipantAction,
  type ParticipantEvent,
  type ParticipantMachineOptions,
  participantMachine,
} from "../../../node/participant/participant-machine.ts";
import { subjectOf } from "../../../node/rounds/judge-proposal.ts";
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
import { availabilityWord, custodyOf, signedCommitmentOf } from "../../support/signed-words.ts";

const { a, b, x, y } = accounts;
type Event = ParticipantEvent | RoundEvent;
const update = { round: 1, baseModelRoot: hashOf(9), updateRoot: hashOf(16), contentId: hashOf(32), weight: 10 };
const trained: Event = { kind: "trained", update };
const answered: Event = { kind: "answered", contentId: update.contentId };
const signed: Event = { kind: "commitment-signed", signed: signedCommitmentOf(0) };
const look = (view: TaskView, timestampS = 101): Event => ({ kind: "looked", view, head: headAt(timestampS) });

function dueAfter(
  events: readonly Event[],
  options: Partial<ParticipantMachineOptions> = {},
): readonly ParticipantAction[] {
  const all = { autoEnrol: true, contact: contactOf(a), patienceS: 5, settleBlocks: 0, challenge: true, ...options };
  const machine = participantMachine(a, all, { graceS: 3 });
  const state = [{ kind: "members", members } as const, ...events].reduce(
    (before, event) => machine.reduce(before, event),
    machine.initial,
  );
  return machine.due(state);
}
const kindsOf = (actions: readonly ParticipantAction[]) =>
  actions.map((action) => (action.kind === "send" || action.kind === "push" ? action.call.kind : action.kind));

describe("a participant that has its commitments batched", () => {
  const open = viewOf([roundOf()]);
  const due = (events: readonly Event[], view = open, atS = 101) =>
    dueAfter([look(open), ...events, look(view, atS)], { commit: "batched" });

  it("signs once its update is held, and repeats its word until the chain has it", () => {
    expect(kindsOf(due([trained, answered]))).to.deep.equal(["sign-commitment"]);
    expect(due([trained, answered, signed])).to.deep.equal([
      { kind: "announce-commitment", key: `announce-commitment:1:${hashOf(9)}`, signed: signedCommitmentOf(0) },
    ]);
    const committed = viewOf([roundOf({ commitments: [commitmentOf(0)] })]);
    expect(kindsOf(due([trained, answered, signed], committed))).to.deep.equal([]);
  });

  it("commits by itself, to what it signed, when half of the time that was left has passed", () => {
    // signed at 101, the deadline is 160
    expect(kindsOf(due([trained, answered, signed], open, 129))).to.deep.equal(["announce-commitment"]);
    const [, own] = due([trained, answered, signed], open, 130);
    expect(own).to.deep.include({ kind: "send", call: { kind: "commit", taskId: 1, ...update } });
    const other: Event = { kind: "trained", update: { ...update, updateRoot: hashOf(99) } };
    const [, same] = due(
      [trained, answered, signed, other, { kind: "offered", contentId: update.contentId }],
      open,
      130,
    ).filter(({ kind }) => kind !== "offer");
    expect(same?.kind === "send" && same.call).to.deep.include({ updateRoot: update.updateRoot });
  });

  it("does not sign when it is too late for a batch", () => {
    expect(kindsOf(due([trained, answered], open, 130))).to.deep.equal(["sign-commitment"]);
    expect(kindsOf(due([trained, answered], open, 131))).to.deep.equal(["commit"]);
  });

  it("signs anew when a reorganisation gave the round another base, and the same again when it came back", () => {
    const other = viewOf([roundOf({ baseModelRoot: hashOf(8) })]);
    expect(kindsOf(due([trained, answered, signed], other))).to.deep.equal(["train"]);
    expect(kindsOf(due([trained, answered, signed, look(other)]))).to.deep.equal(["announce-commitment"]);
  });

  it("brings the words of all to the chain itself when no aggregator does", () => {
    const words: Event[] = [1, 2, 3].map((slot) => ({ kind: "commitment", signed: signedCommitmentOf(slot) }));
    const state = [trained, answered, signed, ...words];
    expect(kindsOf(due(state, open, 101))).to.deep.equal(["announce-commitment"]);
    expect(kindsOf(due([...state, look(open, 101)], open, 129))).to.not.include("commit");
    expect(kindsOf(due([...state, look(open, 101)], open, 150))).to.include("commitBatch");
  });
});

describe("a participant in a task with holders", () => {
  const held = { ...rules, holders: 2 };
  const round = aggregatingRound();
  const closed = viewOf([round], { rules: held });
  const holding = (...slots: number[]): Event[] => slots.map((slot) => ({ kind: "holding", round, slot }));
  const word = availabilityWord(0, 0b1111n, round);
  const spoken: Event = { kind: "availability-signed", word };
  // the aggregator has from 200 to 240
  const due = (events: readonly Event[], atS = 205, view = closed) =>
    dueAfter([look(view), ...events, look(view, atS)]);

  it("gets all updates of a closed round", () => {
    expect(due([])).to.deep.include({ kind: "gather", key: `gather:1:${round.accumulator}`, round, slots: 0b1111n });
    const [action] = due(holding(0, 2));
    expect(action).to.deep.include({ kind: "gather", slots: 0b1010n });
  });

  it("says at once that it holds them all, and repeats it", () => {
    const [action] = due(holding(0, 1, 2, 3));
    expect(action).to.deep.include({ kind: "sign-availability", slots: 0b1111n });
    const [repeated] = due([...holding(0, 1, 2, 3), spoken]);
    expect(repeated).to.deep.include({ kind: "announce-availability", word });
  });

  it("says what it holds after a third of the aggregator's time, and again when it is more", () => {
    expect(kindsOf(due(holding(0, 1), 212))).to.deep.equal(["gather"]);
    expect(kindsOf(due([], 213)), "nothing to say").to.deep.equal(["gather"]);
    expect(due(holding(0, 1), 213).at(-1)).to.deep.include({ kind: "sign-availability", slots: 0b11n });
    const part: Event = { kind: "availability-signed", word: availabilityWord(0, 0b11n, round) };
    expect(kindsOf(due([...holding(0, 1), part], 214))).to.deep.equal(["gather", "announce-availability"]);
    expect(kindsOf(due([...holding(0, 1), part, ...holding(2)], 214))).to.deep.equal([
      "gather",
      "sign-availability",
      "announce-availability",
    ]);
  });

  it("never says that it holds what breaks the rules", () => {
    const faulty: Event = { kind: "holding", round, slot: 3, isFaulty: true };
    expect(kindsOf(due([...holding(0, 1, 2), faulty]))).to.deep.equal([]);
    expect(due([...holding(0, 1, 2), faulty], 213).at(-1)).to.deep.include({
      kind: "sign-availability",
      slots: 0b111n,
    });
  });

  it("begins anew when a reorganisation froze other commitments", () => {
    const other = viewOf([aggregatingRound([1, 0, 2, 3])], { rules: held });
    expect(kindsOf(due([...holding(0, 1, 2, 3), spoken], 205, other))).to.deep.equal(["gather"]);
  });

  it("says nothing in other phases, in tasks without holders, or where it has not committed", () => {
    expect(kindsOf(due([], 205, viewOf([round])))).to.deep.equal([]);
    expect(kindsOf(due([], 205, viewOf([aggregatingRound([1, 2, 3])], { rules: held })))).to.deep.equal([]);
    expect(kindsOf(due([], 205, viewOf([proposedRound()], { rules: held })))).to.deep.equal(["verify"]);
  });
});

describe("a participant whose update was left out", () => {
  const out = proposedRound(0b1n);
  const view = viewOf([out]);
  const commitment = out.commitments[0]!;
  const recalled = (...words: ReturnType<typeof custodyOf>[]): Event => ({ kind: "recalled", commitment, words });
  const due = (events: readonly Event[] = [], options = {}, of = view) => dueAfter([look(of), ...events], options);
  const challenges = (actions: readonly ParticipantAction[]) =>
    actions.flatMap((action) =>
      action.kind === "send" && action.call.kind === "challengeExclusion" ? [action.call] : [],
    );

  it("looks into its journal, then proves that the proposer signed custody", () => {
    expect(due()).to.deep.include({
      kind: "recall",
      key: `recall:1:${commitment.updateRoot}:${commitment.contentId}`,
      commitment,
    });
    const [call] = challenges(due([recalled(custodyOf(0, y), custodyOf(0, x))]));
    const { hash: _, challengeDeadlineS: __, ...proposal } = out.proposal;
    expect(call).to.deep.equal({
      kind: "challengeExclusion",
      taskId: 1,
      round: 1,
      proposal,
      commitments: out.commitments,
      position: 0,
      custody: custodyOf(0, x),
    });
  });

  it("sends that proof alone, whatever else it finds", () => {
    const known = [recalled(custodyOf(0, x)), { kind: "verified", subject: subjectOf(out), agrees: false } as const];
    expect(kindsOf(due(known))).to.deep.equal(["challengeExclusion"]);
    expect(kindsOf(due([recalled(custodyOf(0, x))])), "nothing is left to verify").to.deep.equal([
      "challengeExclusion",
    ]);
  });

  it("does nothing with another aggregator's word, with none, when it is in, or when told not to challenge", () => {
    expect(challenges(due([recalled(custodyOf(0, y))]))).to.deep.equal([]);
    expect(challenges(due([recalled()]))).to.deep.equal([]);
    expect(kindsOf(due([recalled()]))).to.not.include("recall");
    expect(kindsOf(due([], {}, viewOf([proposedRound(0b10n)])))).to.not.include("recall");
    expect(kindsOf(due([recalled(custodyOf(0, x))], { challenge: false }))).to.deep.equal(["verify"]);
  });
});

describe("a participant in a task with bonds", () => {
  const bonded = { ...rules, participantBondGwei: 7 };
  const outside = (changes: Partial<TaskView> = {}, rounds: readonly RoundView[] = []) => {
    const view = viewOf(rounds, { rules: bonded, ...changes });
    return { ...view, enrolled: view.enrolled.filter(({ participant }) => participant !== a) };
  };
  const due = (view: TaskView, events: readonly Event[] = [], options = {}) =>
    dueAfter([look(view), ...events, look(view)], options).filter(({ kind }) => kind !== "push");

  it("brings its bond before it takes a place, and only then", () => {
    expect(due(outside())).to.deep.equal([{ kind: "bond", key: "bond", bondWei: 7_000_000_000n }]);
    expect(kindsOf(due(outside(), [{ kind: "bonded" }]))).to.deep.equal(["enrol"]);
    expect(kindsOf(due(viewOf([], { rules: bonded })))).to.deep.equal([]);
    expect(kindsOf(due(outside({ rules })))).to.deep.equal(["enrol"]);
    expect(kindsOf(due(outside(), [], { autoEnrol: false }))).to.deep.equal([]);
  });

  it("brings no other, and does not come back, when it was expelled", () => {
    const misconduct = [{ round: 1, participant: a, reporter: b, kind: "withheld" }] as const;
    expect(kindsOf(due(outside({ misconduct })))).to.deep.equal([]);
  });
});
