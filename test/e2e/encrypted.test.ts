import { join } from "node:path";
import { expect } from "chai";
import {
  composeAggregator,
  composeParticipant,
  composeWatcher,
  type NodeEvents,
  type NodeSettings,
} from "../../node/cli/compose.ts";
import { sumOpenerOf } from "../../node/cli/open-sums.ts";
import { chunkTreeRoot } from "../../node/core/chunk-tree.ts";
import { foldTask } from "../../node/core/fold-task.ts";
import { initialLanes } from "../../node/core/initial-model.ts";
import { modelLayout } from "../../node/core/model-layout.ts";
import { canonicalTaskSpec, parseTaskSpec } from "../../node/core/task-spec.ts";
import type { Progress } from "../../node/rounds/progress.ts";
import { createGatewayStore, gatewayUrls } from "../../node/storage/index.ts";
import { auditOf } from "../support/audit-of.ts";
import {
  type FederationFixture,
  type FixtureMember,
  silentLog,
  startFederation,
} from "../support/federation-fixture.ts";
import { createPullingTrainer } from "../support/pulling-trainer.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const spec = parseTaskSpec({
  format: "fedledger/task/1",
  name: "encrypted",
  model: { kind: "linear-regression", inputs: 99, output: { kind: "numbers", count: 1 } },
  initialSeed: 3,
  training: { objective: "fedavg", epochs: 1, batchSize: 8, learningRate: 0.1 },
  data: {},
});
const fractionBits = 12;

describe("an encrypted task between nodes", function () {
  this.timeout(120_000);
  let folder: Awaited<ReturnType<typeof temporaryDirectory>>;
  let fixture: FederationFixture;
  const closing: (() => Promise<unknown>)[] = [];

  before(async () => {
    folder = await temporaryDirectory();
    fixture = await startFederation({ participants: 4, aggregators: 1, register: false, blockIntervalMs: 300 });
  });
  after(async () => {
    await Promise.all(closing.map((close) => close()));
    await fixture.close();
    await folder.remove();
  });

  it("has its sums added by who cannot read them, opened and attested by who can, and audited by anybody", async () => {
    const members = fixture.participants.slice(0, 3);
    const [aggregator] = fixture.aggregators as [FixtureMember];
    const watcher = fixture.participants[3]!;
    const taskId = await fixture.createTask({
      rules: {
        ...{ mode: "encrypted", keyWindowS: 20, fractionBits, rounds: 2, clipLanes: 1 << 14, maxWeight: 1000 },
        ...{
          parameterCount: modelLayout(spec.model).parameterCount,
          minUpdates: 2,
          maxUpdates: 3,
          attestationQuorum: 2,
        },
      },
      modelRoot: chunkTreeRoot(initialLanes(spec, fractionBits)),
      spec: canonicalTaskSpec(spec),
      enrol: [],
    });
    const steps: { readonly who: string; readonly step: Progress }[] = [];
    const eventsOf = ({ account }: FixtureMember): NodeEvents => ({
      log: silentLog,
      onProgress: (step) => void steps.push({ who: account, step }),
      onReceived: () => undefined,
    });
    const settingsOf = (member: FixtureMember): NodeSettings => ({
      task: taskId,
      federation: fixture.federation,
      rpc: [fixture.url],
      confirmations: 0,
      devAccount: fixture.chain.accounts.findIndex(
        ({ address }) => address.toLowerCase() === member.account.toLowerCase(),
      ),
      dir: join(folder.path, member.account),
      listen: ["/ip4/127.0.0.1/tcp/0"],
      gateway: "127.0.0.1:0",
      exitWhenComplete: false,
      announce: undefined,
      ipfs: undefined,
      keystore: undefined,
      passwordFile: undefined,
      mdns: false,
    });
    const nodes = await Promise.all([
      composeAggregator({ ...settingsOf(aggregator), openWhenEnrolled: 3 }, eventsOf(aggregator)),
      ...members.map((member, seed) =>
        composeParticipant({ ...settingsOf(member), seed, commit: "own" }, eventsOf(member), async () =>
          createPullingTrainer(seed / 4),
        ),
      ),
      composeWatcher(settingsOf(watcher), eventsOf(watcher)),
    ]);
    closing.push(...nodes.map(({ close }) => close));
    for (const { role } of nodes) role.start();
    await Promise.all(nodes.map(({ role }) => role.done));

    const reader = await fixture.reader();
    const history = await reader.history(taskId, { detail: true });
    const view = foldTask(history);
    expect(view.rounds.map(({ phase }) => phase)).to.deep.equal(["finalized", "finalized"]);
    for (const { advertisements = [], commitments, result, proposal } of view.rounds) {
      expect(advertisements).to.have.length(3);
      expect(new Set(advertisements.map(({ sharesId }) => sharesId)).size, "one key, which all confirm").to.equal(1);
      expect(commitments).to.have.length(3);
      expect(result?.attesters).to.have.length.at.least(2);
      expect(proposal?.openings).to.have.length(66);
    }
    const told = (kind: Progress["kind"]) => steps.filter(({ step }) => step.kind === kind).map(({ who }) => who);
    expect(new Set(told("sum-opened")), "who holds the key opens the sum").to.deep.equal(
      new Set(members.map(({ account }) => account)),
    );
    expect(told("sum-computed"), "who adds has no key").to.deep.equal([aggregator.account, aggregator.account]);
    const watched = steps.filter(({ who, step }) => who === watcher.account && step.kind === "recomputed");
    expect(watched.map(({ step }) => "isSumOnly" in step && step.isSumOnly)).to.deep.equal([true, true]);
    expect([...told("encryption-refused"), ...told("disputed")]).to.deep.equal([]);

    const gateways = gatewayUrls((await reader.members()).flatMap(({ contact }) => contact?.multiaddrs ?? []));
    const { chainId, federation } = reader;
    const storedState = await reader.storedState(taskId);
    const store = createGatewayStore(gateways);
    const audit = await auditOf({ chainId, federation, events: history, storedState, store });
    expect(audit.findings).to.deep.equal([]);
    expect(audit).to.include({ exitCode: 0, verdict: "verified" });
    expect(audit.rounds.map(({ isDecryptionAttested }) => isDecryptionAttested)).to.deep.equal([true, true]);

    // a participant's account has a copy of each round's key, and a watcher's has none
    const openedBy = async (member: FixtureMember) => {
      const { devAccount } = settingsOf(member);
      const opening = {
        store,
        parameterCount: modelLayout(spec.model).parameterCount,
        signal: AbortSignal.timeout(60_000),
      };
      const values = { keystore: undefined, passwordFile: undefined, devAccount };
      const sumOpener = await sumOpenerOf(values, reader, opening);
      const { verdict, rounds } = await auditOf({
        chainId,
        federation,
        events: history,
        storedState,
        store,
        sumOpener,
      });
      return { verdict, attested: rounds.map(({ isDecryptionAttested }) => isDecryptionAttested ?? false) };
    };
    expect(await openedBy(members[1]!)).to.deep.equal({ verdict: "verified", attested: [false, false] });
    expect(await openedBy(watcher)).to.deep.equal({ verdict: "verified", attested: [true, true] });

    const [first, ...rest] = history.filter(({ name }) => name === "Opened");
    expect(rest).to.have.length(1);
    const false_ = history.map((event) =>
      event === first ? { ...event, openings: `0x${"99".repeat(32)}` as const } : event,
    );
    const wrong = await auditOf({ chainId, federation, events: false_ as typeof history, storedState, store });
    expect(wrong.findings.map(({ code, round, party }) => [code, round, party])).to.deep.equal([
      ["SUM_WRONG", 1, aggregator.account],
    ]);
    expect(wrong.exitCode).to.equal(3);
  });
});
