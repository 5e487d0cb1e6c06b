import { expect } from "chai";
import type { Advertisement, Commitment, TaskRules } from "../../../node/core/records.ts";
import {
  droppedSlots,
  isKeyTimeOver,
  keyDeadlineS,
  keyedSlots,
  leastUpdates,
  openingsLength,
  survivingSlots,
} from "../../../node/core/round-keys.ts";

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
    const keyed = (count: number) => ({ advertisements: slots(...Array.from({ length: count }, (_, i) => i)) });
    expect([0, 3, 4, 5, 6, 64].map((count) => leastUpdates(keyed(count), rules))).to.deep.equal([3, 3, 3, 4, 5, 43]);
    expect(leastUpdates(keyed(64), { ...rules, thresholdPercent: 100 })).to.equal(64);
    expect(leastUpdates(keyed(64), { ...rules, mode: "encrypted", thresholdPercent: 0 })).to.equal(3);
    expect(leastUpdates({}, { ...rules, mode: "encrypted", thresholdPercent: 0 })).to.equal(Number.POSITIVE_INFINITY);
    expect(leastUpdates({}, { ...rules, mode: "transparent", thresholdPercent: 0 })).to.equal(3);
  });

  it("say how long the openings are", () => {
    expect(openingsLength(round, rules)).to.equal(96);
    expect(openingsLength({}, rules)).to.equal(0);
    expect(openingsLength(round, { mode: "encrypted" })).to.equal(32);
    expect(openingsLength(round, { mode: "transparent" })).to.equal(0);
  });
});
