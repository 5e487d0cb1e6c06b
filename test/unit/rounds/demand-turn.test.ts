import { expect } from "chai";
import type { Address } from "../../../node/core/ids.ts";
import type { DemandView } from "../../../node/core/task-view.ts";
import type { PlacedNode } from "../../../node/core/tree-nodes.ts";
import { demandedWei } from "../../../node/rounds/demand-budget.ts";
import { dueDemands, dueReturns, dueStrikes } from "../../../node/rounds/demand-turn.ts";
import type { Judgement } from "../../../node/rounds/judge-proposal.ts";
import { demandAgainst } from "../../support/demands.ts";
import {
  accounts,
  aggregatingRound,
  commitmentOf,
  hashOf,
  headAt,
  proposedRound,
  viewOf,
} from "../../support/round-states.ts";

const watcher = `0x${"77".repeat(20)}` as Address;
const other = `0x${"78".repeat(20)}` as Address;
const proposed = proposedRound();
const top: PlacedNode = { height: 1, index: 0, node: proposed.proposal.modelRoot, path: [] };
const withheld: Judgement = { agrees: false, withheld: true, next: top };
const missing: Judgement = { agrees: false, missing: [commitmentOf(1), commitmentOf(2)] };
const nodes = [hashOf(1), hashOf(2)];

function demandsDue(
  judgement: Judgement,
  atS: number,
  options: { readonly me?: Address; readonly demands?: readonly DemandView[] } = {},
) {
  const round = { ...proposed, demands: options.demands ?? [] };
  const look = { view: viewOf([round]), head: headAt(atS), round };
  return dueDemands(options.me ?? watcher, look, judgement, { patienceS: 5 });
}

describe("dueDemands", () => {
  it("asks for the withheld model's tree from the top once the bytes had time to appear", () => {
    expect(demandsDue(withheld, 254)).to.deep.equal([]);
    expect(demandsDue(withheld, 255)).to.deep.equal([
      { kind: "demand", key: `demand:${proposed.proposal.hash}:1:0`, round: { ...proposed, demands: [] }, node: top },
    ]);
    expect(demandsDue(withheld, 301), "after the window").to.deep.equal([]);
  });

  it("leaves participants their turns", () => {
    const from = (me: Address) =>
      Array.from({ length: 51 }, (_, i) => 250 + i).find((s) => demandsDue(withheld, s, { me }).length > 0);
    expect([watcher, accounts.a, accounts.b, accounts.c, accounts.d].map(from)).to.deep.equal([
      255, 265, 270, 275, 260,
    ]);
  });

  it("does not ask again for what was demanded by anybody, and goes on at once where it has begun", () => {
    const open = demandAgainst(proposed, other);
    expect(demandsDue(withheld, 260, { demands: [open] })).to.deep.equal([]);
    const shown = demandAgainst(proposed, watcher, { open: false, shown: { nodes } });
    const next = { ...top, height: 0, index: 1, node: hashOf(2), path: [hashOf(1)] };
    expect(demandsDue({ ...withheld, next }, 251, { demands: [shown] })).to.have.length(1);
    const theirs = demandAgainst(proposed, other, { open: false, shown: { nodes } });
    expect(demandsDue({ ...withheld, next }, 251, { demands: [theirs] })).to.deep.equal([]);
  });

  it("asks for a chunk of each missing update, once each, and not where enough others did", () => {
    const keys = (demands: readonly DemandView[]) =>
      demandsDue(missing, 260, { demands }).map(({ key }) => key.split(":").at(-1));
    const ofUpdate = (demander: Address, place: number, index: number) =>
      demandAgainst(proposed, demander, { demand: { kind: "update-chunk", place, index, root: hashOf(16 + place) } });
    expect(keys([])).to.deep.equal(["1", "2"]);
    expect(keys([ofUpdate(watcher, 1, 0)])).to.deep.equal(["2"]);
    expect(keys([ofUpdate(other, 1, 0)])).to.deep.equal(["1", "2"]);
    expect(keys([accounts.a, accounts.b, other].map((each, i) => ofUpdate(each, 1, i)))).to.deep.equal(["2"]);
  });

  it("has nothing to ask where the proposal is right or provably wrong", () => {
    expect(demandsDue({ agrees: true }, 260)).to.deep.equal([]);
    expect(demandsDue({ agrees: false }, 260)).to.deep.equal([]);
  });
});

describe("dueStrikes", () => {
  const strikes = (me: Address, atS: number, demand = demandAgainst(proposed, watcher)) =>
    dueStrikes(me, { view: viewOf([{ ...proposed, demands: [demand] }]), head: headAt(atS) }, { patienceS: 5 });

  it("come when the demand's time has passed: its maker first", () => {
    expect(strikes(watcher, 300)).to.deep.equal([]);
    const [strike] = strikes(watcher, 301);
    const { hash: _, challengeDeadlineS: __, ...proposal } = proposed.proposal;
    expect(strike?.call).to.deep.equal({
      kind: "strikeUnanswered",
      demand: demandAgainst(proposed, watcher).demand,
      proposal,
    });
    expect(strikes(other, 305), "another watcher").to.deep.equal([]);
    expect(strikes(other, 306)).to.have.length(1);
    expect(strikes(accounts.d, 325), "a participant").to.deep.equal([]);
    expect(strikes(accounts.d, 326)).to.have.length(1);
  });

  it("never come against an answer, or for another proposal", () => {
    expect(strikes(watcher, 400, demandAgainst(proposed, watcher, { open: false, shown: { nodes } }))).to.deep.equal(
      [],
    );
    const earlier = demandAgainst(proposed, watcher, { demand: { proposalHash: hashOf(5) } });
    expect(strikes(watcher, 400, earlier)).to.deep.equal([]);
  });
});

describe("dueReturns", () => {
  const own = demandAgainst(proposed, watcher);
  const kinds = (round: Parameters<typeof viewOf>[0] extends readonly (infer R)[] | undefined ? R : never) =>
    dueReturns(watcher, viewOf([round])).map(({ call }) => call.kind);

  it("take the bond back when the proposal is no longer to be decided", () => {
    expect(kinds({ ...proposed, demands: [own] })).to.deep.equal([]);
    expect(kinds({ ...proposed, phase: "finalized", demands: [own] })).to.deep.equal(["returnDemand"]);
    expect(kinds({ ...aggregatingRound(), demands: [own] })).to.deep.equal(["returnDemand"]);
    const replaced = { ...proposed, proposal: { ...proposed.proposal, hash: hashOf(6) }, demands: [own] };
    expect(kinds(replaced)).to.deep.equal(["returnDemand"]);
  });

  it("leave others' bonds, and what came back or was lost", () => {
    const ended = { ...proposed, phase: "finalized" as const };
    expect(kinds({ ...ended, demands: [demandAgainst(proposed, other)] })).to.deep.equal([]);
    expect(kinds({ ...ended, demands: [{ ...own, open: false }] })).to.deep.equal([]);
  });
});

describe("demandedWei", () => {
  it("counts what is open and what was answered, not what came back", () => {
    const bonds = { "update-chunk": 3n, "model-nodes": 100n };
    const demands = [
      demandAgainst(proposed, watcher),
      demandAgainst(proposed, watcher, { open: false, shown: { nodes } }),
      demandAgainst(proposed, watcher, { open: false }),
      demandAgainst(proposed, watcher, { demand: { kind: "update-chunk" } }),
      demandAgainst(proposed, other),
    ];
    expect(demandedWei(watcher, viewOf([{ ...proposed, demands }]), bonds)).to.equal(203n);
  });
});
