import { expect } from "chai";
import fc from "fast-check";
import type { ChainSide } from "../../../../node/api/record/open-federation.ts";
import { fittingNumbers } from "../../../../node/api/tasks/sum-numbers.ts";
import { chooseTask } from "../../../../node/api/tasks/task-choice.ts";
import { taskRules, withBonds } from "../../../../node/api/tasks/task-rules.ts";
import { missingProtections } from "../../../../node/cli/text/task-protections.ts";
import { leastBondWei } from "../../../../node/core/task/least-bond.ts";
import { taskPreset } from "../../../../node/training/index.ts";
import { expectCode } from "../../../support/expect-code.ts";

const { spec } = taskPreset("digits");
type Given = Partial<Parameters<typeof taskRules>[1]>;
const rulesOf = (given: Given, chain?: ChainSide) => taskRules(spec, given as Parameters<typeof taskRules>[1], chain);
const chosen = (given: Partial<Parameters<typeof chooseTask>[0]>) =>
  chooseTask(given as Parameters<typeof chooseTask>[0]);

describe("numbers of a masked or encrypted task", () => {
  it("fit the modulus of the sums, whatever is given", () => {
    const given = fc.record({
      mode: fc.constantFrom("masked" as const, "encrypted" as const),
      maxUpdates: fc.integer({ min: 1, max: 64 }),
      clip: fc.double({ min: 1e-3, max: 1024, noNaN: true }),
      fractionBits: fc.option(fc.integer({ min: 1, max: 30 }), { nil: undefined }),
      maxWeight: fc.option(fc.integer({ min: 1, max: 100_000 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(given, (input) => {
        const limit = input.mode === "masked" ? 2 ** 31 : 2 ** 29;
        let numbers: ReturnType<typeof fittingNumbers>;
        try {
          numbers = fittingNumbers(input);
        } catch (error) {
          expect((error as { code?: string }).code).to.equal("INVALID_CONFIG");
          // only what was asked for does not fit
          const isForced = input.fractionBits !== undefined || input.maxWeight !== undefined || input.clip > 100;
          expect(isForced).to.equal(true);
          return;
        }
        const { clipLanes, maxWeight, fractionBits } = numbers;
        expect(input.maxUpdates * maxWeight * clipLanes).to.be.below(limit);
        expect(fractionBits).to.equal(input.fractionBits ?? fractionBits);
        expect(maxWeight).to.equal(input.maxWeight ?? maxWeight);
      }),
    );
  });

  it("leave room for a thousand examples, with as many fraction bits as that allows", () => {
    expect(fittingNumbers({ mode: "masked", maxUpdates: 5, clip: 8 })).to.deep.equal({
      fractionBits: 15,
      clipLanes: 8 * 2 ** 15,
      maxWeight: 1638,
    });
    expect(fittingNumbers({ mode: "masked", maxUpdates: 64, clip: 8 })).to.include({
      fractionBits: 12,
      maxWeight: 1023,
    });
    expect(fittingNumbers({ mode: "masked", maxUpdates: 5, clip: 8, maxWeight: 1 }).fractionBits).to.equal(16);
    expect(fittingNumbers({ mode: "encrypted", maxUpdates: 5, clip: 8 })).to.include({ fractionBits: 13 });
  });

  it("say what would fit where what is given does not", async () => {
    const given = { mode: "masked", maxUpdates: 5, clip: 8, fractionBits: 16, maxWeight: 10_000 } as const;
    const { message } = await expectCode("INVALID_CONFIG", () => fittingNumbers(given));
    expect(message).to.contain("--max-weight can be at most 819");
  });
});

describe("taskRules", () => {
  it("makes a transparent task of up to 64, and a masked one of those expected", () => {
    expect(rulesOf({})).to.include({ mode: "transparent", maxUpdates: 64, fractionBits: 20, keyWindowS: 0 });
    expect(rulesOf({})).to.include({ thresholdPercent: 0, maxWeight: 1_000_000 });
    const masked = rulesOf({ mode: "masked", participants: 4 });
    expect(masked).to.include({ mode: "masked", maxUpdates: 4, minUpdates: 3, thresholdPercent: 67, keyWindowS: 120 });
    const all = { mode: "masked", participants: 12, threshold: 80, keyWindow: 9, maxUpdates: 10 } as const;
    expect(rulesOf(all)).to.include({ thresholdPercent: 80, keyWindowS: 9, maxUpdates: 10 });
    expect(rulesOf({ mode: "encrypted" })).to.include({ thresholdPercent: 0, keyWindowS: 120 });
  });

  it("takes the preset's clip, not its fraction bits, where sums have a modulus", async () => {
    const { rules } = await chosen({ data: "digits", mode: "masked" });
    expect(rules).to.include({ fractionBits: 15, clipLanes: 8 * 2 ** 15 });
    expect((await chosen({ data: "digits" })).rules).to.include({ fractionBits: 20, maxWeight: 65_536 });
  });

  it("lets three take part where three are said, and asks no more of them than each can give", () => {
    expect(rulesOf({ participants: 3 })).to.include({ minUpdates: 2, attestationQuorum: 2, drawDelayBlocks: 0 });
    expect(rulesOf({ participants: 1 })).to.include({ minUpdates: 1, attestationQuorum: 1 });
    expect(rulesOf({ participants: 10, participation: 0.5 })).to.include({ drawDelayBlocks: 4, minUpdates: 4 });
    expect(rulesOf({ participants: 9, maxUpdates: 5 })).to.include({ drawDelayBlocks: 4, participationBps: 10_000 });
  });

  it("asks for nothing on the test chain, and is safe elsewhere", () => {
    const test = rulesOf({});
    expect(test).to.include({ aggregatorBondGwei: 0, participantBondGwei: 0, challengeWindowS: 600 });
    expect(rulesOf({ bond: "least" })).to.include({ challengeWindowS: 3600, participantBondGwei: 0 });
    const safe = rulesOf({}, { isTest: false, lagS: 80 });
    const least = Number(leastBondWei(safe) / 10n ** 9n);
    expect(safe).to.include({ aggregatorBondGwei: least, participantBondGwei: least, challengeWindowS: 86_400 });
    expect(safe).to.include({ commitWindowS: 840, aggregateWindowS: 540, attestWindowS: 540, keyWindowS: 0 });
    expect(rulesOf({ bond: 0, participantBond: 0 }, { isTest: false, lagS: 0 }).aggregatorBondGwei).to.equal(0);
    const more = { ...safe, parameterCount: 2 ** 20 };
    expect(withBonds(more, {} as never, { isTest: false, lagS: 0 }).aggregatorBondGwei).to.be.above(least);
  });

  it("refuses windows that are over before their events count", async () => {
    const chain = { isTest: false, lagS: 80 };
    expect(rulesOf({ attestWindow: 300 }, chain).attestWindowS).to.equal(300);
    for (const name of ["commitWindow", "aggregateWindow", "attestWindow", "challengeWindow"] as const) {
      const { data } = await expectCode("WINDOW_TOO_SHORT", () => rulesOf({ [name]: 299 }, chain));
      expect(data).to.include({ actual: 299, least: 300 });
    }
    expect(rulesOf({ commitWindow: 1 }).commitWindowS).to.equal(1);
  });

  it("names what a task does without, and the flag that turns it on", () => {
    const off = missingProtections(spec, rulesOf({}), { isRestricted: false });
    for (const flag of [
      "--bond",
      "--participant-bond",
      "--challenge-window",
      "--mode",
      "--rule",
      "--epsilon",
      "--blobs",
    ]) {
      expect(off.filter((line) => line.includes(`${flag} `) || line.endsWith(flag))).to.have.length(1);
    }
    const safe = rulesOf({ mode: "masked", statementRequired: true }, { isTest: false, lagS: 0 });
    const few = missingProtections({ ...spec, blobs: "members" }, safe, { isRestricted: true });
    expect(few).to.have.length(2);
  });

  const contradictions: [string, Given, string][] = [
    ["masks with a median", { mode: "masked", rule: "coordinate-median" }, "must see each update"],
    ["encryption with a trimmed mean", { mode: "encrypted", rule: "trimmed-mean" }, "must see each update"],
    ["more updates than are drawn", { participants: 3, minUpdates: 10 }, "3 are drawn"],
    ["masks of two", { mode: "masked", participants: 2 }, "at least 3"],
    ["masks with two updates", { mode: "masked", minUpdates: 2 }, "at least 3"],
    ["a threshold without masks", { threshold: 80 }, "--threshold"],
    ["a key window without keys", { keyWindow: 10 }, "--key-window"],
  ];
  for (const [name, values, part] of contradictions) {
    it(`refuses ${name}, and says why`, async () => {
      expect((await expectCode("INVALID_CONFIG", () => rulesOf(values))).message).to.contain(part);
    });
  }
});
