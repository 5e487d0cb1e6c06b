import { expect } from "chai";
import { bondText, durationText, outlookText, whenText } from "../../../node/cli/bond-text.ts";

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

  it("shows every part in ether", () => {
    const bond = {
      freeWei: 15n * 10n ** 17n,
      lockedWei: 1n,
      unbondingWei: 10n ** 18n,
      withdrawableFromS: 100,
      creditWei: 0n,
    };
    const text = bondText(bond, 40);
    for (const part of [/^free +1\.5 /m, /^locked +0\.000000000000000001 /m, /^credit +0 /m])
      expect(text).to.match(part);
    expect(text).to.match(/^unbonding +1 .*from 1970-01-01 00:01:40 UTC, in 1 min$/m);
  });

  it("says what to add, in the command's own units", () => {
    const outlook = { taskId: 3, bondWei: 10n ** 18n, missingWei: 25n * 10n ** 16n };
    for (const standing of ["missing", "lost", "locked-elsewhere"] as const) {
      expect(outlookText({ ...outlook, standing })).to.match(/^Task 3 .* 1 ether.*fedledger bond add 0\.25$/);
    }
  });
});
