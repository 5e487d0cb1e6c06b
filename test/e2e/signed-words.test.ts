import { join } from "node:path";
import { expect } from "chai";
import { chunkTreeRoot } from "../../node/core/bytes/chunk-tree.ts";
import type { TaskRules } from "../../node/core/records.ts";
import { initialLanes } from "../../node/core/task/initial-model.ts";
import { modelLayout } from "../../node/core/task/model-layout.ts";
import { canonicalTaskSpec, parseTaskSpec } from "../../node/core/task/task-spec.ts";
import { createParticipant } from "../../node/participant/create-participant.ts";
import { openJournal } from "../../node/system/index.ts";
import { type FederationFixture, type FixtureMember, startFederation } from "../support/federation-fixture.ts";
import { exceedClip } from "../support/malicious/clip-exceeder.ts";
import { equivocate } from "../support/malicious/equivocator.ts";
import type { CorruptParticipant, Lie } from "../support/malicious/lie.ts";
import { createNodePlay, type NodePlay, patientWindows } from "../support/played/node-play.ts";
import {
  type ComposedNode,
  composeAggregator,
  composeNode,
  composeParticipant,
  composeWatcher,
} from "../support/processes/compose-node.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { createPullingTrainer } from "../support/training/pulling-trainer.ts";

const spec = parseTaskSpec({
  format: "fedledger/task/1",
  name: "signed words",
  model: { kind: "linear-regression", inputs: 99, output: { kind: "numbers", count: 1 } },
  initialSeed: 3,
  training: { objective: "fedavg", epochs: 1, batchSize: 8, learningRate: 0.1 },
  data: {},
  start: { participants: 5, latestS: 2 ** 33 },
});
const fractionBits = 16;
const bondGwei = 10 * 10 ** 9;
const bondWei = BigInt(bondGwei) * 10n ** 9n;

// Nodes are composed as the commands do it, on a real chain and a real network, in this process.
describe("signed messages between nodes", function () {
  this.timeout(240_000);
  let fixture: FederationFixture;
  let folder: Awaited<ReturnType<typeof temporaryDirectory>>;
  let play: NodePlay;
  /** All but the last, who has the role and only watches. */
  let participants: readonly FixtureMember[];
  let watcher: FixtureMember;

  before(async () => {
    folder = await temporaryDirectory();
    fixture = await startFederation({ participants: 6, aggregators: 2, register: false, blockIntervalMs: 300 });
    participants = fixture.participants.slice(0, 5);
    watcher = fixture.participants[5]!;
    play = createNodePlay(fixture, folder.path);
  });
  afterEach(() => play.close());
  after(async () => {
    await fixture.close();
    await folder.remove();
  });

  const createTask = (rules: Partial<TaskRules>) =>
    fixture.createTask({
      rules: {
        parameterCount: modelLayout(spec.model).parameterCount,
        ...{ fractionBits, rounds: 2, clipLanes: 1 << 16, minUpdates: 4, attestationQuorum: 3, attempts: 3 },
        ...patientWindows,
        ...{ challengeWindowS: 3600, participantBondGwei: bondGwei },
        ...rules,
      },
      modelRoot: chunkTreeRoot(initialLanes(spec, fractionBits)),
      spec: canonicalTaskSpec(spec),
      enrol: [],
    });
  const aggregator = (task: number, who: FixtureMember) =>
    composeAggregator(play.settingsOf(who, task), play.eventsOf(who));
  const participant = (task: number, who: FixtureMember, commit: "own" | "batched") => {
    const seed = fixture.participants.indexOf(who);
    const settings = { ...play.settingsOf(who, task), seed, commit };
    return composeParticipant(settings, play.eventsOf(who), async () => createPullingTrainer(seed / 4));
  };
  const liarOf = (task: number, who: FixtureMember, corrupt: CorruptParticipant, lies: Lie[]) =>
    composeNode(play.settingsOf(who, task), play.eventsOf(who), async (deps, parts) => {
      const journal = openJournal(join(parts.folder, "journal.sqlite"));
      parts.onClose(() => journal.close());
      const own = { ...deps, journal, trainer: createPullingTrainer(0) };
      const lying = corrupt(own, { round: 1, onLie: (lie) => lies.push(lie) });
      return createParticipant(lying, { encryptionKey: parts.encryptionKey, linger: true });
    });
  const honestNodes = (task: number, members: readonly FixtureMember[], commit: "own" | "batched") => [
    ...fixture.aggregators.map((who) => aggregator(task, who)),
    ...members.map((who) => participant(task, who, commit)),
    composeWatcher(play.settingsOf(watcher, task), play.eventsOf(watcher)),
  ];
  const rolesOf = async (opening: readonly Promise<ComposedNode>[]) =>
    (await Promise.all(opening)).map((node) => play.opened(node).role);

  it("commit in batches, by transactions that none of the participants sends, and answer with a bond each", async () => {
    const task = await createTask({});
    const kinds = await play.toFinal(await rolesOf(honestNodes(task, participants, "batched")));
    expect(kinds.every((kind) => kind === "final")).to.equal(true);
    const { all, view, audit } = await play.record(task);
    expect(view.rounds.map(({ phase }) => phase)).to.deep.equal(["accepted", "accepted"]);
    for (const round of [1, 2]) {
      const committed = all("Committed").filter((event) => event.round === round);
      expect(committed).to.have.length(5);
      const transactions = new Set(committed.map(({ transactionHash }) => transactionHash));
      expect(transactions.size, "two batches at most").to.be.at.most(2);
      const senders = committed.map(({ sender }) => sender);
      for (const { account } of participants) expect(senders).to.not.include(account);
    }
    expect(play.toldBy("committed"), "nobody had to step in").to.deep.equal([]);
    const reader = await fixture.reader();
    for (const { account } of participants) {
      expect(await reader.placeOf(task, account)).to.deep.include({ role: "participant", bondWei });
    }
    expect(all("MemberExpelled")).to.deep.equal([]);
    expect(play.refusals).to.deep.equal([]);
    expect(audit.findings).to.deep.equal([]);
  });

  it("expel a participant that signs two commitments over one anchor, once, and go on", async () => {
    const task = await createTask({ rounds: 3 });
    const [liar, ...honest] = participants as [FixtureMember, ...FixtureMember[]];
    const lies: Lie[] = [];
    const nodes = await rolesOf(honestNodes(task, honest, "batched"));
    const lying = play.opened(await liarOf(task, liar, equivocate, lies)).role;
    await play.toFinal([...nodes, lying]);
    const { all, view, audit } = await play.record(task);
    expect(lies).to.have.length(1);
    expect(view.rounds.map(({ phase }) => phase)).to.deep.equal(["accepted", "accepted", "accepted"]);
    expect(all("MemberExpelled")).to.have.length(1);
    expect(all("MemberExpelled")[0]).to.deep.include({
      round: 1,
      account: liar.account,
      kind: "equivocation",
      amountWei: bondWei,
    });
    expect(all("Struck")).to.deep.equal([]);
    const { prover } = all("Rewarded")[0]!;
    expect(play.toldBy("rewarded")).to.include(prover);
    expect(view.expelled?.map(({ account }) => account)).to.deep.equal([liar.account]);
    expect(play.refusals).to.deep.equal([]);
    expect(audit).to.include({ exitCode: 0 });
  });

  it("expel a participant whose update is beyond the clip, and leave the update out", async () => {
    const task = await createTask({});
    const [liar, ...honest] = participants as [FixtureMember, ...FixtureMember[]];
    const lies: Lie[] = [];
    const nodes = await rolesOf(honestNodes(task, honest, "own"));
    const lying = play.opened(await liarOf(task, liar, exceedClip(70), lies)).role;
    await play.toFinal([...nodes, lying]);
    const { all, view, audit } = await play.record(task);
    const { slot } = all("Committed").find(({ round, participant: who }) => round === 1 && who === liar.account)!;
    expect(view.rounds.map(({ phase }) => phase)).to.deep.equal(["accepted", "accepted"]);
    expect(view.rounds[0]!.proposal).to.deep.include({ attempt: 0, excluded: 1n << BigInt(slot) });
    expect(all("MemberExpelled")).to.have.length(1);
    expect(all("MemberExpelled")[0]).to.deep.include({ round: 1, account: liar.account, kind: "invalid-update" });
    expect(all("Struck")).to.deep.equal([]);
    expect(play.refusals).to.deep.equal([]);
    const violations = audit.findings.filter(({ severity }) => severity === "violation");
    expect(violations.filter(({ party }) => party !== liar.account)).to.deep.equal([]);
  });
});
