import { expect } from "chai";
import { chunkTreeRoot } from "../../../node/core/bytes/chunk-tree.ts";
import { contentIdOf } from "../../../node/core/bytes/content-id.ts";
import { bytesToLanes, lanesToBytes } from "../../../node/core/bytes/lanes.ts";
import { FedledgerError } from "../../../node/core/errors/error.ts";
import { initialLanes } from "../../../node/core/task/initial-model.ts";
import type { PrivacySpec } from "../../../node/core/task/privacy-spec.ts";
import { canonicalTaskSpec } from "../../../node/core/task/task-spec.ts";
import { updateRootOf } from "../../../node/core/words/commitment.ts";
import { createMemoryLedger } from "../../../node/participant/update/memory-ledger.ts";
import { signCommitment } from "../../../node/participant/update/sign-commitment.ts";
import { trainSeed } from "../../../node/participant/update/train-seed.ts";
import { trainUpdate } from "../../../node/participant/update/train-update.ts";
import { readUpdate, writeUpdate } from "../../../node/participant/update/update-journal.ts";
import type { Chain, SignedRecord } from "../../../node/ports/chain.ts";
import type { Trainer } from "../../../node/ports/trainer.ts";
import { createModelSource } from "../../../node/rounds/blobs/model-source.ts";
import type { Progress } from "../../../node/rounds/progress/progress.ts";
import { openJournal } from "../../../node/system/journal.ts";
import { createModelNetwork } from "../../simulation/model/model-network.ts";
import { modelRecordDigest, modelSign, modelSigner } from "../../simulation/model/model-signature.ts";
import { simulatedSpec } from "../../simulation/world/federation.ts";
import { createSeededRandom } from "../../simulation/world/seeded-random.ts";
import { createVirtualClock } from "../../simulation/world/virtual-clock.ts";
import { rejection } from "../../support/rejection.ts";
import { gaussianPrivacy, privateRules } from "../../support/states/privacy-specs.ts";
import { accounts, contactOf, hashOf, members, roundOf, rules, viewOf } from "../../support/states/round-states.ts";

const { a } = accounts;
const signal = new AbortController().signal;
const update = { round: 1, baseModelRoot: hashOf(9), updateRoot: hashOf(16), contentId: hashOf(32), weight: 10 };

describe("trainSeed", () => {
  it("depends on everything it is made of, and on nothing else", () => {
    const seeds = [
      trainSeed(1, 1, 1, a),
      trainSeed(2, 1, 1, a),
      trainSeed(1, 2, 1, a),
      trainSeed(1, 1, 2, a),
      trainSeed(1, 1, 1, accounts.b),
    ];
    expect(new Set(seeds).size).to.equal(5);
    expect(seeds[0]).to.equal(trainSeed(1, 1, 1, a));
    expect(seeds.every((seed) => Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32)).to.equal(true);
  });

  it("has not changed: vector", () => {
    expect(trainSeed(7, 1, 3, `0x${"11".repeat(20)}` as `0x${string}`)).to.equal(1401105983);
  });
});

describe("the update journal", () => {
  it("gives back what was written for this task, round and base, and nothing else", async () => {
    const journal = openJournal(":memory:");
    await writeUpdate(journal, 1, update);
    expect(await readUpdate(journal, 1, update)).to.deep.equal(update);
    expect(await readUpdate(journal, 2, update)).to.equal(undefined);
    expect(await readUpdate(journal, 1, { ...update, round: 2 })).to.equal(undefined);
    expect(await readUpdate(journal, 1, { ...update, baseModelRoot: hashOf(8) })).to.equal(undefined);
    await journal.put(`update/1/1/${update.baseModelRoot}`, new TextEncoder().encode('{"updateRoot":1}'));
    expect(await readUpdate(journal, 1, update)).to.equal(undefined);
    await journal.close();
  });
});

describe("trainUpdate", () => {
  async function setUp(train: Trainer["train"], privacy?: PrivacySpec) {
    const clock = createVirtualClock(0);
    const network = createModelNetwork(clock, createSeededRandom(1), { latencyMs: 1, loss: 0 });
    const host = network.host(contactOf(a).peerId);
    host.up();
    const journal = openJournal(":memory:");
    const trainer = { train, samples: 500, dataFingerprint: hashOf(50) } as Trainer;
    const source = createModelSource({ store: host.store, transport: host.transport });
    const chain = { chainId: 31337, federation: accounts.x, account: a, recoverSigner: modelSigner };
    const ledger = createMemoryLedger();
    const random = createSeededRandom(2);
    const told: Progress[] = [];
    const onProgress = (step: Progress) => void told.push(step);
    const deps = { chain, store: host.store, source, trainer, journal, ledger, clock, random, seed: 3, onProgress };
    const spec = { ...simulatedSpec, ...(privacy && { privacy }) };
    const lanes = initialLanes(spec, rules.fractionBits);
    const root = chunkTreeRoot(lanes);
    const view = viewOf([roundOf({ baseModelRoot: root })], {
      spec: canonicalTaskSpec(spec),
      initialModelRoot: root,
      ...(privacy && { rules: privateRules }),
    });
    const look = { view, members, signal };
    const run = async <T>(work: Promise<T>): Promise<T> => {
      let isDone = false;
      const done = work.finally(() => {
        isDone = true;
      });
      done.catch(() => undefined);
      await clock.run(() => isDone, 60_000);
      return await done;
    };
    return { deps, look, host, journal, lanes, run, told, round: view.rounds[0]! };
  }

  it("stores the difference from the base, journals it, and does not train again", async () => {
    let trainings = 0;
    const { deps, look, host, lanes, run, round } = await setUp(async ({ parameters }) => {
      trainings++;
      return { parameters: parameters.map((value) => value + trainings / 4), samples: 500, loss: 1 };
    });
    const first = await run(trainUpdate(deps, round, look));
    const stored = bytesToLanes(host.blobs.get(first.contentId)!.slice());
    expect([...stored]).to.deep.equal(new Array(lanes.length).fill(1 << 14));
    expect(first.updateRoot).to.equal(updateRootOf(a, chunkTreeRoot(stored)));
    expect(first.contentId).to.equal(await contentIdOf(lanesToBytes(stored)));
    expect(first.weight, "cut to maxWeight").to.equal(100);
    expect(await run(trainUpdate(deps, round, look))).to.deep.equal(first);
    expect(trainings).to.equal(1);
    host.blobs.clear();
    expect(await run(trainUpdate(deps, round, look)), "the blob was lost").to.not.deep.equal(first);
    expect(trainings).to.equal(2);
  });

  it("tells that a weight was cut to the task's greatest, and of how many examples", async () => {
    for (const [samples, cut] of [
      [500, { weight: 100, cutFrom: 500 }],
      [100, { weight: 100 }],
    ] as const) {
      const { deps, look, run, told, round } = await setUp(async ({ parameters }) => ({
        parameters,
        samples,
        loss: 1,
      }));
      await run(trainUpdate(deps, round, look));
      const [step] = told.filter(({ kind }) => kind === "trained");
      expect(step).to.deep.include(cut);
      if (samples === 100) expect(step).to.not.have.property("cutFrom");
    }
  });

  it("draws noise once: the update in the journal is it though its blob is gone", async () => {
    let trainings = 0;
    const train: Trainer["train"] = async ({ parameters }) => {
      trainings++;
      return { parameters, samples: 500, loss: 1 };
    };
    const { deps, look, host, lanes, journal, run, round } = await setUp(train, gaussianPrivacy);
    const first = await run(trainUpdate(deps, round, look));
    expect(first.weight).to.equal(1);
    const noise = bytesToLanes(host.blobs.get(first.contentId)!.slice());
    expect(noise.length).to.equal(lanes.length);
    expect(noise.every((lane) => lane === 0)).to.equal(false);
    host.blobs.clear();
    expect(await run(trainUpdate(deps, round, look))).to.deep.equal(first);
    expect(trainings).to.equal(1);
    await journal.delete(`update/1/1/${round.baseModelRoot.toLowerCase()}`);
    const [drawn] = await deps.ledger.read();
    for (const opening of ["1/a", "2/b"]) await deps.ledger.spend({ ...drawn!, opening }, () => "draw");
    Object.assign(round, { start: hashOf(77) });
    await rejection(run(trainUpdate(deps, round, look)), "PRIVACY_BUDGET_SPENT");
    expect(trainings).to.equal(1);
  });

  it("with noise, a training that diverges is an update of zero before the noise", async () => {
    const { deps, look, host, run, round } = await setUp(async () => {
      throw new FedledgerError("TRAINING_FAILED", { reason: "the loss is NaN" });
    }, gaussianPrivacy);
    const made = await run(trainUpdate(deps, round, look));
    const lanes = bytesToLanes(host.blobs.get(made.contentId)!.slice());
    const noiseLanes = 1.2 * 0.5 * 2 ** 16;
    expect(Math.hypot(...lanes) / Math.sqrt(lanes.length) / noiseLanes).to.be.within(0.7, 1.3);
  });

  it("gives what was signed over this anchor, though its bytes are gone: another would be misconduct", async () => {
    const { deps, look, host, journal, run, round } = await setUp(async () => expect.fail("trained"));
    const chain = {
      ...deps.chain,
      signRecord: async (record: SignedRecord) => modelSign(a, modelRecordDigest(record)),
    } as unknown as Chain;
    const trained = { ...update, baseModelRoot: round.baseModelRoot };
    await signCommitment({ chain, journal, taskId: 1 }, round, trained);
    host.blobs.clear();
    expect(await run(trainUpdate(deps, round, look))).to.deep.equal(trained);
  });

  it("journals nothing that diverged", async () => {
    const { deps, look, journal, run, round } = await setUp(async ({ parameters }) => ({
      parameters: parameters.map(() => Number.NaN),
      samples: 1,
      loss: Number.NaN,
    }));
    await rejection(run(trainUpdate(deps, round, look)), "NON_FINITE_PARAMETER");
    expect(await readUpdate(journal, 1, round)).to.equal(undefined);
  });

  it("refuses a task whose initial model is not the one on the chain", async () => {
    const { deps, look, run, round } = await setUp(async () => expect.fail("trained"));
    const lie = { ...look, view: { ...look.view, initialModelRoot: hashOf(1) } };
    await rejection(run(trainUpdate(deps, round, lie)), "INVALID_TASK_SPEC");
  });
});
