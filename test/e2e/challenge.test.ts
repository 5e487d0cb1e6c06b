import { join } from "node:path";
import { expect } from "chai";
import {
  type ComposedNode,
  composeAggregator,
  composeParticipant,
  composeWatcher,
  type NodeSettings,
} from "../../node/cli/compose.ts";
import { chunkTreeRoot } from "../../node/core/chunk-tree.ts";
import { initialLanes } from "../../node/core/initial-model.ts";
import { modelLayout } from "../../node/core/model-layout.ts";
import type { TaskEvent } from "../../node/core/task-events.ts";
import { canonicalTaskSpec, parseTaskSpec } from "../../node/core/task-spec.ts";
import type { Log, LogData } from "../../node/ports/system.ts";
import type { Trainer } from "../../node/ports/trainer.ts";
import type { Progress } from "../../node/rounds/progress.ts";
import { createGatewayStore, gatewayUrls } from "../../node/storage/index.ts";
import { auditOf } from "../support/audit-of.ts";
import { type FederationFixture, type FixtureMember, startFederation } from "../support/federation-fixture.ts";
import { openLoopbackNode } from "../support/loopback-node.ts";
import { createLaneFlipper, type FlippedLane } from "../support/malicious/lane-flipper.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const spec = parseTaskSpec({
  format: "fedledger/task/1",
  name: "challenged",
  model: { kind: "linear-regression", inputs: 299, output: { kind: "numbers", count: 1 } },
  initialSeed: 3,
  training: { objective: "fedavg", epochs: 1, batchSize: 8, learningRate: 0.1 },
  data: {},
});
const { parameterCount } = modelLayout(spec.model);
const fractionBits = 16;
const bondWei = 10n ** 19n;
const rounds = 2;
/** Errors of a challenge that proves nothing: an honest challenger never causes one. */
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
];

describe("a lying aggregator", function () {
  this.timeout(60_000);
  let fixture: FederationFixture;
  let folder: Awaited<ReturnType<typeof temporaryDirectory>>;
  const closing: (() => Promise<unknown>)[] = [];
  const refusals: unknown[] = [];
  const steps: { readonly who: string; readonly step: Progress }[] = [];
  const trained = new Map<string, number>();

  before(async () => {
    folder = await temporaryDirectory();
    fixture = await startFederation({
      participants: 3,
      aggregators: 2,
      outsiders: 1,
      register: false,
      blockIntervalMs: 300,
    });
  });
  after(async () => {
    await Promise.all(closing.map((close) => close()));
    await fixture.close();
    await folder.remove();
  });

  const events = (who: string) => ({
    log: watchfulLog(refusals),
    onProgress: (step: Progress) => void steps.push({ who, step }),
    onReceived: () => undefined,
  });
  const settings = (account: string, devAccount: number, taskId: number): NodeSettings => ({
    task: taskId,
    federation: fixture.federation,
    rpc: [fixture.url],
    confirmations: 0,
    devAccount,
    dir: join(folder.path, account),
    listen: ["/ip4/127.0.0.1/tcp/0"],
    gateway: "127.0.0.1:0",
    exitWhenComplete: false,
    announce: undefined,
    ipfs: undefined,
    keystore: undefined,
    passwordFile: undefined,
    mdns: false,
  });
  const accountNumber = ({ account }: FixtureMember) =>
    fixture.chain.accounts.findIndex(({ address }) => address.toLowerCase() === account.toLowerCase());

  it("is proven wrong on the chain by a watcher that is no member; the next one finishes the round as it should have been", async () => {
    const taskId = await fixture.createTask({
      rules: {
        parameterCount,
        fractionBits,
        rounds,
        clipLanes: 1 << 16,
        aggregatorBondGwei: Number(bondWei / 1_000_000_000n),
      },
      modelRoot: chunkTreeRoot(initialLanes(spec, fractionBits)),
      spec: canonicalTaskSpec(spec),
      enrol: [],
    });
    // Round 1 is the second aggregator's.
    const [honest, liar] = fixture.aggregators as [FixtureMember, FixtureMember];
    await liar.chain.send({ kind: "bond", amountWei: bondWei });
    const lies: FlippedLane[] = [];
    const lying = await openLoopbackNode({ privateKey: liar.privateKey, chain: liar.chain, taskId });
    const flipper = createLaneFlipper(
      lying.deps,
      { encryptionKey: lying.encryptionKey, linger: true, openWhenEnrolled: 3 },
      { lane: 200, onLie: (lie) => lies.push(lie) },
    );
    closing.push(async () => {
      await flipper.stop();
      await lying.close();
    });
    const [watcher] = fixture.outsiders as [FixtureMember];
    const open = async (node: Promise<ComposedNode>) => {
      const { role, close } = await node;
      closing.push(close);
      return role;
    };
    const member = (who: FixtureMember) => settings(who.account, accountNumber(who), taskId);
    const roles = await Promise.all([
      open(composeWatcher(member(watcher), events("watcher"))),
      open(composeAggregator({ ...member(honest), openWhenEnrolled: 3 }, events("aggregator"))),
      ...fixture.participants.map((participant, i) =>
        open(
          composeParticipant(
            { ...member(participant), seed: i, challenge: false },
            events(`participant ${i}`),
            async () =>
              createPullingTrainer(i / 4, () =>
                trained.set(participant.account, (trained.get(participant.account) ?? 0) + 1),
              ),
          ),
        ),
      ),
    ]);
    flipper.start();
    for (const role of roles) role.start();
    const outcomes = await Promise.all([...roles, flipper].map(({ done }) => done));
    expect(outcomes.every(({ kind }) => kind === "complete")).to.equal(true);

    const reader = await fixture.reader();
    const history = await reader.history(taskId, { detail: true });
    const all = <Name extends TaskEvent["name"]>(name: Name) =>
      history.filter((event): event is Extract<TaskEvent, { name: Name }> => event.name === name);

    expect(lies.map(({ round, lane }) => [round, lane])).to.deep.equal([[1, 200]]);
    const [challenged] = all("Challenged");
    expect(all("Challenged")).to.have.length(1);
    expect(challenged).to.deep.include({
      round: 1,
      challenger: watcher.account,
      aggregator: liar.account,
      kind: "wrong-chunk",
      chunkIndex: 3,
    });
    const [slashed] = all("Slashed");
    expect(slashed).to.deep.include({ account: liar.account, amountWei: bondWei, rewardWei: bondWei / 2n });
    expect(await reader.bondOf(liar.account)).to.deep.include({ freeWei: 0n, lockedWei: 0n });
    expect(await reader.bondOf(watcher.account), "it took its reward").to.deep.include({ creditWei: 0n });
    expect(steps.filter(({ step }) => step.kind === "rewarded").map(({ who }) => who)).to.deep.equal(["watcher"]);

    // the same updates, the honest model, by the next aggregator
    expect(all("Committed").filter(({ round }) => round === 1)).to.have.length(3);
    expect([...trained.values()], "once a round").to.deep.equal([rounds, rounds, rounds]);
    const [final] = all("RoundFinalized");
    expect(final!.modelRoot).to.equal(lies[0]!.honest.modelRoot);
    const takeover = all("Proposed")[1]!.proposal;
    expect([takeover.aggregator, takeover.attempt]).to.deep.equal([honest.account, 1]);
    expect(refusals, "nobody challenged wrongly").to.deep.equal([]);

    const gateways = gatewayUrls((await reader.members()).flatMap(({ contact }) => contact?.multiaddrs ?? []));
    const report = await auditOf({
      chainId: reader.chainId,
      federation: reader.federation,
      events: history,
      storedState: await reader.storedState(taskId),
      store: createGatewayStore(gateways),
    });
    expect(report.findings).to.deep.equal([]);
    expect(report.exitCode).to.equal(0);
    expect(report.rounds.map(({ verdict }) => verdict)).to.deep.equal(["verified", "verified"]);
    expect(report.rounds[0]!.superseded).to.deep.equal([
      {
        attempt: 0,
        aggregator: liar.account,
        modelRoot: lies[0]!.proposed.modelRoot,
        right: false,
        challenge: { challenger: watcher.account, kind: "wrong-chunk", chunkIndex: 3 },
      },
    ]);
  });
});

/** A trainer that moves every parameter a part of the way to a target of its own. */
function createPullingTrainer(target: number, onTrained: () => void): Trainer {
  const lossOf = (parameters: Float32Array) =>
    parameters.reduce((sum, value) => sum + (value - target) ** 2, 0) / parameters.length;
  return {
    engine: "pulling",
    reproducible: true,
    samples: 20,
    async train({ parameters }) {
      onTrained();
      const moved = parameters.map((value) => value + 0.3 * (target - value));
      return { parameters: moved, samples: 20, loss: lossOf(moved) };
    },
    evaluate: async (parameters) => ({ samples: 5, metric: 1 / (1 + lossOf(parameters)), loss: lossOf(parameters) }),
    close: async () => undefined,
  };
}

/** A log that keeps the contract's refusals of proofs. */
function watchfulLog(refusals: unknown[]): Log {
  const line = (message: string, data?: LogData) => {
    if (falseAlarms.includes(String(data?.revert))) refusals.push({ message, data });
  };
  const log: Log = { error: line, warn: line, info: line, debug: line, child: () => log };
  return log;
}
