import { expect } from "chai";
import { initialLanes } from "../../../node/core/initial-model.ts";
import type { PrivacySpec } from "../../../node/core/privacy-spec.ts";
import { taskLaneCount } from "../../../node/core/task-lanes.ts";
import type { TaskSpec } from "../../../node/core/task-spec.ts";
import { encodeRound } from "../../../node/participant/encode-round.ts";
import { spendRound } from "../../../node/participant/noise-ledger.ts";
import { openJournal } from "../../../node/system/journal.ts";
import { createSeededRandom } from "../../simulation/seeded-random.ts";
import { expectCode } from "../../support/expect-code.ts";
import { adaptivePrivacy, examplePrivacy, gaussianPrivacy, privateRules } from "../../support/privacy-specs.ts";
import { hashOf, rules } from "../../support/round-states.ts";
import { smallModels, taskOf } from "../../support/small-tasks.ts";

const base = taskOf(smallModels[4]!);
const specOf = (privacy?: PrivacySpec): TaskSpec => ({ ...base, ...(privacy && { privacy }) });
const round = (number: number, root = 9, seed = 5n) => ({ round: number, baseModelRoot: hashOf(root), seed });

describe("the ledger of noise", () => {
  it("lets an opening be drawn for again, counts each other base and draw, and ends at the budget", async () => {
    const journal = openJournal(":memory:");
    const task = { spec: specOf(gaussianPrivacy), rules: privateRules };
    await spendRound(journal, task, 1, round(1));
    await spendRound(journal, task, 1, round(1));
    await spendRound(journal, task, 1, round(1, 10));
    await spendRound(journal, task, 1, round(1, 9, 6n));
    await expectCode("PRIVACY_BUDGET_SPENT", () => spendRound(journal, task, 1, round(2)));
    await spendRound(journal, task, 1, round(1));
    await spendRound(journal, task, 2, round(3));
    await journal.close();
  });

  it("counts nothing in a task without noise", async () => {
    const journal = openJournal(":memory:");
    for (let number = 1; number < 9; number++) await spendRound(journal, { spec: specOf(), rules }, 1, round(number));
    expect(await journal.get("noise/1")).to.equal(undefined);
    await journal.close();
  });

  it("refuses a task whose rules do not keep its promise", async () => {
    const journal = openJournal(":memory:");
    const broken = { spec: specOf(gaussianPrivacy), rules: { ...privateRules, roundsPerParticipant: 0, rounds: 50 } };
    await expectCode("PRIVACY_RULES_BROKEN", () => spendRound(journal, broken, 1, round(1)));
    await journal.close();
  });

  it("does not take a ledger that cannot be read for an empty one", async () => {
    const journal = openJournal(":memory:");
    const task = { spec: specOf(gaussianPrivacy), rules: privateRules };
    for (const text of ["{", "[1]", '"a"']) {
      await journal.put("noise/1", new TextEncoder().encode(text));
      await expectCode("PRIVACY_LEDGER_UNREADABLE", () => spendRound(journal, task, 1, round(1)));
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
