import { expect } from "chai";
import type { Address } from "../../../node/core/ids.ts";
import type { DemandView, RoundView, TaskView } from "../../../node/core/task-view.ts";
import type { ChallengeCall } from "../../../node/ports/chain.ts";
import { caseOf } from "../../../node/rounds/case-of.ts";
import { type Judgement, subjectOf } from "../../../node/rounds/judge-proposal.ts";
import type { RoundEvent } from "../../../node/rounds/round-state.ts";
import { type WatcherEvent, watcherMachine } from "../../../node/watcher/watcher-machine.ts";
import { demandAgainst } from "../../support/demands.ts";
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
const machine = watcherMachine(me, { contact: contactOf(me), patienceS: 5, settleBlocks: 2 });
const proposed = proposedRound();
const finalized: RoundView = {
  ...proposed,
  phase: "finalized",
  result: { modelRoot: hashOf(50), attesters: [], evaluations: [] },
};
const { hash: _, challengeDeadlineS: __, ...proposal } = proposed.proposal;
const challenge: ChallengeCall = { kind: "challengeWeight", taskId: 1, round: 1, proposal, commitments: [] };
const other = `0x${"78".repeat(20)}` as Address;
const withheld: Judgement = {
  agrees: false,
  withheld: true,
  next: { height: 1, index: 0, node: proposed.proposal.modelRoot, path: [] },
};
const mine = demandAgainst(proposed, me);
const theirs = demandAgainst(proposed, other);
const openCase = { ...caseOf(challenge), round: 1 };
const held = { kind: "held", caseHash: openCase.caseHash, untilS: 3900 } as const;
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
    [
      "bytes of an update are missing, in time to appear",
      dueAfter(look(viewOf([proposed]), 254), judged({ agrees: false, missing: proposed.commitments.slice(1, 2) })),
      ["judge"],
    ],
    [
      "bytes of an update are missing",
      dueAfter(standing, judged({ agrees: false, missing: proposed.commitments.slice(1, 2) })),
      ["judge", "demand"],
    ],
    ["a wrong model is withheld", dueAfter(standing, judged(withheld)), ["judge", "demand"]],
    ["it was demanded", dueAfter(look(viewOf([{ ...proposed, demands: [mine] }])), judged(withheld)), ["judge"]],
    [
      "it was demanded in vain",
      dueAfter(look(viewOf([{ ...proposed, demands: [mine] }]), 301), judged(withheld)),
      ["judge", "send"],
    ],
    [
      "another demands, and nobody answers for long",
      dueAfter(look(viewOf([{ ...proposed, demands: [theirs] }]), 275), judged({ agrees: true })),
      ["answer"],
    ],
    [
      "its demand is of no use any more",
      dueAfter(look(viewOf([{ ...finalized, demands: [mine] }])), judged({ agrees: true })),
      ["send"],
    ],
    [
      "its demand came back",
      dueAfter(look(viewOf([{ ...finalized, demands: [{ ...mine, open: false }] }])), judged({ agrees: true })),
      ["withdraw"],
    ],
    [
      "it has a case that another won",
      dueAfter(look(viewOf([refutedBy(accounts.a)])), { kind: "cases", cases: [openCase] }),
      ["settle"],
    ],
    [
      "its reward is held",
      dueAfter(look(viewOf([refutedBy(me)])), { kind: "cases", cases: [openCase] }, held, { kind: "rewarded", won: 1 }),
      [],
    ],
    [
      "its reward was held long enough",
      dueAfter(look(viewOf([refutedBy(me)]), 3900), { kind: "cases", cases: [openCase] }, held, {
        kind: "rewarded",
        won: 1,
      }),
      ["settle"],
    ],
    ["it settled a case", dueAfter(standing, judged({ agrees: true }), { kind: "earned" }), ["withdraw"]],
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

  it("judges both proposals in flight, the older one first, and challenges either", () => {
    const hash = hashOf(77);
    const second = { ...proposed, round: 2, proposal: { ...proposed.proposal, hash } };
    const both = look(viewOf([proposed, second]));
    const next = machine.due(stateAfter(both)).map((action) => action.kind === "judge" && action.round.round);
    expect(next).to.deep.equal([1, 2]);
    const wrong = { kind: "judged", subject: subjectOf(second), judgement: { agrees: false, challenge } } as const;
    expect(dueAfter(both, judged({ agrees: true }), wrong)).to.deep.equal(["challenge"]);
    const watching = machine.due(stateAfter(both, judged({ agrees: true })));
    expect(watching.map((action) => action.kind === "judge" && action.round.round)).to.deep.equal([2]);
  });

  it("looks again at a withheld model as soon as more of it was shown", () => {
    const judgeKeys = (demands: readonly DemandView[]) =>
      machine
        .due(stateAfter(look(viewOf([{ ...proposed, demands }])), judged(withheld)))
        .filter(({ kind }) => kind === "judge")
        .map(({ key }) => key);
    const shown = { ...mine, open: false, shown: { nodes: [hashOf(1), hashOf(2)] } };
    expect(judgeKeys([mine])).to.have.length(1);
    expect(judgeKeys([shown])).not.to.deep.equal(judgeKeys([mine]));
  });

  it("judges two proposals in flight at once", () => {
    const second = { ...proposed, round: 2, baseModelRoot: proposed.proposal.modelRoot };
    const keys = machine.due(stateAfter(look(viewOf([proposed, second])))).map(({ key }) => key);
    expect(new Set(keys).size).to.equal(2);
  });

  it("does not end while a bond is to come back, nor wait for rewards that are held", () => {
    const complete = (demands: readonly DemandView[]) => viewOf([{ ...finalized, demands }], { complete: true });
    const ended = (demands: readonly DemandView[], ...more: readonly WatcherEvent[]) =>
      machine.outcome(
        stateAfter(look(complete(demands), 300), look(complete(demands), 302), judged({ agrees: true }), ...more),
      )?.kind;
    expect(ended([mine])).to.equal(undefined);
    expect(ended([{ ...mine, open: false }])).to.equal(undefined);
    expect(ended([{ ...mine, open: false }], { kind: "rewarded", won: 1 })).to.equal("complete");
    expect(ended([], { kind: "cases", cases: [openCase] })).to.equal(undefined);
    expect(ended([], { kind: "cases", cases: [openCase] }, held)).to.equal("complete");
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
