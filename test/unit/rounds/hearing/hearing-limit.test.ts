import { expect } from "chai";
import { createHearingLimit } from "../../../../node/rounds/hearing/hearing-limit.ts";

function setUp() {
  let nowMs = 1_000_000;
  const limit = createHearingLimit({ nowMs: () => nowMs });
  const mayBeHeard = (topic: string, author: string): boolean => {
    if (!limit.hears(topic, author)) return false;
    limit.count(topic, author);
    return true;
  };
  /** How many of so many messages, one each so many milliseconds, are heard. */
  const heard = (count: number, everyMs: number, author = "peer", topic = "topic"): number => {
    let sum = 0;
    for (let i = 0; i < count; i++) {
      if (mayBeHeard(topic, author)) sum++;
      nowMs += everyMs;
    }
    return sum;
  };
  const pass = (ms: number): void => {
    nowMs += ms;
  };
  return { heard, pass };
}

describe("how much of an author is heard", () => {
  it("is everything of one that repeats its words every two seconds, whatever it has to say at once", () => {
    const { heard } = setUp();
    expect(heard(16, 0)).to.equal(16);
    expect(heard(1_000, 2_000)).to.equal(1_000);
  });

  it("is two messages a second of one that sends without end", () => {
    const { heard, pass } = setUp();
    expect(heard(10_000, 1)).to.equal(32 + 19);
    pass(60_000);
    expect(heard(100, 0), "when it was silent for a while").to.equal(32);
  });

  it("is each author's and topic's own", () => {
    const { heard } = setUp();
    heard(100, 0);
    expect(heard(1, 0)).to.equal(0);
    expect(heard(1, 0, "another")).to.equal(1);
    expect(heard(1, 0, "peer", "another")).to.equal(1);
  });

  it("does not grow without end", () => {
    const { heard } = setUp();
    heard(100, 0, "first");
    for (let i = 0; i < 5_000; i++) heard(1, 0, `peer ${i}`);
    expect(heard(1, 0, "peer 4999")).to.equal(1);
  });
});
