import { expect } from "chai";
import type { RoundView } from "../../../node/core/record/task-view.ts";
import type { TaskRules } from "../../../node/core/records.ts";
import { initialLanes } from "../../../node/core/task/initial-model.ts";
import type { PrivacySpec } from "../../../node/core/task/privacy-spec.ts";
import { taskLaneCount } from "../../../node/core/task/task-lanes.ts";
import type { TaskSpec } from "../../../node/core/task/task-spec.ts";
import { encodeRound } from "../../../node/participant/update/encode-round.ts";
import { createMemoryLedger } from "../../../node/participant/update/memory-ledger.ts";
import { requireLedger, type SpendDeps, spendRound } from "../../../node/participant/update/noise-ledger.ts";
import type { NoiseEntry } from "../../../node/ports/noise.ts";
import { createMaskJournal } from "../../../node/privacy/masking/index.ts";
import { createMemoryJournal } from "../../../node/rounds/actions/memory-journal.ts";
import { createSeededRandom } from "../../simulation/world/seeded-random.ts";
import { expectCode } from "../../support/expect-code.ts";
import { adaptivePrivacy, examplePrivacy, gaussianPrivacy, privateRules } from "../../support/states/privacy-specs.ts";
import { accounts, commitmentOf, hashOf, roundOf, rules } from "../../support/states/round-states.ts";
import { smallModels, taskOf } from "../../support/states/small-tasks.ts";

const base = taskOf(smallModels[4]!);
const specOf = (privacy?: PrivacySpec): TaskSpec => ({ ...base, ...(privacy && { privacy }) });
const round = (number: number, start = 9) => ({ round: number, start: hashOf(start) });
const task = (taskRules = privateRules, rounds: readonly RoundView[] = []) => ({ taskId: 1, rules: taskRules, rounds });

describe("the ledger of noise", () => {
  const noisy = specOf(gaussianPrivacy);
  const masked: TaskRules = { ...privateRules, mode: "masked", minUpdates: 3, thresholdPercent: 67, keyWindowS: 30 };
  const chain = { chainId: 31337, federation: accounts.x, account: accounts.a };
  const drawer = (more: Partial<SpendDeps> = {}): SpendDeps => ({
    ...{ chain, ledger: createMemoryLedger(), journal: createMemoryJournal(), dataset: hashOf(70), ...more },
  });
  const committedIn = (number: number, start = 9) =>
    roundOf({ ...round(number, start), commitments: [commitmentOf(0, number)] });

  it("lets an opening be drawn for again, counts each other one, and ends at the budget", async () => {
    const deps = drawer();
    for (const opening of [round(1), round(1), round(1, 10), round(1, 11)]) {
      await spendRound(deps, noisy, task(), opening);
    }
    await expectCode("PRIVACY_BUDGET_SPENT", () => spendRound(deps, noisy, task(), round(2)));
    await spendRound(deps, noisy, task(), round(1));
    expect(await deps.ledger.read()).to.have.length(3);
  });

  it("two tasks over the same data share one budget, whatever federation they are of", async () => {
    const deps = drawer();
    const other = { ...deps, chain: { ...chain, federation: accounts.b } };
    for (const number of [1, 2]) await spendRound(deps, noisy, task(), round(number));
    const spent = await spendRound(other, noisy, task(), round(1));
    expect(spent?.updates).to.equal(3);
    expect(spent?.epsilon).to.be.within(6, 8);
    for (const each of [deps, other, { ...deps, journal: createMemoryJournal() }]) {
      await expectCode("PRIVACY_DATA_SPENT", () => spendRound(each, noisy, task(), round(3)));
    }
    await expectCode("PRIVACY_DATA_SPENT", () => spendRound(deps, noisy, { ...task(), taskId: 2 }, round(1)));
    // other data have a budget of their own
    await spendRound({ ...deps, dataset: hashOf(71) }, noisy, { ...task(), taskId: 2 }, round(1));
  });

  it("another mechanism of another task counts by its own cost", async () => {
    const deps = drawer();
    const skellam = specOf({ ...gaussianPrivacy, mechanism: "skellam" });
    const steps = specOf({ ...examplePrivacy, epsilon: 12 });
    await spendRound(deps, skellam, task(), round(1));
    const spent = await spendRound(
      deps,
      steps,
      { ...task({ ...privateRules, roundsPerParticipant: 1 }), taskId: 2 },
      round(1),
    );
    expect(spent?.updates).to.equal(2);
    expect(spent?.accountant).to.equal("rdp");
    expect(spent?.epsilon).to.be.above(5);
  });

  it("what tasks together may cost is the site's to say, in both directions", async () => {
    const wide = drawer({ dataBudget: { epsilon: 20, delta: 1e-5 } });
    for (const taskId of [1, 2]) {
      for (const number of [1, 2, 3]) await spendRound(wide, noisy, { ...task(), taskId }, round(number));
      await expectCode("PRIVACY_BUDGET_SPENT", () => spendRound(wide, noisy, { ...task(), taskId }, round(4)));
    }
    const narrow = drawer({ dataBudget: { epsilon: 5, delta: 1e-5 } });
    await spendRound(narrow, noisy, task(), round(1));
    await expectCode("PRIVACY_DATA_SPENT", () => spendRound(narrow, noisy, task(), round(2)));
  });

  it("counts a masked round that ended while it was open no more, as the contract does", async () => {
    const ended = (changes: Partial<RoundView>) => [roundOf({ start: hashOf(9), phase: "invalid", ...changes })];
    const assignment = { attempt: 0, aggregator: accounts.x, place: 0, count: 2, deadlineS: 240 };
    const spentIn = async (taskRules: TaskRules, rounds: readonly RoundView[]) => {
      const deps = drawer();
      for (const start of [9, 10, 11]) await spendRound(deps, noisy, task(taskRules), round(1, start));
      return spendRound(deps, noisy, task(taskRules, rounds), round(2));
    };
    await spentIn(masked, ended({}));
    await expectCode("PRIVACY_BUDGET_SPENT", () => spentIn(masked, ended({ assignment })));
    await expectCode("PRIVACY_BUDGET_SPENT", () => spentIn(masked, ended({ start: hashOf(12) })));
    await expectCode("PRIVACY_BUDGET_SPENT", () => spentIn(privateRules, ended({})));
  });

  it("counts a masked round that this node has opened, whatever it is shown of it afterwards", async () => {
    const deps = drawer();
    const { journal } = deps;
    const shown: RoundView[] = [];
    const draw = (by: SpendDeps, number: number) => spendRound(by, noisy, task(masked, shown), round(number));
    const endedOpenAs = (number: number) => shown.push(roundOf({ ...round(number), phase: "invalid" }));
    const update = { baseModelRoot: hashOf(2), updateRoot: hashOf(3), contentId: hashOf(4), weight: 1 };
    for (const number of [1, 2]) {
      await draw(deps, number);
      await createMaskJournal(journal).writeMasked({ taskId: 1, round: number }, { anchor: hashOf(1), ...update });
      endedOpenAs(number);
    }
    // the closing of round 1 was signed, and its seed told
    await createMaskJournal(journal).writeClosing({ taskId: 1, round: 1 }, { accumulator: hashOf(5) });
    await draw(deps, 3);
    await draw(deps, 4);
    await expectCode("PRIVACY_BUDGET_SPENT", () => draw(deps, 5));
    // after a restart nobody here knows what became of the update of round 2; in round 3 none was masked
    const again = { ...deps, journal: { ...journal } };
    endedOpenAs(3);
    await expectCode("PRIVACY_BUDGET_SPENT", () => draw(again, 5));
    endedOpenAs(4);
    await draw(again, 5);
  });

  it("counts nothing in a task without noise", async () => {
    const deps = drawer();
    for (let number = 1; number < 9; number++)
      expect(await spendRound(deps, specOf(), task(rules), round(number))).to.equal(undefined);
    expect(await deps.ledger.read()).to.deep.equal([]);
    await requireLedger(deps, specOf(), task(rules, [committedIn(1)]));
  });

  it("refuses a task whose rules do not keep its promise", async () => {
    const broken = task({ ...privateRules, roundsPerParticipant: 0, rounds: 50 });
    await expectCode("PRIVACY_RULES_BROKEN", () => spendRound(drawer(), noisy, broken, round(1)));
  });

  it("a ledger that does not know what the chain or this process knows is lost, and no empty one", async () => {
    const deps = drawer();
    const shown = task(privateRules, [committedIn(1)]);
    await expectCode("PRIVACY_LEDGER_LOST", () => requireLedger(deps, noisy, shown));
    await expectCode("PRIVACY_LEDGER_LOST", () => spendRound(deps, noisy, shown, round(2)));
    await spendRound(deps, noisy, task(), round(1));
    await requireLedger(deps, noisy, shown);
    await spendRound(deps, noisy, shown, round(2));
    // an old copy
    await expectCode("PRIVACY_LEDGER_LOST", () =>
      requireLedger(deps, noisy, task(privateRules, [committedIn(1), committedIn(2), committedIn(3)])),
    );
    // nothing on the chain yet, but this process has drawn
    await expectCode("PRIVACY_LEDGER_LOST", () =>
      spendRound({ ...deps, ledger: createMemoryLedger() }, noisy, task(), round(3)),
    );
    // what another account committed, it drew
    const stranger = { ...deps, ledger: createMemoryLedger(), chain: { ...chain, account: accounts.b } };
    await requireLedger(stranger, noisy, shown);
  });

  it("does not take entries that cannot be read for none", async () => {
    const deps = drawer();
    await spendRound(deps, noisy, task(), round(1));
    for (const cost of ["{", "[]", "[1]", '[{"mechanism":{"kind":"gaussian"},"times":1}]', '[{"times":1}]']) {
      const broken = { ...(await deps.ledger.read())[0]!, opening: cost, cost };
      await deps.ledger.spend(broken, () => "draw");
      await expectCode("PRIVACY_LEDGER_UNREADABLE", () => spendRound(deps, noisy, { ...task(), taskId: 2 }, round(1)));
      ((await deps.ledger.read()) as NoiseEntry[]).pop();
    }
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
