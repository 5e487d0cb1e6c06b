import { expect } from "chai";
import { sumOpenerOf } from "../../node/api/sealed/open-sums.ts";
import { chunkTreeRoot } from "../../node/core/bytes/chunk-tree.ts";
import { initialLanes } from "../../node/core/task/initial-model.ts";
import { modelLayout } from "../../node/core/task/model-layout.ts";
import { canonicalTaskSpec, parseTaskSpec } from "../../node/core/task/task-spec.ts";
import { createGatewayStore, gatewayUrls } from "../../node/storage/index.ts";
import { type FederationFixture, type FixtureMember, startFederation } from "../support/federation-fixture.ts";
import { auditOf } from "../support/history/audit-of.ts";
import { createNodePlay, type NodePlay, patientWindows } from "../support/played/node-play.ts";
import { composeAggregator, composeParticipant, composeWatcher } from "../support/processes/compose-node.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { createPullingTrainer } from "../support/training/pulling-trainer.ts";

const spec = parseTaskSpec({
  format: "fedledger/task/1",
  name: "encrypted",
  model: { kind: "linear-regression", inputs: 99, output: { kind: "numbers", count: 1 } },
  initialSeed: 3,
  training: { objective: "fedavg", epochs: 1, batchSize: 8, learningRate: 0.1 },
  data: {},
  start: { participants: 3, latestS: 2 ** 33 },
});
const fractionBits = 12;

describe("an encrypted task between nodes", function () {
  this.timeout(240_000);
  let folder: Awaited<ReturnType<typeof temporaryDirectory>>;
  let fixture: FederationFixture;
  let play: NodePlay;

  before(async () => {
    folder = await temporaryDirectory();
    fixture = await startFederation({ participants: 4, aggregators: 1, register: false, blockIntervalMs: 300 });
    play = createNodePlay(fixture, folder.path);
  });
  after(async () => {
    await play.close();
    await fixture.close();
    await folder.remove();
  });

  it("has its sums added by who cannot read them, opened and attested by who can, and audited by anybody", async () => {
    const members = fixture.participants.slice(0, 3);
    const [aggregator] = fixture.aggregators as [FixtureMember];
    const watcher = fixture.participants[3]!;
    const taskId = await fixture.createTask({
      rules: {
        ...patientWindows,
        ...{ mode: "encrypted", keyWindowS: 600, fractionBits, rounds: 2, clipLanes: 1 << 14, maxWeight: 1000 },
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
    const { settingsOf, eventsOf, toldBy } = play;
    const nodes = await Promise.all([
      composeAggregator(settingsOf(aggregator, taskId), eventsOf(aggregator)),
      ...members.map((member, seed) =>
        composeParticipant({ ...settingsOf(member, taskId), seed }, eventsOf(member), async () =>
          createPullingTrainer(seed / 4),
        ),
      ),
      composeWatcher(settingsOf(watcher, taskId), eventsOf(watcher)),
    ]);
    const outcomes = await play.toFinal(nodes.map((node) => play.opened(node).role));
    expect(outcomes).to.deep.equal(nodes.map(() => "final"));

    const reader = await fixture.reader();
    const { history, view } = await play.record(taskId);
    expect(view.rounds.map(({ phase }) => phase)).to.deep.equal(["accepted", "accepted"]);
    for (const { advertisements = [], commitments, result, proposal } of view.rounds) {
      expect(advertisements).to.have.length(3);
      expect(new Set(advertisements.map(({ sharesId }) => sharesId)).size, "one key, which all confirm").to.equal(1);
      expect(commitments).to.have.length(3);
      expect(result?.attesters).to.have.length.at.least(2);
      expect(proposal?.openings).to.have.length(66);
    }
    expect(new Set(toldBy("sum-opened")), "who holds the key opens the sum").to.deep.equal(
      new Set(members.map(({ account }) => account)),
    );
    expect(toldBy("sum-computed"), "who adds has no key").to.deep.equal([aggregator.account, aggregator.account]);
    const watched = play.steps.filter(({ who, step }) => who === watcher.account && step.kind === "recomputed");
    expect(watched.map(({ step }) => "isSumOnly" in step && step.isSumOnly)).to.deep.equal([true, true]);
    expect([...toldBy("encryption-refused"), ...toldBy("disputed")]).to.deep.equal([]);

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
      const opening = {
        store,
        parameterCount: modelLayout(spec.model).parameterCount,
        signal: AbortSignal.timeout(60_000),
      };
      const sumOpener = sumOpenerOf(settingsOf(member, taskId), reader, opening);
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

    const [first, ...rest] = history.filter(({ name }) => name === "Proposed");
    expect(rest).to.have.length(1);
    const false_ = history.map((event) =>
      event === first ? { ...event, openings: `0x${"99".repeat(32)}` as const } : event,
    );
    const wrong = await auditOf({ chainId, federation, events: false_ as typeof history, storedState, store });
    const sums = wrong.findings.filter(({ code }) => code === "SUM_WRONG");
    // the openings are not those that the proposal's hash binds: whoever shows them may frame the aggregator
    expect(sums.map(({ round, party }) => [round, party])).to.deep.equal([[1, undefined]]);
    expect(wrong.exitCode).to.equal(4);
  });
});
