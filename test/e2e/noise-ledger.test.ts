import { existsSync, statSync } from "node:fs";
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import type { ParticipantChoices } from "../../node/api/nodes/compose.ts";
import { chunkTreeRoot } from "../../node/core/bytes/chunk-tree.ts";
import { initialLanes } from "../../node/core/task/initial-model.ts";
import { modelLayout } from "../../node/core/task/model-layout.ts";
import { canonicalTaskSpec, parseTaskSpec } from "../../node/core/task/task-spec.ts";
import type { Progress } from "../../node/rounds/progress/progress.ts";
import { createNoiseLedgerFile } from "../../node/system/noise-ledger-file.ts";
import { expectCode } from "../support/expect-code.ts";
import { type FederationFixture, type FixtureMember, startFederation } from "../support/federation-fixture.ts";
import { createNodePlay, type NodePlay, patientWindows } from "../support/played/node-play.ts";
import { composeAggregator, composeParticipant } from "../support/processes/compose-node.ts";
import { gaussianPrivacy } from "../support/states/privacy-specs.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { createPullingTrainer } from "../support/training/pulling-trainer.ts";

const spec = parseTaskSpec({
  format: "fedledger/task/1",
  name: "noise",
  model: { kind: "linear-regression", inputs: 9, output: { kind: "numbers", count: 1 } },
  initialSeed: 3,
  training: { objective: "fedavg", epochs: 1, batchSize: 8, learningRate: 0.1 },
  data: {},
  // three rounds cost less than epsilon 8, four cost more
  privacy: gaussianPrivacy,
  start: { participants: 3, latestS: 2 ** 33 },
});
const fractionBits = 16;

// Nodes are composed as the commands do it, on a real chain and a real network, in this process.
describe("the noise ledger of nodes", function () {
  this.timeout(240_000);
  let fixture: FederationFixture;
  let folder: Awaited<ReturnType<typeof temporaryDirectory>>;
  let play: NodePlay;

  before(async () => {
    folder = await temporaryDirectory();
    fixture = await startFederation({ participants: 3, aggregators: 1, register: false, blockIntervalMs: 300 });
    play = createNodePlay(fixture, folder.path);
  });
  afterEach(() => play.close());
  after(async () => {
    await fixture.close();
    await folder.remove();
  });

  const createTask = (rounds: number) =>
    fixture.createTask({
      rules: {
        parameterCount: modelLayout(spec.model).parameterCount,
        ...{ fractionBits, rounds, roundsPerParticipant: rounds, clipLanes: 1 << 22, maxWeight: 1, minUpdates: 3 },
        ...{ attestationQuorum: 2, attempts: 3, challengeWindowS: 3600, ...patientWindows },
      },
      modelRoot: chunkTreeRoot(initialLanes(spec, fractionBits)),
      spec: canonicalTaskSpec(spec),
      enrol: [],
    });
  /** What the first participant told of its ledger. */
  const counted: Extract<Progress, { kind: "noise-counted" }>[] = [];
  const ledger = () => join(folder.path, "shared", "ledger.sqlite");
  const participant = (task: number, who: FixtureMember, more: Partial<ParticipantChoices> = {}) => {
    const path = who === fixture.participants[0] ? ledger() : join(folder.path, who.account, "ledger.sqlite");
    const settings = { ...play.settingsOf(who, task), ledger: path, ...more };
    const events = play.eventsOf(who, (step) => {
      if (who === fixture.participants[0] && step.kind === "noise-counted") counted.push(step);
    });
    return composeParticipant(settings, events, async () => createPullingTrainer(1));
  };
  const aggregator = (task: number) => {
    const [who] = fixture.aggregators as [FixtureMember];
    return composeAggregator(play.settingsOf(who, task), play.eventsOf(who));
  };

  it("counts two tasks over the same data together, and is missed when it is gone", async () => {
    const [first, ...others] = fixture.participants as [FixtureMember, ...FixtureMember[]];
    const run = async (task: number, more: Partial<ParticipantChoices>) => {
      const nodes = await Promise.all([
        aggregator(task),
        participant(task, first, more),
        ...others.map((who) => participant(task, who, more)),
      ]);
      await play.toFinal(nodes.map((node) => play.opened(node).role));
      await play.close();
    };
    const [one, two] = [await createTask(2), await createTask(3)];
    await run(one, {});
    const entries = await createNoiseLedgerFile(ledger()).read();
    expect(entries.map(({ opening }) => opening.split("/")[0])).to.deep.equal(["1", "2"]);
    expect(statSync(ledger()).mode & 0o777).to.equal(0o600);
    expect(existsSync(join(folder.path, "noise-ledger.sqlite"))).to.equal(false);

    // the second task by itself is within its epsilon, with the first it is not: the site allows more
    const format = "fedledger/policy/1" as const;
    await run(two, { policy: { format, dataBudget: { epsilon: 20, delta: 1e-5 } } });
    expect(counted).to.have.length(5);
    expect(counted.at(-1)).to.include({ updates: 5, accountant: "pld" });
    expect(counted.at(-1)?.epsilon).to.be.within(8, 11);

    // nobody takes part again on a ledger that is not the one
    await rename(ledger(), `${ledger()}.away`);
    await expectCode("PRIVACY_LEDGER_LOST", () => participant(two, first));
    expect(existsSync(ledger()), "made anew").to.equal(false);
    await rename(`${ledger()}.away`, ledger());
    const again = await participant(two, first);
    await again.close();
  });
});
