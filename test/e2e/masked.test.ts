import { expect } from "chai";
import { createAggregator } from "../../node/aggregator/create-aggregator.ts";
import { chunkTreeRoot } from "../../node/core/bytes/chunk-tree.ts";
import { initialLanes } from "../../node/core/task/initial-model.ts";
import { modelLayout } from "../../node/core/task/model-layout.ts";
import { canonicalTaskSpec, parseTaskSpec } from "../../node/core/task/task-spec.ts";
import type { Trainer } from "../../node/ports/trainer.ts";
import type { Progress } from "../../node/rounds/progress/progress.ts";
import { type FederationFixture, type FixtureMember, startFederation } from "../support/federation-fixture.ts";
import { openFalsely } from "../support/malicious/false-opener.ts";
import { flipLane } from "../support/malicious/lane-flipper.ts";
import type { CorruptAggregator, Lie } from "../support/malicious/lie.ts";
import { createNodePlay, type NodePlay, patientWindows } from "../support/played/node-play.ts";
import { composeAggregator, composeParticipant, composeWatcher } from "../support/processes/compose-node.ts";
import { openLoopbackNode } from "../support/processes/loopback-node.ts";
import { maskedRules } from "../support/states/plain-rules.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { createPullingTrainer } from "../support/training/pulling-trainer.ts";

const spec = parseTaskSpec({
  format: "fedledger/task/1",
  name: "masked",
  model: { kind: "linear-regression", inputs: 299, output: { kind: "numbers", count: 1 } },
  initialSeed: 3,
  training: { objective: "fedavg", epochs: 1, batchSize: 8, learningRate: 0.1 },
  data: {},
  start: { participants: 4, latestS: 2 ** 33 },
});
const fractionBits = 14;

describe("a masked task", function () {
  this.timeout(240_000);

  describe("with two lying aggregators and a participant that drops out", () => {
    let fixture: FederationFixture;
    let folder: Awaited<ReturnType<typeof temporaryDirectory>>;
    let play: NodePlay;

    before(async () => {
      folder = await temporaryDirectory();
      const members = { participants: 4, aggregators: 3, outsiders: 1 };
      fixture = await startFederation({ ...members, register: false, blockIntervalMs: 300 });
      play = createNodePlay(fixture, folder.path);
    });
    after(async () => {
      await play.close();
      await fixture.close();
      await folder.remove();
    });

    it("strikes a flipped lane and a false opening on the chain, opens the sum without who dropped out, and audits clean", async () => {
      const taskId = await fixture.createTask({
        rules: {
          ...maskedRules,
          ...patientWindows,
          keyWindowS: 600,
          parameterCount: modelLayout(spec.model).parameterCount,
          fractionBits,
          rounds: 3,
          maxUpdates: 4,
          minUpdates: 3,
          // two of a member's three fellows open its mask: one may be missing
          thresholdPercent: 51,
          clipLanes: 1 << 16,
          challengeWindowS: 3600,
          aggregatorBondGwei: 10_000_000_000,
        },
        modelRoot: chunkTreeRoot(initialLanes(spec, fractionBits)),
        spec: canonicalTaskSpec(spec),
        enrol: [],
      });
      // the first attempt of round 1 is the second aggregator's; when its place is freed, the third has it, and round 3
      const [honest, flipper, opener] = fixture.aggregators as [FixtureMember, FixtureMember, FixtureMember];
      const lies: Lie[] = [];
      const lying = async (who: FixtureMember, round: number, corrupt: CorruptAggregator) => {
        const { deps, encryptionKey, close } = await openLoopbackNode({ ...who, taskId });
        const options = { encryptionKey, linger: true };
        const role = createAggregator(corrupt(deps, { round, onLie: (lie) => lies.push(lie) }), options);
        play.onClose(async () => {
          await role.stop();
          await close();
        });
        return role;
      };
      // three have committed: the fourth has keys, and does not come back from its training
      const skipTime = (step: Progress) => {
        const isWaitedFor = step.kind === "update-recorded" && step.round === 1 && step.updates === 3;
        if (isWaitedFor) void fixture.chain.increaseTime(1300);
      };
      const [watcher] = fixture.outsiders as [FixtureMember];
      const { settingsOf, eventsOf, opened } = play;
      const invitation = await play.invitationFor(taskId);
      const nodes = await Promise.all([
        composeWatcher(settingsOf(watcher, taskId), eventsOf(watcher, skipTime)),
        composeAggregator(settingsOf(honest, taskId), eventsOf(honest)),
        ...fixture.participants.map((member, seed) =>
          composeParticipant({ ...settingsOf(member, taskId, { invitation }), seed }, eventsOf(member), async () =>
            seed === 3 ? absentIn(1, createPullingTrainer(seed / 40)) : createPullingTrainer(seed / 40),
          ),
        ),
      ]);
      const liars = [await lying(flipper, 1, flipLane(200)), await lying(opener, 3, openFalsely)];
      const outcomes = await play.toFinal([...nodes.map((node) => opened(node).role), ...liars]);
      expect(outcomes.slice(0, nodes.length)).to.deep.equal(nodes.map(() => "final"));

      const { all, audit } = await play.record(taskId);
      expect(lies.map(({ round }) => round)).to.deep.equal([1, 3]);
      expect(all("Struck").map(({ round, aggregator, kind }) => [round, aggregator, kind])).to.deep.equal([
        [1, flipper.account, "wrong-chunk"],
        [3, opener.account, "false-opening"],
      ]);
      expect(all("MemberExpelled").map(({ account }) => account)).to.deep.equal([flipper.account, opener.account]);
      const keyed = (round: number) => all("Advertised").filter((event) => event.round === round).length;
      const committed = (round: number) => all("Committed").filter((event) => event.round === round).length;
      expect([keyed(1), committed(1), keyed(3), committed(3)]).to.deep.equal([4, 3, 4, 4]);
      const models = all("RoundAccepted").map(({ modelRoot }) => modelRoot);
      expect([models[0], models[2]]).to.deep.equal(lies.map(({ honest: right }) => right!.modelRoot));
      expect(play.refusals).to.deep.equal([]);
      expect(audit.findings).to.deep.equal([]);
      expect(audit.rounds.map(({ verdict }) => verdict)).to.deep.equal(["verified", "verified", "verified"]);
    });
  });
});

/** The trainer, but in one round it does not end. */
function absentIn(round: number, trainer: Trainer): Trainer {
  return {
    ...trainer,
    train: (job) =>
      job.round !== round
        ? trainer.train(job)
        : new Promise((_, reject) => {
            job.signal?.addEventListener("abort", () => reject(job.signal?.reason), { once: true });
          }),
  };
}
