import { join } from "node:path";
import { expect } from "chai";
import { type ComposedNode, composeAggregator, composeParticipant, type NodeSettings } from "../../node/cli/compose.ts";
import { chunkTreeRoot } from "../../node/core/chunk-tree.ts";
import { foldTask } from "../../node/core/fold-task.ts";
import { initialLanes } from "../../node/core/initial-model.ts";
import { modelLayout } from "../../node/core/model-layout.ts";
import { canonicalTaskSpec } from "../../node/core/task-spec.ts";
import { createGatewayStore, gatewayUrls } from "../../node/storage/index.ts";
import { createTfjsTrainer, loadParticipantData, taskPreset } from "../../node/training/index.ts";
import { auditOf } from "../support/audit-of.ts";
import {
  type FederationFixture,
  type FixtureMember,
  silentLog,
  startFederation,
} from "../support/federation-fixture.ts";
import { openLoopbackNode } from "../support/loopback-node.ts";
import { createLaneFlipper, type FlippedLane } from "../support/malicious/lane-flipper.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const preset = taskPreset("breast-cancer");
const { spec } = preset;
const { fractionBits, clipLanes, maxWeight, serverRateQ16 } = preset.rules;
const parts = 3;

describe("a pipelined task with a lying aggregator", function () {
  this.timeout(120_000);
  let fixture: FederationFixture;
  let folder: Awaited<ReturnType<typeof temporaryDirectory>>;
  const closing: (() => Promise<unknown>)[] = [];

  before(async () => {
    folder = await temporaryDirectory();
    fixture = await startFederation({ participants: parts, aggregators: 2, register: false, blockIntervalMs: 300 });
  });
  after(async () => {
    await Promise.all(closing.map((close) => close()));
    await fixture.close();
    await folder.remove();
  });

  const settingsOf = ({ account }: FixtureMember, taskId: number): NodeSettings => ({
    ...{ task: taskId, federation: fixture.federation, rpc: [fixture.url], confirmations: 0 },
    devAccount: fixture.chain.accounts.findIndex(({ address }) => address.toLowerCase() === account.toLowerCase()),
    dir: join(folder.path, account),
    ...{ listen: ["/ip4/127.0.0.1/tcp/0"], gateway: "127.0.0.1:0", mdns: false, exitWhenComplete: false },
    ...{ announce: undefined, ipfs: undefined, keystore: undefined, passwordFile: undefined },
  });

  it("loses the round that was built on the lie, and nothing else; the record is audited clean", async () => {
    const taskId = await fixture.createTask({
      rules: {
        ...{ fractionBits, clipLanes, maxWeight, serverRateQ16, rounds: 3, pipelined: true, minUpdates: parts },
        parameterCount: modelLayout(spec.model).parameterCount,
        // no quorum: final by time alone
        ...{ attestationQuorum: parts + 1, attempts: 3, challengeWindowS: 6 },
      },
      modelRoot: chunkTreeRoot(initialLanes(spec, fractionBits)),
      spec: canonicalTaskSpec(spec),
      enrol: [],
    });
    const events = { log: silentLog, onProgress: () => undefined, onReceived: () => undefined };
    const [honest, liar] = fixture.aggregators as [FixtureMember, FixtureMember];
    const lies: FlippedLane[] = [];
    const lying = await openLoopbackNode({ privateKey: liar.privateKey, chain: liar.chain, taskId });
    const flipper = createLaneFlipper(
      lying.deps,
      { encryptionKey: lying.encryptionKey, linger: true, openWhenEnrolled: parts },
      { lane: 20, onLie: (lie) => lies.push(lie) },
    );
    closing.push(async () => {
      await flipper.stop();
      await lying.close();
    });
    const open = async (node: Promise<ComposedNode>) => {
      const { role, close } = await node;
      closing.push(close);
      return role;
    };
    const trainerOf = async (part: number) => {
      const { dataset, partition, heldOutFraction } = preset;
      const share = { partition, part, parts };
      const { train, heldOut } = await loadParticipantData({ spec, dataset, seed: 1, heldOutFraction, share });
      return await createTfjsTrainer({ spec, train, heldOut });
    };
    const roles = await Promise.all([
      open(composeAggregator({ ...settingsOf(honest, taskId), openWhenEnrolled: parts }, events)),
      ...fixture.participants.map((member, part) =>
        open(composeParticipant({ ...settingsOf(member, taskId), seed: part }, events, () => trainerOf(part))),
      ),
    ]);
    flipper.start();
    for (const role of roles) role.start();
    const outcomes = await Promise.all([...roles, flipper].map(({ done }) => done));
    expect(outcomes.map(({ kind }) => kind)).to.deep.equal(outcomes.map(() => "complete"));

    const reader = await fixture.reader();
    const history = await reader.history(taskId, { detail: true });
    const { rounds } = foldTask(history);
    expect(lies.length).to.be.greaterThan(0);
    const refuted = rounds.flatMap(({ refuted: lost = [] }) => lost);
    expect(refuted.map(({ aggregator, kind }) => [aggregator, kind])).to.deep.equal(
      lies.map(() => [liar.account, "wrong-chunk"]),
    );
    const fallen = rounds.filter(({ phase }) => phase !== "finalized");
    expect(fallen.map(({ invalidReason }) => invalidReason)).to.deep.equal(fallen.map(() => "ancestor-invalid"));
    expect(fallen.map(({ round }) => round)).to.include(2);
    expect(fallen.flatMap(({ commitments }) => commitments)).to.deep.equal([]);

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
  });
});
