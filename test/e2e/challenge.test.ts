import { expect } from "chai";
import { chunkTreeRoot } from "../../node/core/bytes/chunk-tree.ts";
import { initialLanes } from "../../node/core/task/initial-model.ts";
import { modelLayout } from "../../node/core/task/model-layout.ts";
import { canonicalTaskSpec, parseTaskSpec } from "../../node/core/task/task-spec.ts";
import { type FederationFixture, type FixtureMember, startFederation } from "../support/federation-fixture.ts";
import { createLaneFlipper, type FlippedLane } from "../support/malicious/lane-flipper.ts";
import { createNodePlay, type NodePlay, patientWindows } from "../support/played/node-play.ts";
import { composeAggregator, composeParticipant, composeWatcher } from "../support/processes/compose-node.ts";
import { openLoopbackNode } from "../support/processes/loopback-node.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { createPullingTrainer } from "../support/training/pulling-trainer.ts";

const spec = parseTaskSpec({
  format: "fedledger/task/1",
  name: "challenged",
  model: { kind: "linear-regression", inputs: 299, output: { kind: "numbers", count: 1 } },
  initialSeed: 3,
  training: { objective: "fedavg", epochs: 1, batchSize: 8, learningRate: 0.1 },
  data: {},
  start: { participants: 3, latestS: 2 ** 33 },
});
const fractionBits = 16;
const bondWei = 10n ** 19n;
const rounds = 2;

describe("a lying aggregator", function () {
  this.timeout(240_000);
  let fixture: FederationFixture;
  let folder: Awaited<ReturnType<typeof temporaryDirectory>>;
  let play: NodePlay;

  before(async () => {
    folder = await temporaryDirectory();
    fixture = await startFederation({
      participants: 3,
      aggregators: 2,
      outsiders: 1,
      register: false,
      blockIntervalMs: 300,
    });
    play = createNodePlay(fixture, folder.path);
  });
  after(async () => {
    await play.close();
    await fixture.close();
    await folder.remove();
  });

  it("is proven wrong on the chain, loses its bond, and the next one finishes the round as it should have been", async () => {
    const taskId = await fixture.createTask({
      rules: {
        parameterCount: modelLayout(spec.model).parameterCount,
        fractionBits,
        rounds,
        clipLanes: 1 << 16,
        ...patientWindows,
        challengeWindowS: 3600,
        aggregatorBondGwei: Number(bondWei / 1_000_000_000n),
      },
      modelRoot: chunkTreeRoot(initialLanes(spec, fractionBits)),
      spec: canonicalTaskSpec(spec),
      enrol: [],
    });
    // both have joined: the rotation begins with the second place
    const [honest, liar] = fixture.aggregators as [FixtureMember, FixtureMember];
    const lies: FlippedLane[] = [];
    const lying = await openLoopbackNode({ privateKey: liar.privateKey, chain: liar.chain, taskId });
    const flipper = createLaneFlipper(
      lying.deps,
      { encryptionKey: lying.encryptionKey, linger: true },
      { lane: 200, onLie: (lie) => lies.push(lie) },
    );
    play.onClose(async () => {
      await flipper.stop();
      await lying.close();
    });
    const trained = new Map<string, number>();
    const [watcher] = fixture.outsiders as [FixtureMember];
    const { settingsOf, eventsOf, opened } = play;
    const nodes = await Promise.all([
      composeWatcher(settingsOf(watcher, taskId), eventsOf(watcher)),
      composeAggregator(settingsOf(honest, taskId), eventsOf(honest)),
      ...fixture.participants.map((member, seed) =>
        composeParticipant({ ...settingsOf(member, taskId), seed }, eventsOf(member), async () => {
          const trainer = createPullingTrainer(seed / 4);
          return {
            ...trainer,
            train(job) {
              trained.set(member.account, (trained.get(member.account) ?? 0) + 1);
              return trainer.train(job);
            },
          };
        }),
      ),
    ]);
    const outcomes = await play.toFinal([flipper, ...nodes.map((node) => opened(node).role)]);
    expect(outcomes.slice(1)).to.deep.equal(nodes.map(() => "final"));

    const { all, view, audit } = await play.record(taskId);
    expect(lies.map(({ round, lane }) => [round, lane])).to.deep.equal([[1, 200]]);
    const [struck, ...more] = all("Struck");
    expect(more).to.deep.equal([]);
    expect(struck).to.deep.include({ round: 1, aggregator: liar.account, kind: "wrong-chunk", index: 3 });
    const expelled = all("MemberExpelled").map(({ account, amountWei }) => [account, amountWei]);
    expect(expelled).to.deep.equal([[liar.account, bondWei]]);
    const reader = await fixture.reader();
    expect(await reader.placeOf(taskId, liar.account)).to.include({ expelled: true, bondWei: 0n });
    const [rewarded] = all("Rewarded");
    expect(rewarded!.prover).to.equal(struck!.prover);
    expect(rewarded!.rewardWei > 0n && rewarded!.rewardWei <= bondWei / 2n).to.equal(true);
    expect(await reader.creditOf(struck!.prover), "it took its reward").to.equal(0n);
    expect(play.toldBy("rewarded")).to.include(struck!.prover);

    // the same updates, the honest model, by the next aggregator
    expect(all("Committed").filter(({ round }) => round === 1)).to.have.length(3);
    expect([...trained.values()], "once a round").to.deep.equal([rounds, rounds, rounds]);
    expect(all("RoundAccepted")[0]!.modelRoot).to.equal(lies[0]!.honest.modelRoot);
    const takeover = all("Proposed")[1]!.proposal;
    expect([takeover.aggregator, takeover.attempt]).to.deep.equal([honest.account, 1]);
    expect(play.refusals, "nobody proved what is none").to.deep.equal([]);
    expect(view).to.include({ accepted: rounds, complete: true });

    expect(audit.findings).to.deep.equal([]);
    expect(audit).to.include({ exitCode: 0, final: true });
    expect(audit.rounds.map(({ verdict }) => verdict)).to.deep.equal(["verified", "verified"]);
    expect(audit.rounds[0]!.superseded).to.deep.equal([
      {
        attempt: 0,
        aggregator: liar.account,
        modelRoot: lies[0]!.proposed.modelRoot,
        right: false,
        strike: { prover: struck!.prover, kind: "wrong-chunk", index: 3 },
      },
    ]);
  });
});
