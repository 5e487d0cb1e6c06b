import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { createAggregator } from "../../node/aggregator/create-aggregator.ts";
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
import type { Trainer } from "../../node/ports/trainer.ts";
import type { Progress } from "../../node/rounds/progress.ts";
import { createGatewayStore, gatewayUrls } from "../../node/storage/index.ts";
import { auditOf } from "../support/audit-of.ts";
import {
  type FederationFixture,
  type FixtureMember,
  silentLog,
  startFederation,
} from "../support/federation-fixture.ts";
import { runFedledger } from "../support/fedledger-process.ts";
import { openLoopbackNode } from "../support/loopback-node.ts";
import { openFalsely } from "../support/malicious/false-opener.ts";
import { flipLane } from "../support/malicious/lane-flipper.ts";
import type { CorruptAggregator, Lie } from "../support/malicious/lie.ts";
import { maskedRules } from "../support/plain-rules.ts";
import { createPullingTrainer } from "../support/pulling-trainer.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const spec = parseTaskSpec({
  format: "fedledger/task/1",
  name: "masked",
  model: { kind: "linear-regression", inputs: 299, output: { kind: "numbers", count: 1 } },
  initialSeed: 3,
  training: { objective: "fedavg", epochs: 1, batchSize: 8, learningRate: 0.1 },
  data: {},
});
const fractionBits = 14;

describe("a masked task", function () {
  this.timeout(180_000);

  describe("with two lying aggregators and a participant that drops out", () => {
    let fixture: FederationFixture;
    let folder: Awaited<ReturnType<typeof temporaryDirectory>>;
    const closing: (() => Promise<unknown>)[] = [];
    const steps: { readonly who: number; readonly step: Progress }[] = [];

    before(async () => {
      folder = await temporaryDirectory();
      const members = { participants: 4, aggregators: 3, outsiders: 1 };
      fixture = await startFederation({ ...members, register: false, blockIntervalMs: 300 });
    });
    after(async () => {
      await Promise.all(closing.map((close) => close()));
      await fixture.close();
      await folder.remove();
    });

    const settings = ({ account }: FixtureMember, taskId: number): NodeSettings => ({
      task: taskId,
      federation: fixture.federation,
      rpc: [fixture.url],
      confirmations: 0,
      devAccount: fixture.chain.accounts.findIndex(({ address }) => address.toLowerCase() === account.toLowerCase()),
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
    const eventsOf = (who: number, onStep: (step: Progress) => void = () => undefined) => ({
      log: silentLog,
      onProgress(step: Progress) {
        steps.push({ who, step });
        onStep(step);
      },
      onReceived: () => undefined,
    });

    it("strikes a flipped lane and a false opening on the chain, opens the sum without who dropped out, and audits clean", async () => {
      const taskId = await fixture.createTask({
        rules: {
          ...maskedRules,
          parameterCount: modelLayout(spec.model).parameterCount,
          fractionBits,
          rounds: 2,
          maxUpdates: 4,
          minUpdates: 3,
          clipLanes: 1 << 16,
          aggregatorBondGwei: 10_000_000_000,
        },
        modelRoot: chunkTreeRoot(initialLanes(spec, fractionBits)),
        spec: canonicalTaskSpec(spec),
        enrol: [],
      });
      // the first attempt of round 1 is the second aggregator's, that of round 2 the third one's
      const [honest, flipper, opener] = fixture.aggregators as [FixtureMember, FixtureMember, FixtureMember];
      const lies: Lie[] = [];
      const lying = async (who: FixtureMember, round: number, corrupt: CorruptAggregator) => {
        const { deps, encryptionKey, close } = await openLoopbackNode({ ...who, taskId });
        const options = { encryptionKey, linger: true, openWhenEnrolled: 4 };
        const role = createAggregator(corrupt(deps, { round, onLie: (lie) => lies.push(lie) }), options);
        closing.push(async () => {
          await role.stop();
          await close();
        });
        return role;
      };
      const open = async (node: Promise<ComposedNode>) => {
        const { role, close } = await node;
        closing.push(close);
        return role;
      };
      // three have committed: the fourth has keys, and does not come back from its training
      const skipTime = (step: Progress) => {
        const isWaitedFor = step.kind === "update-recorded" && step.round === 1 && step.updates === 3;
        if (isWaitedFor) void fixture.chain.increaseTime(100);
      };
      const [watcher] = fixture.outsiders as [FixtureMember];
      const roles = await Promise.all([
        open(composeWatcher(settings(watcher, taskId), eventsOf(-1, skipTime))),
        open(composeAggregator({ ...settings(honest, taskId), openWhenEnrolled: 4 }, eventsOf(-2))),
        lying(flipper, 1, flipLane(200)),
        lying(opener, 2, openFalsely),
        ...fixture.participants.map((participant, i) =>
          open(
            composeParticipant(
              { ...settings(participant, taskId), seed: i, challenge: false },
              eventsOf(i),
              async () => (i === 3 ? absentIn(1, createPullingTrainer(i / 40)) : createPullingTrainer(i / 40)),
            ),
          ),
        ),
      ]);
      for (const role of roles) role.start();
      const outcomes = await Promise.all(roles.map(({ done }) => done));
      expect(outcomes.map(({ kind }) => kind)).to.deep.equal(roles.map(() => "complete"));

      const reader = await fixture.reader();
      const history = await reader.history(taskId, { detail: true });
      const all = <Name extends TaskEvent["name"]>(name: Name) =>
        history.filter((event): event is Extract<TaskEvent, { name: Name }> => event.name === name);
      expect(lies.map(({ round }) => round)).to.deep.equal([1, 2]);
      expect(
        all("Challenged").map(({ round, aggregator, challenger, kind }) => [round, aggregator, challenger, kind]),
      ).to.deep.equal([
        [1, flipper.account, watcher.account, "wrong-chunk"],
        [2, opener.account, watcher.account, "false-opening"],
      ]);
      expect(all("Slashed").map(({ account }) => account)).to.deep.equal([flipper.account, opener.account]);
      const keyed = (round: number) => all("Advertised").filter((event) => event.round === round).length;
      const committed = (round: number) => all("Committed").filter((event) => event.round === round).length;
      expect([keyed(1), committed(1), keyed(2), committed(2)]).to.deep.equal([4, 3, 4, 4]);
      expect(all("RoundFinalized").map(({ modelRoot }) => modelRoot)).to.deep.equal(
        lies.map(({ honest: right }) => right!.modelRoot),
      );
      const gateways = gatewayUrls((await reader.members()).flatMap(({ contact }) => contact?.multiaddrs ?? []));
      const report = await auditOf({
        chainId: reader.chainId,
        federation: reader.federation,
        events: history,
        storedState: await reader.storedState(taskId),
        store: createGatewayStore(gateways),
      });
      expect(report.findings).to.deep.equal([]);
      expect(report.rounds.map(({ verdict }) => verdict)).to.deep.equal(["verified", "verified"]);
    });
  });

  it("runs in the demo, each member a process, and audits clean", async () => {
    const folder = mkdtempSync(join(tmpdir(), "fedledger-masked-"));
    try {
      const args = ["--mode", "masked", "--participants", "4", "--rounds", "2", "--json", "--out", join(folder, "run")];
      const { code, events, stderr } = await runFedledger(["demo", ...args]);
      expect(code, stderr).to.equal(0);
      const told = events
        .filter(({ event }) => event === "node")
        .map(({ name, data }) => ({ name, data: data as Told }));
      const verdict = told.find(({ name, data }) => name === "auditor" && data.event === "verdict")!.data;
      expect(verdict).to.deep.include({ verdict: "verified", complete: true, findings: [] });
      const kinds = (kind: string) => told.filter(({ data }) => data.kind === kind).length;
      expect([kinds("advertised"), kinds("masked"), kinds("unmasked")]).to.deep.equal([8, 8, 8]);
      expect(kinds("masking-refused")).to.equal(0);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

interface Told extends Record<string, unknown> {
  readonly event?: string;
  readonly kind?: string;
}

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
