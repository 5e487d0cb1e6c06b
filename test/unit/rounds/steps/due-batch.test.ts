import { expect } from "chai";
import type { RoundView, TaskView } from "../../../../node/core/record/task-view.ts";
import type { SignedCommitment } from "../../../../node/core/records.ts";
import { batchAtS, commitAtS, lastBatchAtS } from "../../../../node/rounds/steps/batch-times.ts";
import { duePushes, type HeardWords } from "../../../../node/rounds/steps/push.ts";
import { noMaskHearing } from "../../../../node/rounds/words/mask-hearing.ts";
import { addCommitment, noWords, type WordPool } from "../../../../node/rounds/words/word-pool.ts";
import { surveyedAt } from "../../../support/states/machine-states.ts";
import {
  acceptedRound,
  accounts,
  commitmentOf,
  hashOf,
  roundOf,
  rules,
  viewOf,
} from "../../../support/states/round-states.ts";
import { signedCommitmentOf } from "../../../support/states/signed-words.ts";

// the round opens at second 100, its window is 60 s
const at = { open: 100, third: 120, half: 130, deadline: 160 };
const heardAt = (atS: number, ...slots: number[]): WordPool =>
  slots.reduce((pool, slot) => addCommitment(pool, signedCommitmentOf(slot), atS), noWords);
const heardOf = (words: WordPool): HeardWords => ({ attestations: new Map(), words, masks: noMaskHearing });
const joined = (...pools: WordPool[]): WordPool => new Map(pools.flatMap((pool) => [...pool]));

function batched(pool: WordPool, atS: number, round: RoundView = roundOf(), changes: Partial<TaskView> = {}) {
  const pushes = duePushes(surveyedAt(viewOf([round], changes), atS), heardOf(pool), { graceS: 0 });
  const call = pushes.find((push) => push.call.kind === "commitBatch")?.call;
  return call?.kind === "commitBatch" ? call.signed.map(({ participant }) => participant) : undefined;
}

const { a, b, c, d } = accounts;

describe("batches of signed commitments", () => {
  it("go at once when with them all of the drawn have committed", () => {
    expect(batched(heardAt(at.open, 0, 1, 2, 3), 101)).to.deep.equal([a, b, c, d]);
    const half = roundOf({ commitments: [commitmentOf(0), commitmentOf(1)] });
    expect(batched(heardAt(at.open, 2, 3), 101, half)).to.deep.equal([c, d]);
    expect(batched(heardAt(at.open, 0, 1, 2, 3), 101, half), "the others are there").to.deep.equal([c, d]);
  });

  it("go at a third of the window with what was heard by then, at half of it with the next", () => {
    expect(batched(heardAt(at.open, 0, 1), at.third - 1)).to.equal(undefined);
    expect(batched(heardAt(at.open, 0, 1), at.third)).to.deep.equal([a, b]);
    const two = roundOf({ commitments: [commitmentOf(0), commitmentOf(1)] });
    const late = joined(heardAt(at.open, 0, 1), heardAt(at.third + 1, 2));
    expect(batched(late, at.half - 1, two)).to.equal(undefined);
    expect(batched(late, at.half, two)).to.deep.equal([c]);
  });

  it("wait only for the last of the drawn where words come later", () => {
    const late = heardAt(at.half + 1, 0, 1);
    expect(batched(late, at.deadline)).to.equal(undefined);
    expect(batched(late, at.deadline, roundOf({ commitments: [commitmentOf(2), commitmentOf(3)] }))).to.deep.equal([
      a,
      b,
    ]);
  });

  it("are never more than two a round while words arrive before half of the window", () => {
    const moments = new Set<number | undefined>();
    for (let heard = at.open; heard <= at.half; heard++) moments.add(batchAtS(roundOf(), rules, heard));
    expect([...moments]).to.deep.equal([at.third, at.half]);
  });

  it("leave out what the contract would pass over", () => {
    const leaving = viewOf().enrolled.map((place) => ({ ...place, leaving: place.account === a }));
    expect(batched(heardAt(at.open, 0, 1), at.third, roundOf(), { enrolled: leaving })).to.deep.equal([b]);
    const past = acceptedRound({ commitments: [commitmentOf(0)] });
    const spent = viewOf([past, roundOf({ round: 2 })], { rules: { ...rules, roundsPerParticipant: 1 } });
    const second = [0, 1].map((slot) => signedCommitmentOf(slot, { round: 2 }));
    const pool = second.reduce((all, signed: SignedCommitment) => addCommitment(all, signed, at.open), noWords);
    const call = duePushes(surveyedAt(spent, at.third), heardOf(pool), { graceS: 0 })[0]?.call;
    expect(call?.kind === "commitBatch" && call.signed.map(({ participant }) => participant)).to.deep.equal([b]);
  });

  it("are of this round and its anchor", () => {
    expect(batched(heardAt(at.open, 0, 1), at.third, roundOf({ anchor: hashOf(8) }))).to.equal(undefined);
    expect(batched(heardAt(at.open, 0, 1), at.third, roundOf({ round: 2 }))).to.equal(undefined);
  });

  it("end with the window: then the round is closed", () => {
    const pushes = duePushes(surveyedAt(viewOf([roundOf()]), at.deadline + 1), heardOf(heardAt(at.open, 0)), {
      graceS: 0,
    });
    expect(pushes.map(({ call }) => call.kind)).to.deep.equal(["closeRound"]);
  });

  it("go before their participants step in, however early or late they signed", () => {
    for (let signed = at.open; signed <= lastBatchAtS(roundOf(), rules); signed++) {
      expect(commitAtS(roundOf(), signed)).to.be.greaterThan(batchAtS(roundOf(), rules, signed)! + 5);
    }
    expect(commitAtS(roundOf(), at.open)).to.equal(at.half);
    expect(commitAtS(roundOf(), at.deadline + 5), "too late is at once").to.equal(at.deadline + 5);
  });
});
