import { expect } from "chai";
import { mayBeMissing, shareThreshold } from "../../../../node/core/modes/share-threshold.ts";
import {
  droppedSlots,
  endedOpen,
  isKeyTimeOver,
  keyDeadlineS,
  keyedSlots,
  leastUpdates,
  openingsLength,
  survivingSlots,
} from "../../../../node/core/record/round-keys.ts";
import type { Advertisement, Commitment, TaskRules } from "../../../../node/core/records.ts";
import { expectCode } from "../../../support/expect-code.ts";

const rules = { mode: "masked", minUpdates: 3, thresholdPercent: 67, commitWindowS: 60, keyWindowS: 20 } as TaskRules;
const slots = (...taken: number[]) => taken.map((slot) => ({ slot }) as Advertisement & Commitment);
const round = { commitDeadlineS: 1080, drawn: 64, advertisements: slots(0, 5, 63), commitments: slots(63, 0) };

describe("a round's keys", () => {
  it("are due before the time for commitments", () => {
    expect(keyDeadlineS(round, rules)).to.equal(1020);
    expect(isKeyTimeOver(round, rules, 1020)).to.equal(false);
    expect(isKeyTimeOver(round, rules, 1021)).to.equal(true);
    expect(isKeyTimeOver({ ...round, drawn: 3 }, rules, 1001)).to.equal(true);
    expect(isKeyTimeOver({ commitDeadlineS: 1080, drawn: 64 }, { ...rules, keyWindowS: 0 }, 1020)).to.equal(true);
  });

  it("divide into those that survive and those that dropped out", () => {
    const [first, fifth, last] = [1n, 1n << 5n, 1n << 63n];
    expect(keyedSlots(round)).to.equal(first | fifth | last);
    expect(survivingSlots(round)).to.equal(first | last);
    expect(droppedSlots(round)).to.equal(fifth);
    expect(keyedSlots({})).to.equal(0n);
    expect(droppedSlots({ commitments: slots(1) })).to.equal(0n);
  });

  it("say how few commitments are too few", () => {
    const none = { mode: "encrypted", thresholdPercent: 0 } as const;
    const drawn = (count: number) => ({ advertisements: slots(0, 1, 2), drawn: count });
    // one more than the threshold of the others drawn, whoever of them advertised
    expect([3, 4, 5, 6, 7, 64].map((count) => leastUpdates(drawn(count), rules))).to.deep.equal([3, 4, 4, 5, 6, 44]);
    expect(leastUpdates(drawn(64), { ...rules, thresholdPercent: 100 })).to.equal(64);
    expect(leastUpdates(drawn(5), { ...rules, minUpdates: 5 })).to.equal(5);
    expect(leastUpdates(drawn(64), { ...rules, ...none })).to.equal(3);
    expect(leastUpdates({ drawn: 64 }, { ...rules, ...none })).to.equal(Number.POSITIVE_INFINITY);
    expect(leastUpdates({ drawn: 64 }, { ...rules, mode: "transparent", thresholdPercent: 0 })).to.equal(3);
  });

  it("say how many of the others open a secret, and how many may be missing", async () => {
    expect([3, 4, 5, 10, 64].map((drawn) => shareThreshold(drawn, 67))).to.deep.equal([2, 3, 3, 7, 43]);
    expect([3, 4, 5, 10, 64].map((drawn) => mayBeMissing(drawn, 67))).to.deep.equal([0, 0, 1, 2, 20]);
    expect(shareThreshold(3, 51)).to.equal(2);
    expect(shareThreshold(64, 100)).to.equal(63);
    for (const [drawn, percent] of [
      [2, 67],
      [65, 67],
      [2.5, 67],
      [3, 50],
      [3, 101],
    ] as const) {
      await expectCode("INVALID_ARGUMENT", () => shareThreshold(drawn, percent));
    }
  });

  it("say whether anything of a round that ended was opened", () => {
    const assignment = { attempt: 0, aggregator: "0x01", place: 0, count: 1, deadlineS: 1 } as const;
    expect(endedOpen({ phase: "invalid" })).to.equal(true);
    expect(endedOpen({ phase: "open" })).to.equal(false);
    expect(endedOpen({ phase: "invalid", assignment })).to.equal(false);
  });

  it("say how long the openings are", () => {
    expect(openingsLength(round, rules)).to.equal(96);
    expect(openingsLength({}, rules)).to.equal(0);
    expect(openingsLength(round, { mode: "encrypted" })).to.equal(32);
    expect(openingsLength(round, { mode: "transparent" })).to.equal(0);
  });
});
