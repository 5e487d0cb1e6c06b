import { expect } from "chai";
import type { Address } from "../../../node/core/ids.ts";
import type { RoundView, TaskView } from "../../../node/core/record/task-view.ts";
import { type ProposedRound, subjectOf } from "../../../node/rounds/blobs/proposed-round.ts";
import type { Judgement } from "../../../node/rounds/court/court-state.ts";
import type { RoundEvent } from "../../../node/rounds/state/round-state.ts";
import { watcherMachine } from "../../../node/watcher/watcher-machine.ts";
import { proofAgainst } from "../../support/played/proofs-against.ts";
import { lookAt, stateAfter } from "../../support/states/machine-states.ts";
import {
  acceptedRound,
  accounts,
  emptyPurse,
  hashOf,
  optionsOf,
  proposedRound,
  roundOf,
  viewOf,
} from "../../support/states/round-states.ts";

const me = `0x${"77".repeat(20)}` as Address;
const machine = watcherMachine(me, { ...optionsOf(me), settleBlocks: 2 });
const proposed = proposedRound();
const accepted = acceptedRound();
const second = acceptedRound({ round: 2, proposal: { ...accepted.proposal, hash: hashOf(0xe2) } });
const purse = { ...emptyPurse, purse: { ...emptyPurse.purse, of: "none:false:0:0" } };
const judged = (judgement: Judgement, round: ProposedRound = proposed): RoundEvent => ({
  kind: "judged",
  subject: subjectOf(round),
  judgement,
});
const wrong = (round: ProposedRound): RoundEvent => judged({ isRight: false, proof: proofAgainst(round) }, round);
const look = (view: TaskView, timestampS = 260): RoundEvent => lookAt(view, timestampS);
const reached = (...events: readonly RoundEvent[]) => stateAfter(machine, events);
const dueAfter = (...events: readonly RoundEvent[]) =>
  machine
    .due(reached(purse, ...events))
    .map(({ kind, key }) => (kind === "judge" || kind === "prove" ? `${kind} ${key.split(":")[1]}` : kind));
const struckBy = (prover: Address): RoundView => ({
  ...accepted,
  void: true,
  struck: [{ attempt: 0, aggregator: accounts.x, prover, kind: "wrong-chunk", index: 0, hash: accepted.proposal.hash }],
});

describe("the watcher's machine", () => {
  const standing = look(viewOf([proposed]));
  const rows: [string, string[], string[]][] = [
    ["nothing is proposed", dueAfter(look(viewOf([roundOf()]))), []],
    ["a proposal stands", dueAfter(standing), ["judge 1"]],
    ["it is right", dueAfter(standing, judged({ isRight: true })), []],
    ["it is wrong, and that can be proven", dueAfter(standing, wrong(proposed)), ["prove 1"]],
    ["it is wrong, and that cannot be proven", dueAfter(standing, judged({ isRight: false })), []],
    ["it is withheld", dueAfter(standing, judged({ isRight: false, withheld: true })), ["judge 1"]],
    ["it was accepted", dueAfter(look(viewOf([accepted]), 800)), ["judge 1"]],
    ["it was accepted, and its window is past", dueAfter(look(viewOf([accepted]), 801)), []],
    ["accepted, and wrong", dueAfter(look(viewOf([accepted]), 800), wrong(accepted)), ["prove 1"]],
    ["wrong, and its window is past", dueAfter(look(viewOf([accepted]), 801), wrong(accepted)), []],
    ["struck already", dueAfter(look(viewOf([struckBy(accounts.d)])), wrong(accepted)), []],
  ];
  for (const [name, actual, expected] of rows) {
    it(`${name}: ${expected.join(", ") || "nothing"}`, () => expect(actual).to.deep.equal(expected));
  }

  it("judges the earliest round first, and looks again for what could not be had", () => {
    const two = look(viewOf([accepted, second]));
    expect(dueAfter(two)).to.deep.equal(["judge 1"]);
    const missing = judged({ isRight: false, missing: [] }, accepted);
    expect(dueAfter(two, missing)).to.deep.equal(["judge 2", "judge 1"]);
    expect(dueAfter(two, missing, judged({ isRight: true }, second))).to.deep.equal(["judge 1"]);
  });

  it("proves the earliest wrong round first, then the void ones above it, for the bonds", () => {
    const two = look(viewOf([accepted, second]));
    expect(dueAfter(two, wrong(second), wrong(accepted))).to.deep.equal(["prove 1"]);
    const back = look(viewOf([struckBy(accounts.d), { ...second, void: true }]));
    expect(dueAfter(two, wrong(second), wrong(accepted), back)).to.deep.equal(["prove 2"]);
    const key = `prove:2:${second.proposal.hash}:accepted`;
    const refused: RoundEvent = { kind: "refused", key, untilS: 290 };
    expect(dueAfter(two, wrong(second), wrong(accepted), back, refused), "nobody is left").to.deep.equal([]);
  });

  it("tries again what was refused while nothing of it is on record, and proves what else is wrong meanwhile", () => {
    const at = (timestampS: number) => look(viewOf([accepted, second]), timestampS);
    const key = `prove:1:${accepted.proposal.hash}:accepted`;
    const refused: RoundEvent = { kind: "refused", key, untilS: 290 };
    const events = [at(260), wrong(accepted), wrong(second), refused];
    expect(dueAfter(...events)).to.deep.equal(["prove 2"]);
    expect(dueAfter(...events, at(289))).to.deep.equal(["prove 2"]);
    expect(dueAfter(...events, at(290)).toSorted()).to.deep.equal(["prove 1", "prove 2"]);
    expect(dueAfter(at(260), wrong(accepted), refused, look(viewOf([struckBy(accounts.d)]), 290))).to.deep.equal([]);
  });

  it("ends a round behind all others' turns, where nobody else does, and opens none", () => {
    const late = (timestampS: number) => look(viewOf([roundOf()]), timestampS);
    expect(dueAfter(late(161), late(190))).to.deep.equal([]);
    expect(dueAfter(late(161), late(191))).to.deep.equal(["push"]);
    const between = (timestampS: number) => look(viewOf([]), timestampS);
    expect(dueAfter(between(161), between(1_000))).to.deep.equal([]);
    const looking = watcherMachine(me, { ...optionsOf(me), prove: false });
    const state = stateAfter(looking, [late(161), late(191)]);
    expect(looking.due(state).map(({ kind }) => kind)).to.not.include("push");
  });

  it("accuses with who attested, once the proposal that it judged was accepted", () => {
    const state = reached(standing, wrong(proposed), look(viewOf([accepted])));
    const [action] = machine.due(state).filter(({ kind }) => kind === "prove");
    if (action?.kind !== "prove" || action.call.kind !== "proveWeight") return expect.fail("no proof");
    expect(action.call.evidence.attesters).to.deep.equal(accepted.result?.attesters);
  });

  it("looks at its credit at first, and when a strike or proof of its own is on record", () => {
    const view = look(viewOf([roundOf()]));
    expect(machine.due(reached(view)).map(({ kind }) => kind)).to.deep.equal(["collect"]);
    expect(dueAfter(view)).to.deep.equal([]);
    expect(dueAfter(look(viewOf([struckBy(me)])))).to.deep.equal(["collect"]);
    expect(dueAfter(view, { kind: "earned", block: 260 })).to.deep.equal(["collect"]);
    expect(dueAfter(view, { kind: "earned", block: 261 }), "not seen yet").to.deep.equal([]);
    const rich: RoundEvent = { kind: "purse", purse: { ...purse.purse, creditWei: 1n } };
    expect(dueAfter(view, rich)).to.deep.equal(["collect"]);
  });

  it("ends when the task is final, settled, and its credit paid out", () => {
    const complete = viewOf([accepted], { complete: true });
    const end = (...events: RoundEvent[]) => machine.outcome(reached(...events));
    expect(end(purse, look(complete, 801), look(complete, 802))).to.equal(undefined);
    expect(end(purse, look(complete, 801), look(complete, 803))).to.deep.equal({ kind: "final" });
    expect(end(look(complete, 801), look(complete, 803))).to.equal(undefined);
  });
});
