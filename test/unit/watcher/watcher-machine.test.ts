import { expect } from "chai";
import type { Address } from "../../../node/core/ids.ts";
import type { RoundView, TaskView } from "../../../node/core/task-view.ts";
import type { ChallengeCall } from "../../../node/ports/chain.ts";
import { type Judgement, subjectOf } from "../../../node/rounds/judge-proposal.ts";
import type { RoundEvent } from "../../../node/rounds/round-state.ts";
import { type WatcherEvent, watcherMachine } from "../../../node/watcher/watcher-machine.ts";
import {
  accounts,
  aggregatingRound,
  contactOf,
  hashOf,
  headAt,
  memberOf,
  members,
  proposedRound,
  roundOf,
  viewOf,
} from "../../support/round-states.ts";

const me = `0x${"77".repeat(20)}` as Address;
const machine = watcherMachine(me, { contact: contactOf(me), settleBlocks: 2 });
const proposed = proposedRound();
const finalized: RoundView = {
  ...proposed,
  phase: "finalized",
  result: { modelRoot: hashOf(50), attesters: [], evaluations: [] },
};
const { hash: _, challengeDeadlineS: __, ...proposal } = proposed.proposal;
const challenge: ChallengeCall = { kind: "challengeWeight", taskId: 1, round: 1, proposal, commitments: [] };
const refutedBy = (challenger: Address): RoundView =>
  aggregatingRound([0, 1, 2, 3], {
    refuted: [{ attempt: 0, aggregator: accounts.x, challenger, kind: "wrong-weight" }],
  });
const judged = (judgement: Judgement): WatcherEvent => ({ kind: "judged", subject: subjectOf(proposed), judgement });
const look = (view: TaskView, timestampS = 260): RoundEvent => ({ kind: "looked", view, head: headAt(timestampS) });

const stateAfter = (...events: readonly (WatcherEvent | RoundEvent)[]) =>
  events.reduce((state, event) => machine.reduce(state, event), machine.initial);
const dueAfter = (...events: readonly (WatcherEvent | RoundEvent)[]) =>
  machine.due(stateAfter({ kind: "members", members }, ...events)).map(({ kind }) => kind);

describe("the watcher's machine", () => {
  const standing = look(viewOf([proposed]));
  const rows: [string, string[], string[]][] = [
    ["before anything is known", machine.due(machine.initial).map(({ kind }) => kind), []],
    ["nothing is proposed", dueAfter(look(viewOf([roundOf()]))), []],
    ["a proposal stands", dueAfter(standing), ["judge"]],
    ["it is right", dueAfter(standing, judged({ agrees: true })), []],
    ["it is wrong, without a proof", dueAfter(standing, judged({ agrees: false })), []],
    ["it is wrong, its bytes withheld", dueAfter(standing, judged({ agrees: false, withheld: true })), ["judge"]],
    ["it is provably wrong", dueAfter(standing, judged({ agrees: false, challenge })), ["challenge"]],
    ["it became final unseen", dueAfter(standing, look(viewOf([finalized]))), ["judge"]],
    [
      "it became final, whatever can be proven",
      dueAfter(standing, judged({ agrees: false, challenge }), look(viewOf([finalized]))),
      [],
    ],
    [
      "another has won",
      dueAfter(standing, judged({ agrees: false, challenge }), look(viewOf([refutedBy(accounts.a)]))),
      [],
    ],
    ["it has won itself", dueAfter(standing, look(viewOf([refutedBy(me)]))), ["withdraw"]],
    ["it has its reward", dueAfter(look(viewOf([refutedBy(me)])), { kind: "rewarded", won: 1 }), []],
    [
      "the proposal was replaced by a reorganisation",
      dueAfter(judged({ agrees: false, challenge }), look(viewOf([{ ...proposed, baseModelRoot: hashOf(8) }]))),
      ["judge"],
    ],
  ];
  for (const [name, actual, expected] of rows) {
    it(`${name}: ${expected.join(", ") || "nothing"}`, () => expect(actual).to.deep.equal(expected));
  }

  it("leaves rounds that ended before it came to an audit", () => {
    const second = { ...roundOf({ round: 2 }) };
    expect(dueAfter(look(viewOf([finalized, second])))).to.deep.equal([]);
  });

  it("looks first at what can still be challenged", () => {
    const second = { ...proposed, round: 2, baseModelRoot: hashOf(50) };
    const state = stateAfter(look(viewOf([roundOf()])), look(viewOf([finalized, second])));
    const [action] = machine.due(state);
    expect(action).to.deep.include({ kind: "judge", subject: subjectOf(second) });
  });

  it("registers only where its account has a role", () => {
    expect(dueAfter(look(viewOf()))).to.deep.equal([]);
    const listed = [...members, { account: me, roles: memberOf(me, "participant").roles }];
    expect(dueAfter({ kind: "members", members: listed }, look(viewOf()))).to.deep.equal(["send"]);
  });

  it("ends when the task is complete, settled, recomputed to its end, and paid", () => {
    const complete = viewOf([{ ...finalized, refuted: refutedBy(me).refuted! }], { complete: true });
    const settled = [look(complete, 300), look(complete, 302)];
    expect(machine.outcome(stateAfter(...settled))).to.equal(undefined);
    const seen = [...settled, judged({ agrees: true })];
    expect(machine.outcome(stateAfter(...seen))).to.equal(undefined);
    expect(machine.outcome(stateAfter(...seen, { kind: "rewarded", won: 1 }))).to.deep.equal({ kind: "complete" });
  });
});
