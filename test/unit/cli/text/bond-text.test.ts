import { expect } from "chai";
import { bondText, durationText, placeText, whenText } from "../../../../node/cli/text/bond-text.ts";

describe("bonds as text", () => {
  it("says in how long, in the two largest units", () => {
    const cases = {
      "0 s": 0,
      "59 s": 59,
      "1 min": 60,
      "5 min 3 s": 303,
      "2 h": 7_205,
      "14 d": 14 * 86_400 + 59,
      "13 d 23 h": 14 * 86_400 - 1,
    };
    for (const [text, seconds] of Object.entries(cases)) expect(durationText(seconds)).to.equal(text);
  });

  it("says from when, and now once it is", () => {
    expect(whenText(1_800_000_000, 1_800_000_000)).to.equal("now");
    expect(whenText(1_800_000_000, 1_799_999_999)).to.equal("from 2027-01-15 08:00:00 UTC, in 1 s");
  });

  const place = {
    taskId: 3,
    role: "aggregator",
    leaving: false,
    expelled: false,
    bondWei: 15n * 10n ** 17n,
    freeFromS: 0,
    roundsCommitted: 0,
  } as const;

  it("shows each task's bond, and the credit, in ether", () => {
    const text = bondText([place, { ...place, taskId: 4, bondWei: 1n }], 10n ** 18n, 40);
    for (const part of [/^task 3 +1\.5 .*aggregator/m, /^task 4 +0\.000000000000000001 /m, /^credit +1 /m]) {
      expect(text).to.match(part);
    }
  });

  it("says what a place means for the bond", () => {
    expect(placeText({ ...place, expelled: true }, 40)).to.contain("lost");
    expect(placeText({ ...place, leaving: true }, 40)).to.contain("leaving");
    expect(placeText({ ...place, bondWei: 0n }, 40)).to.contain("without a bond");
    const { role: _, ...left } = place;
    expect(placeText({ ...left, freeFromS: 100 }, 40)).to.match(/released from 1970-01-01 00:01:40 UTC, in 1 min$/);
    expect(placeText({ ...left, freeFromS: 40 }, 40)).to.match(/released now$/);
  });
});
