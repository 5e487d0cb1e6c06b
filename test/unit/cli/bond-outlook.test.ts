import { expect } from "chai";
import { bondOutlook } from "../../../node/cli/bond-outlook.ts";
import type { RoundView } from "../../../node/core/task-view.ts";
import { accounts, aggregatingRound, proposedRound, rules, viewOf } from "../../support/round-states.ts";

const me = accounts.x;
/** Amounts of this test are in gwei. */
const gwei = 10n ** 9n;
const bond10 = 10n;

function outlook(free: bigint, locked: bigint, rounds: readonly RoundView[] = [], bond = bond10) {
  const view = viewOf(rounds, { rules: { ...rules, aggregatorBondGwei: Number(bond) } });
  const { standing, missingWei } = bondOutlook(view, { freeWei: free * gwei, lockedWei: locked * gwei }, me);
  return [standing, missingWei / gwei];
}

describe("what a task's bond means for an account", () => {
  const mine = { attempt: 0, aggregator: me, deadlineS: 240 };
  const refuted = [{ attempt: 0, aggregator: me, challenger: accounts.a, kind: "wrong-chunk" as const }];

  it("nothing, in a task without one", () => {
    expect(outlook(0n, 0n, [], 0n)).to.deep.equal(["none", 0n]);
  });

  it("it is covered by what is free, to the last wei", () => {
    expect(outlook(10n, 0n)).to.deep.equal(["covered", 0n]);
    expect(outlook(9n, 0n)).to.deep.equal(["missing", 1n]);
    expect(outlook(0n, 0n)).to.deep.equal(["missing", 10n]);
  });

  it("what is locked answers for the task's round, or for those of others", () => {
    for (const round of [aggregatingRound([], { assignment: mine }), { ...proposedRound(), assignment: mine }]) {
      expect(outlook(0n, 10n, [round])).to.deep.equal(["locked", 0n]);
    }
    const other = aggregatingRound([], { assignment: { ...mine, aggregator: accounts.y } });
    expect(outlook(4n, 10n, [other])).to.deep.equal(["locked-elsewhere", 6n]);
    expect(outlook(10n, 10n, [other])).to.deep.equal(["covered", 0n]);
  });

  it("one lost is told, until there is enough again", () => {
    const struck = aggregatingRound([], { refuted, assignment: { ...mine, aggregator: accounts.y } });
    expect(outlook(3n, 0n, [struck])).to.deep.equal(["lost", 7n]);
    expect(outlook(10n, 0n, [struck])).to.deep.equal(["covered", 0n]);
    const others = refuted.map((each) => ({ ...each, aggregator: accounts.y }));
    expect(outlook(3n, 0n, [aggregatingRound([], { refuted: others })])).to.deep.equal(["missing", 7n]);
  });
});
