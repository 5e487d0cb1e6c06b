import { expect } from "chai";
import type { TaskRules } from "../../node/core/records.ts";
import { leastBondWei, proofWei } from "../../node/core/task/least-bond.ts";
import { rulesFault } from "../../node/core/task/rules-validity.ts";
import { baseRules, type SolidityRules } from "./support/federation.ts";
import { createLibraryHarness, type LibraryHarness } from "./support/library-harness.ts";
import { createSeededNumbers } from "./support/seeded-numbers.ts";

/** Number of random rules; CI sets more. */
const fuzzCases = Number(process.env.RULES_CASES ?? 300);
const modes = ["transparent", "masked", "encrypted"] as const;
const kinds = ["wrong-chunk", "wrong-weight", "invalid-update", "false-opening", "equivocation"] as const;
const ruleNames = ["weighted-mean", "coordinate-median", "trimmed-mean"] as const;

const masked: SolidityRules = {
  ...baseRules,
  mode: 1,
  clipLanes: 1000,
  minUpdates: 3,
  thresholdPercent: 67,
  keyWindowS: 9,
};
const encrypted: SolidityRules = { ...baseRules, mode: 2, clipLanes: 1000, keyWindowS: 9 };
const trimmed: SolidityRules = { ...baseRules, rule: 2, trim: 2, minUpdates: 5 };
const drawing: SolidityRules = { ...baseRules, drawDelayBlocks: 4 };
/** Plenty for any proof of these rules. */
const bonded: SolidityRules = { ...baseRules, aggregatorBondGwei: 10 ** 12, participantBondGwei: 10 ** 12 };
const day = 86_400;

/**
 * By field: rules, the values at and within its limits, and those outside. Fields that take any value of their type are
 * not here.
 */
const ranges: readonly {
  readonly field: keyof SolidityRules;
  readonly rules: SolidityRules;
  readonly taken: readonly unknown[];
  readonly refused: readonly unknown[];
}[] = [
  { field: "rule", rules: baseRules, taken: [0, 1], refused: [] },
  { field: "rule", rules: masked, taken: [0], refused: [1, 2] },
  { field: "rule", rules: encrypted, taken: [0], refused: [1, 2] },
  { field: "fractionBits", rules: baseRules, taken: [1, 30], refused: [0, 31, 255] },
  { field: "attempts", rules: baseRules, taken: [1, 16], refused: [0, 17] },
  { field: "parameterCount", rules: baseRules, taken: [1, 2 ** 30], refused: [0, 2 ** 30 + 1, 2 ** 32 - 1] },
  {
    field: "clipLanes",
    rules: { ...baseRules, maxWeight: 1 },
    taken: [1, 2 ** 31 - 1],
    refused: [0, 2 ** 31, 2 ** 32 - 1],
  },
  { field: "maxWeight", rules: baseRules, taken: [1], refused: [0] },
  { field: "serverRateQ16", rules: baseRules, taken: [1, 2 ** 20], refused: [0, 2 ** 20 + 1] },
  { field: "rounds", rules: baseRules, taken: [1, 65_535], refused: [0] },
  { field: "minUpdates", rules: baseRules, taken: [1, 64], refused: [0, 65] },
  { field: "minUpdates", rules: masked, taken: [3, 64], refused: [0, 1, 2, 65] },
  { field: "minUpdates", rules: encrypted, taken: [2, 64], refused: [0, 1, 65] },
  { field: "maxUpdates", rules: baseRules, taken: [2, 64], refused: [65] },
  { field: "participationBps", rules: drawing, taken: [1, 9999, 10_000], refused: [0, 10_001] },
  { field: "trim", rules: baseRules, taken: [0], refused: [1, 255] },
  { field: "trim", rules: trimmed, taken: [1, 2], refused: [0, 3, 255] },
  { field: "trim", rules: { ...baseRules, rule: 1 }, taken: [0], refused: [1] },
  { field: "thresholdPercent", rules: baseRules, taken: [0], refused: [51, 255] },
  { field: "thresholdPercent", rules: masked, taken: [51, 100], refused: [0, 50, 101] },
  { field: "thresholdPercent", rules: encrypted, taken: [0], refused: [67] },
  { field: "attestationQuorum", rules: { ...baseRules, minUpdates: 5 }, taken: [1, 5], refused: [0, 6, 65_535] },
  { field: "commitWindowS", rules: baseRules, taken: [1, 2 ** 24 - 1], refused: [0] },
  { field: "aggregateWindowS", rules: baseRules, taken: [1, 2 ** 24 - 1], refused: [0] },
  { field: "attestWindowS", rules: baseRules, taken: [1, 2 ** 24 - 1], refused: [0] },
  { field: "challengeWindowS", rules: baseRules, taken: [60, 2 ** 24 - 1], refused: [0, 59] },
  { field: "challengeWindowS", rules: bonded, taken: [3600, 14 * day], refused: [60, 3599, 14 * day + 1] },
  { field: "keyWindowS", rules: baseRules, taken: [0], refused: [1] },
  { field: "keyWindowS", rules: masked, taken: [1, 2 ** 24 - 1], refused: [0] },
  { field: "keyWindowS", rules: encrypted, taken: [1], refused: [0] },
  { field: "drawDelayBlocks", rules: drawing, taken: [0, 4, 4096], refused: [1, 3, 4097] },
  { field: "drawDelayBlocks", rules: { ...drawing, participationBps: 9999 }, taken: [4], refused: [0] },
];

describe("The rules of a task", () => {
  let harness: LibraryHarness;

  before(async () => {
    ({ harness } = await createLibraryHarness());
  });

  for (const { field, rules, taken, refused } of ranges) {
    const of = ["transparent", "masked", "encrypted"][rules.mode];
    it(`take ${field} ${taken.join(", ")} and refuse ${refused.join(", ") || "none"} (${of}, rule ${rules.rule})`, async () => {
      const place = Object.keys(baseRules).indexOf(field);
      for (const value of taken) await harness.checkRules({ ...rules, [field]: value });
      for (const value of refused) {
        await expect(harness.checkRules({ ...rules, [field]: value }), `${value}`)
          .revertedWithCustomError(harness, "InvalidRule")
          .withArgs(place);
      }
    });
  }

  it("take any roundsPerParticipant, and a statement or none", async () => {
    for (const roundsPerParticipant of [0, 1, 65_535]) await harness.checkRules({ ...baseRules, roundsPerParticipant });
    for (const statementRequired of [false, true]) await harness.checkRules({ ...baseRules, statementRequired });
  });

  it("keep the sums within the exact arithmetic of each mode", async () => {
    for (const [rules, bits] of [
      [baseRules, 52],
      [masked, 31],
      [encrypted, 29],
    ] as const) {
      const half = 2 ** ((bits - 7) >> 1);
      const most = { ...rules, maxUpdates: 64, clipLanes: 2 ** (bits - 6) / half - 1, maxWeight: half };
      await harness.checkRules(most);
      const over = { ...most, clipLanes: most.clipLanes + 1 };
      await expect(harness.checkRules(over)).revertedWithCustomError(harness, "WeightOverflow");
    }
  });

  it("ask for the least bond where there is one, to the gwei", async () => {
    const rounded = (wei: bigint): number => Number((wei + 10n ** 9n - 1n) / 10n ** 9n);
    for (const rules of [baseRules, masked, encrypted, trimmed, drawing]) {
      const least: bigint = await harness.leastWei(rules);
      const gwei = rounded(least);
      for (const field of ["aggregatorBondGwei", "participantBondGwei"] as const) {
        await harness.checkRules({ ...rules, [field]: gwei });
        await expect(harness.checkRules({ ...rules, [field]: gwei - 1 }))
          .revertedWithCustomError(harness, "InvalidBond")
          .withArgs(least);
        await expect(harness.checkRules({ ...rules, [field]: 1 })).revertedWithCustomError(harness, "InvalidBond");
      }
    }
    const both = { ...baseRules, aggregatorBondGwei: rounded(await harness.leastWei(baseRules)) };
    await harness.checkRules({ ...both, participantBondGwei: both.aggregatorBondGwei });
    const one = harness.checkRules({ ...both, participantBondGwei: both.aggregatorBondGwei - 1 });
    await expect(one).revertedWithCustomError(harness, "InvalidBond");
  });

  it("let a round with bonds take 14 days at most, and one without bonds any time", async () => {
    const attempt = { aggregateWindowS: 3600, attestWindowS: 3600, attempts: 2 };
    const windows = { ...attempt, commitWindowS: 14 * day - 4 * 3600 };
    await harness.checkRules({ ...bonded, ...windows });
    const longer = [
      { commitWindowS: windows.commitWindowS + 1 },
      { aggregateWindowS: 3601 },
      { attestWindowS: 3601 },
      { attempts: 3 },
    ];
    for (const change of longer) {
      const call = harness.checkRules({ ...bonded, ...windows, ...change });
      await expect(call, JSON.stringify(change)).revertedWithCustomError(harness, "RoundTooLong");
      await harness.checkRules({ ...baseRules, ...windows, ...change });
    }
    const keyed = { ...bonded, ...masked, aggregatorBondGwei: 10 ** 12, ...windows, keyWindowS: 1 };
    await expect(harness.checkRules(keyed)).revertedWithCustomError(harness, "RoundTooLong");
    await harness.checkRules({ ...keyed, commitWindowS: windows.commitWindowS - 1 });
  });

  it("reckon a bond as three of the dearest proof, which grows with updates, parameters and masks", async () => {
    const cost = async (change: Partial<SolidityRules>, rules = baseRules): Promise<bigint> =>
      harness.proofWei({ ...rules, ...change }, 0);
    const least: bigint = await harness.leastWei(baseRules);
    expect(least).equals(3n * (await cost({})));
    expect((await cost({ maxUpdates: 2 })) < (await cost({ maxUpdates: 3 }))).equals(true);
    expect((await cost({ parameterCount: 64 })) < (await cost({ parameterCount: 65 }))).equals(true);
    expect(await cost({}, encrypted)).equals(await cost({}));
    // 32 that dropped out, each with 32 that did not
    const pairs = 8_500n * 1024n * 10n ** 11n;
    expect((await cost({}, masked)) - (await cost({})) > pairs).equals(true);
  });

  it(`are judged as node/core judges them, and their bonds reckoned alike: ${fuzzCases} random rules`, async function () {
    this.timeout(60_000 + 20 * fuzzCases);
    const numbers = createSeededNumbers(20_261_130);
    const starts = [baseRules, masked, encrypted, trimmed, drawing, bonded];
    let good = 0;
    for (let i = 0; i < fuzzCases; i++) {
      const changed: Record<string, unknown> = { ...numbers.pick(starts) };
      for (let changes = numbers.below(3); changes > 0; changes--) {
        const { field, taken, refused } = numbers.pick(ranges);
        changed[field] = numbers.pick([...taken, ...refused, numbers.below(field === "rule" ? 3 : 20)]);
      }
      const given = changed as unknown as SolidityRules;
      const rules = { ...given, mode: modes[given.mode]!, rule: ruleNames[given.rule]! } as TaskRules;
      if (rules.parameterCount >= 1) {
        expect(await harness.leastWei(given)).equals(leastBondWei(rules));
        for (const [code, kind] of kinds.entries()) {
          expect(await harness.proofWei(given, code), kind).equals(proofWei(rules, kind));
        }
      }
      const fault = rulesFault(rules);
      const call = harness.checkRules(given);
      if (fault === undefined) {
        await call;
        good++;
        continue;
      }
      const refusal = expect(call, JSON.stringify(given)).revertedWithCustomError(harness, fault.error);
      if (fault.error === "InvalidRule") await refusal.withArgs(Object.keys(baseRules).indexOf(fault.field));
      else await refusal;
    }
    expect(good).within(fuzzCases / 10, fuzzCases - 1);
  });
});
