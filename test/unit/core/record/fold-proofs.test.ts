import { expect } from "chai";
import { extendHistory } from "../../../../node/core/record/history-head.ts";
import { hasTooFewLeft, quorumOf } from "../../../../node/core/record/quorum.ts";
import { expectCode } from "../../../support/expect-code.ts";
import {
  accepted,
  account,
  assigned,
  bytes32,
  closed,
  committed,
  created,
  enrolled,
  expelled,
  fold,
  invalid,
  joined,
  nobody,
  opened,
  proposed,
  rewarded,
  rolledBack,
  rules,
  type Step,
  story,
  struck,
} from "../../../support/played/told-task.ts";

const members = [created(), enrolled(11, 0), enrolled(12, 1), enrolled(13, 2), joined(21, 0), joined(22, 1)];
const run = (round: number, base: number, proposer: number, place: number) => [
  opened(round, 3, 2, { baseModelRoot: bytes32(base) }),
  ...[11, 12, 13].map((who, slot) => committed(round, who, slot)),
  closed,
  assigned(round, 0, proposer, place),
  proposed,
];
const toProposal = story(...members, ...run(1, 1, 22, 1));
const accept = (before: readonly Step[]) => accepted(before, 11, 12);
const two = story(...toProposal, accept, ...run(2, 510, 21, 0), accept);
const prover = account(99);
const proposalHash = fold(...toProposal).rounds[0]!.proposal!.hash;

describe("foldTask: proofs", () => {
  it("a struck proposal is gone, and the next attempt told", () => {
    const steps = story(...toProposal, struck(1, 22), expelled(1, 22), rewarded());
    const before = fold(...toProposal).historyHead;
    const view = fold(...steps);
    const fall = {
      kind: "struck",
      round: 1,
      proof: "wrong-chunk",
      index: 4,
      prover,
      firstVoid: 0,
      lastVoid: 0,
      proposalHash,
      offender: nobody,
    } as const;
    expect(view.historyHead).to.equal(extendHistory(before, fall));
    expect(view.rounds[0]).to.include({ phase: "aggregating" }).and.not.have.property("proposal");
    expect(view.rounds[0]!.struck).to.deep.equal([
      { attempt: 0, aggregator: account(22), prover, kind: "wrong-chunk", index: 4, hash: proposalHash },
    ]);
    expect(view.expelled!.map((each) => each.account)).to.deep.equal([account(22)]);
    expect(view.leavers).to.deep.equal([{ ofAggregator: true, index: 1 }]);
    expect(view).not.to.have.property("unfinished");
    const next = fold(...steps, assigned(1, 1, 21, 0));
    const entry = {
      kind: "reassigned",
      round: 1,
      attempt: 1,
      aggregator: account(21),
      reason: "proven-wrong",
      standing: proposalHash,
    } as const;
    expect(next.historyHead).to.equal(extendHistory(view.historyHead, entry));
    expect(next.joined.some(({ idle }) => idle)).to.equal(false);
  });

  it("a strike rolls an accepted round back, and all behind it", () => {
    const steps = story(...two, struck(1, 22), rolledBack(1, 2), expelled(1, 22), expelled(1, 11), rewarded());
    const view = fold(...steps);
    expect(view.rounds.map((round) => round.void)).to.deep.equal([true, true]);
    expect(view).to.include({ modelRoot: bytes32(1), accepted: 0, complete: false });
    expect(view).not.to.have.property("modelContentId");
    const entry = {
      kind: "struck",
      round: 1,
      proof: "wrong-chunk",
      index: 4,
      prover,
      firstVoid: 1,
      lastVoid: 2,
      proposalHash: view.rounds[0]!.proposal!.hash,
      offender: nobody,
    } as const;
    expect(view.historyHead).to.equal(extendHistory(fold(...two).historyHead, entry));
    const second = fold(...story(...two, struck(2, 21), rolledBack(2, 2, bytes32(510)), expelled(2, 21), rewarded()));
    expect(second.rounds.map((round) => round.void ?? false)).to.deep.equal([false, true]);
    expect(second).to.include({ modelRoot: bytes32(510), modelContentId: bytes32(610), accepted: 1 });
    // the next round begins where the struck one began
    const next = fold(...steps, opened(3, 3, 2));
    expect(next.rounds.at(-1)).to.include({ acceptedBefore: 0, baseModelRoot: bytes32(1) });
  });

  it("a round in flight ends with the roll-back, void rounds are struck for their bonds only", () => {
    const flying = story(
      ...two,
      opened(3, 3, 2, { baseModelRoot: bytes32(520) }),
      committed(3, 11, 0),
      struck(2, 21),
      (before) => invalid(before, "rolled-back"),
      rolledBack(2, 3, bytes32(510)),
      expelled(2, 21),
      expelled(2, 11),
      rewarded(),
    );
    const view = fold(...flying);
    expect(view.rounds.at(-1)).to.include({ phase: "invalid", invalidReason: "rolled-back" });
    const again = fold(...story(...flying, struck(1, 22), rolledBack(1, 3), expelled(1, 22), rewarded()));
    expect(again).to.include({ modelRoot: bytes32(1), accepted: 0 });
    const bondsOnly = fold(...story(...two, struck(1, 22), rolledBack(1, 2), rewarded(), struck(2, 21), rewarded()));
    expect(bondsOnly.accepted).to.equal(0);
    expect(bondsOnly.rounds[1]!.struck).to.have.length(1);
  });

  it("an expelled account no longer counts in the round in flight", () => {
    const apart = story(...toProposal, expelled(1, 13, "equivocation"), rewarded(98));
    const view = fold(...apart);
    const [round] = view.rounds;
    expect(round!.expelled).to.equal(4n);
    expect(quorumOf(fold(...toProposal).rounds[0]!, { attestationQuorum: 1 })).to.equal(2);
    expect(quorumOf(round!, { attestationQuorum: 1 })).to.equal(2);
    expect(hasTooFewLeft(round!, rules)).to.equal(false);
    expect(hasTooFewLeft(round!, { minUpdates: 3 })).to.equal(true);
    const entry = { kind: "expelled", round: 1, account: account(13), proof: "equivocation" } as const;
    expect(view.historyHead).to.equal(
      extendHistory(fold(...toProposal).historyHead, { ...entry, prover: account(98) }),
    );
    expect(view.leavers).to.deep.equal([{ ofAggregator: false, index: 2 }]);
  });

  const refused: Record<string, Step[]> = {
    "a strike without a proposal": [...toProposal.slice(0, -1), struck(1, 22)],
    "a strike of somebody else": [...toProposal, struck(1, 21)],
    "a roll-back that is not told": [...two, struck(2, 21), rewarded()],
    "a roll-back of other rounds": [...two, struck(1, 22), rolledBack(1, 1)],
    "a roll-back to another model": [...two, struck(2, 21), rolledBack(2, 2, bytes32(1))],
    "a roll-back of a proposal that stands": [...toProposal, struck(1, 22), rolledBack(1, 1)],
    "a roll-back of nothing": [...two, rolledBack(1, 2)],
    "a strike within a strike": [...toProposal, struck(1, 22), struck(1, 22)],
    "a reward for nothing": [...toProposal, rewarded()],
    "a second expulsion": [...toProposal, expelled(1, 13), rewarded(), expelled(1, 13)],
    "an expelled account that comes again": [...members.slice(0, 2), expelled(1, 11), rewarded(), enrolled(11, 1)],
    "an expulsion without its prover": [...toProposal, expelled(1, 13), assigned(1, 1, 21, 0)],
  };
  for (const [name, steps] of Object.entries(refused)) {
    it(`refuses ${name}`, () => expectCode("INVALID_HISTORY", () => fold(...steps)));
  }
});
