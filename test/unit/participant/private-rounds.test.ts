import { expect } from "chai";
import type { RoundView } from "../../../node/core/record/task-view.ts";
import type { TaskRules } from "../../../node/core/records.ts";
import { initialLanes } from "../../../node/core/task/initial-model.ts";
import type { PrivacySpec } from "../../../node/core/task/privacy-spec.ts";
import { taskLaneCount } from "../../../node/core/task/task-lanes.ts";
import type { TaskSpec } from "../../../node/core/task/task-spec.ts";
import { encodeRound } from "../../../node/participant/update/encode-round.ts";
import { spendRound } from "../../../node/participant/update/noise-ledger.ts";
import type { Journal } from "../../../node/ports/system.ts";
import { createMaskJournal } from "../../../node/privacy/masking/index.ts";
import { createMemoryJournal } from "../../../node/rounds/actions/memory-journal.ts";
import { openJournal } from "../../../node/system/journal.ts";
import { createSeededRandom } from "../../simulation/world/seeded-random.ts";
import { expectCode } from "../../support/expect-code.ts";
import { adaptivePrivacy, examplePrivacy, gaussianPrivacy, privateRules } from "../../support/states/privacy-specs.ts";
import { accounts, hashOf, roundOf, rules } from "../../support/states/round-states.ts";
import { smallModels, taskOf } from "../../support/states/small-tasks.ts";

const base = taskOf(smallModels[4]!);
const specOf = (privacy?: PrivacySpec): TaskSpec => ({ ...base, ...(privacy && { privacy }) });
const round = (number: number, start = 9) => ({ round: number, start: hashOf(start) });
const task = (taskRules = privateRules, rounds: readonly RoundView[] = []) => ({ taskId: 1, rules: taskRules, rounds });

describe("the ledger of noise", () => {
  const noisy = specOf(gaussianPrivacy);

  it("lets an opening be drawn for again, counts each other one, and ends at the budget", async () => {
    const journal = openJournal(":memory:");
    for (const opening of [round(1), round(1), round(1, 10), round(1, 11)]) {
      await spendRound(journal, noisy, task(), opening);
    }
    await expectCode("PRIVACY_BUDGET_SPENT", () => spendRound(journal, noisy, task(), round(2)));
    await spendRound(journal, noisy, task(), round(1));
    await spendRound(journal, noisy, { ...task(), taskId: 2 }, round(3));
    await journal.close();
  });

  it("counts a masked round that ended while it was open no more, as the contract does", async () => {
    const ended = (changes: Partial<RoundView>) => [roundOf({ start: hashOf(9), phase: "invalid", ...changes })];
    const assignment = { attempt: 0, aggregator: accounts.x, place: 0, count: 2, deadlineS: 240 };
    const masked: TaskRules = { ...privateRules, mode: "masked", minUpdates: 3, thresholdPercent: 67, keyWindowS: 30 };
    const spentIn = async (taskRules: TaskRules, rounds: readonly RoundView[]) => {
      const journal = openJournal(":memory:");
      for (const start of [9, 10, 11]) await spendRound(journal, noisy, task(taskRules), round(1, start));
      return spendRound(journal, noisy, task(taskRules, rounds), round(2)).finally(() => journal.close());
    };
    await spentIn(masked, ended({}));
    await expectCode("PRIVACY_BUDGET_SPENT", () => spentIn(masked, ended({ assignment })));
    await expectCode("PRIVACY_BUDGET_SPENT", () => spentIn(masked, ended({ start: hashOf(12) })));
    await expectCode("PRIVACY_BUDGET_SPENT", () => spentIn(privateRules, ended({})));
  });

  it("counts a masked round that this node has opened, whatever it is shown of it afterwards", async () => {
    const masked: TaskRules = { ...privateRules, mode: "masked", minUpdates: 3, thresholdPercent: 67, keyWindowS: 30 };
    const before = createMemoryJournal();
    const shown: RoundView[] = [];
    const draw = (journal: Journal, number: number) => spendRound(journal, noisy, task(masked, shown), round(number));
    const endedOpenAs = (number: number) => shown.push(roundOf({ ...round(number), phase: "invalid" }));
    const update = { baseModelRoot: hashOf(2), updateRoot: hashOf(3), contentId: hashOf(4), weight: 1 };
    for (const number of [1, 2]) {
      await draw(before, number);
      await createMaskJournal(before).writeMasked({ taskId: 1, round: number }, { anchor: hashOf(1), ...update });
      endedOpenAs(number);
    }
    // the closing of round 1 was signed, and its seed told
    await createMaskJournal(before).writeClosing({ taskId: 1, round: 1 }, { accumulator: hashOf(5) });
    await draw(before, 3);
    await draw(before, 4);
    await expectCode("PRIVACY_BUDGET_SPENT", () => draw(before, 5));
    // after a restart nobody here knows what became of the update of round 2; in round 3 none was masked
    const again = { ...before };
    endedOpenAs(3);
    await expectCode("PRIVACY_BUDGET_SPENT", () => draw(again, 5));
    endedOpenAs(4);
    await draw(again, 5);
  });

  it("counts nothing in a task without noise", async () => {
    const journal = openJournal(":memory:");
    for (let number = 1; number < 9; number++) await spendRound(journal, specOf(), task(rules), round(number));
    expect(await journal.get("noise/1")).to.equal(undefined);
    await journal.close();
  });

  it("refuses a task whose rules do not keep its promise", async () => {
    const journal = openJournal(":memory:");
    const broken = task({ ...privateRules, roundsPerParticipant: 0, rounds: 50 });
    await expectCode("PRIVACY_RULES_BROKEN", () => spendRound(journal, noisy, broken, round(1)));
    await journal.close();
  });

  it("does not take a ledger that cannot be read for an empty one", async () => {
    const journal = openJournal(":memory:");
    for (const text of ["{", "[1]", '"a"']) {
      await journal.put("noise/1", new TextEncoder().encode(text));
      await expectCode("PRIVACY_LEDGER_UNREADABLE", () => spendRound(journal, noisy, task(), round(1)));
    }
    await journal.close();
  });
});

describe("encoding a round", () => {
  const random = createSeededRandom(4);
  const encode = (spec: TaskSpec, taskRules = privateRules) => {
    const lanes = initialLanes(spec, taskRules.fractionBits);
    const parameters = new Float32Array(taskLaneCount(base)).fill(3);
    return encodeRound({ parameters, samples: 70 }, lanes, { spec, rules: taskRules, random });
  };

  it("without noise, and with DP-SGD, is the plain encoding with the examples as weight", async () => {
    const plain = await encode(specOf(), rules);
    expect(plain.weight).to.equal(70);
    expect(await encode(specOf(examplePrivacy), rules)).to.deep.equal(plain);
  });

  it("with noise on whole updates has weight 1, and a lane more with an adaptive clip", async () => {
    const noised = await encode(specOf(gaussianPrivacy));
    expect(noised.weight).to.equal(1);
    expect(noised.clipped).to.equal(1);
    expect(noised.lanes).to.have.length(taskLaneCount(base));
    expect(noised.lanes).to.not.deep.equal((await encode(specOf(gaussianPrivacy))).lanes);
    expect((await encode(specOf(adaptivePrivacy))).lanes).to.have.length(taskLaneCount(base) + 1);
  });
});
