import { join } from "node:path";
import { expect } from "chai";
import { createAggregator } from "../../node/aggregator/create-aggregator.ts";
import {
  type ComposedNode,
  composeAggregator,
  composeNode,
  composeParticipant,
  composeWatcher,
  type NodeSettings,
} from "../../node/cli/compose.ts";
import { chunkCountOf, chunkLanes, chunkTreeRoot, treeDepthOf } from "../../node/core/chunk-tree.ts";
import { initialLanes } from "../../node/core/initial-model.ts";
import { modelLayout } from "../../node/core/model-layout.ts";
import type { TaskEvent } from "../../node/core/task-events.ts";
import { canonicalTaskSpec, parseTaskSpec } from "../../node/core/task-spec.ts";
import type { Log, LogData } from "../../node/ports/system.ts";
import type { Trainer } from "../../node/ports/trainer.ts";
import type { Progress } from "../../node/rounds/progress.ts";
import { type FederationFixture, type FixtureMember, startFederation } from "../support/federation-fixture.ts";
import type { Lie } from "../support/malicious/lie.ts";
import { withholdModel } from "../support/malicious/model-withholder.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const spec = parseTaskSpec({
  format: "fedledger/task/1",
  name: "withheld",
  model: { kind: "linear-regression", inputs: 69_999, output: { kind: "numbers", count: 1 } },
  initialSeed: 3,
  training: { objective: "fedavg", epochs: 1, batchSize: 8, learningRate: 0.1 },
  data: {},
});
const { parameterCount } = modelLayout(spec.model);
const fractionBits = 16;
const bondWei = 10n ** 19n;
const lane = 66_000;
const challengeWindowS = 12;

/** Refusals of what a demand, an answer or a proof says: an honest node never causes one. */
const falseAlarms = [
  "WrongCommitments",
  "MalformedProof",
  "NotInModel",
  "NotInBaseModel",
  "NotInUpdate",
  "NotIncluded",
  "ChunkIsRight",
  "UpdateIsValid",
  "WeightIsRight",
  "InvalidDemand",
  "NotWhatWasDemanded",
  "WrongDemandBond",
  "NotReserved",
];

describe("an aggregator that proposes a wrong model and withholds its bytes", function () {
  this.timeout(120_000);
  let fixture: FederationFixture;
  let folder: Awaited<ReturnType<typeof temporaryDirectory>>;
  const closing: (() => Promise<unknown>)[] = [];

  beforeEach(async () => {
    folder = await temporaryDirectory();
    fixture = await startFederation({
      participants: 3,
      aggregators: 2,
      outsiders: 1,
      register: false,
      blockIntervalMs: 300,
    });
  });
  afterEach(async () => {
    await Promise.all(closing.splice(0).map((close) => close()));
    await fixture.close();
    await folder.remove();
  });

  /** Runs one round with the liar, and gives what is on record then and what the watcher told. */
  async function run(answers: boolean) {
    const taskId = await fixture.createTask({
      rules: {
        parameterCount,
        fractionBits,
        rounds: 1,
        clipLanes: 1 << 16,
        challengeWindowS,
        aggregatorBondGwei: Number(bondWei / 1_000_000_000n),
      },
      modelRoot: chunkTreeRoot(initialLanes(spec, fractionBits)),
      spec: canonicalTaskSpec(spec),
      enrol: [],
    });
    // Round 1 is the second aggregator's.
    const [honest, liar] = fixture.aggregators as [FixtureMember, FixtureMember];
    const [watcher] = fixture.outsiders as [FixtureMember];
    await liar.chain.send({ kind: "bond", amountWei: bondWei });
    const refusals: unknown[] = [];
    const steps: Progress[] = [];
    const lies: Lie[] = [];
    const events = (onProgress: (step: Progress) => void = () => undefined) => ({
      log: watchfulLog(refusals),
      onProgress,
      onReceived: () => undefined,
    });
    const open = async (node: Promise<ComposedNode>) => {
      const { role, close } = await node;
      closing.push(close);
      return role;
    };
    const settings = (who: FixtureMember): NodeSettings => settingsOf(fixture, who, taskId, folder.path);
    const roles = await Promise.all([
      open(
        composeWatcher(
          settings(watcher),
          events((step) => steps.push(step)),
        ),
      ),
      open(composeAggregator({ ...settings(honest), openWhenEnrolled: 3 }, events())),
      open(
        composeNode(settings(liar), events(), async (deps, { encryptionKey }) =>
          createAggregator(withholdModel(lane, { answers })(deps, { onLie: (lie) => lies.push(lie) }), {
            encryptionKey,
            linger: true,
            openWhenEnrolled: 3,
          }),
        ),
      ),
      ...fixture.participants.map((participant, i) =>
        open(
          composeParticipant({ ...settings(participant), seed: i, challenge: false }, events(), async () =>
            createPullingTrainer(i / 4),
          ),
        ),
      ),
    ]);
    for (const role of roles) role.start();
    const outcomes = await Promise.all(roles.map(({ done }) => done));
    expect(outcomes.every(({ kind }) => kind === "complete")).to.equal(true);
    expect(refusals, "nobody demanded, answered or challenged wrongly").to.deep.equal([]);

    const reader = await fixture.reader();
    const history = await reader.history(taskId);
    const all = <Name extends TaskEvent["name"]>(name: Name) =>
      history.filter((event): event is Extract<TaskEvent, { name: Name }> => event.name === name);
    expect(lies).to.have.length(1);
    expect(all("Slashed").map(({ account }) => account)).to.deep.equal([liar.account]);
    expect(all("RoundFinalized").map(({ modelRoot }) => modelRoot)).to.deep.equal([lies[0]!.honest!.modelRoot]);
    expect(all("Proposed").at(-1)!.proposal.aggregator).to.equal(honest.account);
    expect(await reader.bondOf(liar.account)).to.deep.include({ freeWei: 0n, lockedWei: 0n });
    expect(await reader.bondOf(watcher.account), "it took what it is due").to.deep.include({ creditWei: 0n });
    expect(all("Demanded").every(({ demander }) => demander === watcher.account)).to.equal(true);
    return { all, steps, watcher, liar };
  }

  it("loses its bond for silence when it answers no demand", async () => {
    const { all, steps, watcher, liar } = await run(false);
    const [demanded] = all("Demanded");
    expect(all("Demanded")).to.have.length(1);
    expect(demanded!.demand).to.deep.include({ kind: "model-nodes", place: treeDepthOf(parameterCount), index: 0 });
    expect(all("NodesShown")).to.deep.equal([]);
    expect(all("DemandReturned").map(({ demandId }) => demandId)).to.deep.equal([demanded!.demandId]);
    expect(all("Challenged").map(({ kind, challenger, aggregator }) => [kind, challenger, aggregator])).to.deep.equal([
      ["withheld", watcher.account, liar.account],
    ]);
    expect(kindsOf(steps)).to.deep.equal(["demanded", "struck", "rewarded"]);
  });

  it("is proven wrong by the nodes that it shows", async () => {
    const { all, steps, watcher } = await run(true);
    const chunkIndex = Math.floor(lane / chunkLanes);
    expect(chunkCountOf(parameterCount), "more than one demand shows").to.be.greaterThan(1024);
    expect(all("Demanded").map(({ demand: { place, index } }) => [place, index])).to.deep.equal([
      [11, 0],
      [1, chunkIndex >> 1],
    ]);
    expect(all("NodesShown").map(({ nodes }) => nodes.length)).to.deep.equal([1024, 2]);
    const [challenged] = all("Challenged");
    expect(all("Challenged")).to.have.length(1);
    expect(challenged).to.deep.include({ kind: "wrong-chunk", challenger: watcher.account, chunkIndex });
    expect(kindsOf(steps)).to.deep.equal([
      "demanded",
      "demand-answered",
      "demanded",
      "demand-answered",
      "reserved",
      "challenged",
      "rewarded",
    ]);
  });
});

/** The watcher's own steps, and the answers to its demands, in their order. */
function kindsOf(steps: readonly Progress[]): readonly string[] {
  const told = ["demanded", "demand-answered", "struck", "reserved", "challenged", "rewarded", "not-proven"];
  return steps.map(({ kind }) => kind).filter((kind) => told.includes(kind));
}

function settingsOf(fixture: FederationFixture, who: FixtureMember, taskId: number, folder: string): NodeSettings {
  return {
    task: taskId,
    federation: fixture.federation,
    rpc: [fixture.url],
    confirmations: 0,
    devAccount: fixture.chain.accounts.findIndex(({ address }) => address.toLowerCase() === who.account.toLowerCase()),
    dir: join(folder, who.account),
    listen: ["/ip4/127.0.0.1/tcp/0"],
    gateway: "127.0.0.1:0",
    exitWhenComplete: false,
    announce: undefined,
    ipfs: undefined,
    keystore: undefined,
    passwordFile: undefined,
    mdns: false,
  };
}

/** A trainer that moves every parameter a part of the way to a target of its own. */
function createPullingTrainer(target: number): Trainer {
  const lossOf = (parameters: Float32Array) =>
    parameters.reduce((sum, value) => sum + (value - target) ** 2, 0) / parameters.length;
  return {
    engine: "pulling",
    reproducible: true,
    samples: 20,
    async train({ parameters }) {
      const moved = parameters.map((value) => value + 0.3 * (target - value));
      return { parameters: moved, samples: 20, loss: lossOf(moved) };
    },
    evaluate: async (parameters) => ({ samples: 5, metric: 1 / (1 + lossOf(parameters)), loss: lossOf(parameters) }),
    close: async () => undefined,
  };
}

/** A log that keeps the contract's refusals of what honest nodes send. */
function watchfulLog(refusals: unknown[]): Log {
  const line = (message: string, data?: LogData) => {
    if (falseAlarms.includes(String(data?.revert))) refusals.push({ message, data });
  };
  const log: Log = { error: line, warn: line, info: line, debug: line, child: () => log };
  return log;
}
