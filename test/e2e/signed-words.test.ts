import { join } from "node:path";
import { expect } from "chai";
import { createAggregator } from "../../node/aggregator/create-aggregator.ts";
import {
  type ComposedNode,
  composeAggregator,
  composeNode,
  composeParticipant,
  composeWatcher,
  type NodeEvents,
  type NodeSettings,
} from "../../node/cli/compose.ts";
import { chunkTreeRoot } from "../../node/core/chunk-tree.ts";
import { foldTask } from "../../node/core/fold-task.ts";
import { initialLanes } from "../../node/core/initial-model.ts";
import { modelLayout } from "../../node/core/model-layout.ts";
import type { TaskRules } from "../../node/core/records.ts";
import type { TaskEvent } from "../../node/core/task-events.ts";
import { canonicalTaskSpec, parseTaskSpec } from "../../node/core/task-spec.ts";
import { createParticipant } from "../../node/participant/create-participant.ts";
import type { Log, LogData } from "../../node/ports/system.ts";
import type { Progress } from "../../node/rounds/progress.ts";
import { createGatewayStore, gatewayUrls } from "../../node/storage/index.ts";
import { openJournal } from "../../node/system/index.ts";
import { auditOf } from "../support/audit-of.ts";
import { type FederationFixture, type FixtureMember, startFederation } from "../support/federation-fixture.ts";
import { exceedClip } from "../support/malicious/clip-exceeder.ts";
import { equivocate } from "../support/malicious/equivocator.ts";
import type { Lie } from "../support/malicious/lie.ts";
import { excludeUnfounded } from "../support/malicious/unfounded-excluder.ts";
import { createPullingTrainer } from "../support/pulling-trainer.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const spec = parseTaskSpec({
  format: "fedledger/task/1",
  name: "signed words",
  model: { kind: "linear-regression", inputs: 99, output: { kind: "numbers", count: 1 } },
  initialSeed: 3,
  training: { objective: "fedavg", epochs: 1, batchSize: 8, learningRate: 0.1 },
  data: {},
});
const fractionBits = 16;
const bondGwei = 10 * 10 ** 9;
const bondWei = BigInt(bondGwei) * 10n ** 9n;

/** Starts a task's nodes, waits for its end, and gives its record. Nodes are composed as the commands do it. */
describe("signed messages between nodes", function () {
  this.timeout(90_000);
  let fixture: FederationFixture;
  let folder: Awaited<ReturnType<typeof temporaryDirectory>>;
  let closing: (() => Promise<unknown>)[] = [];
  let refusals: unknown[] = [];
  let steps: { readonly who: string; readonly step: Progress }[] = [];

  /** All but the last, who has the role and only watches. */
  let participants: readonly FixtureMember[];
  let watcher: FixtureMember;

  before(async () => {
    folder = await temporaryDirectory();
    fixture = await startFederation({ participants: 6, aggregators: 2, register: false, blockIntervalMs: 300 });
    participants = fixture.participants.slice(0, 5);
    watcher = fixture.participants[5]!;
  });
  beforeEach(() => {
    steps = [];
    refusals = [];
  });
  afterEach(async () => {
    await Promise.all(closing.map((close) => close()));
    closing = [];
  });
  after(async () => {
    await fixture.close();
    await folder.remove();
  });

  const createTask = (rules: Partial<TaskRules>) =>
    fixture.createTask({
      rules: {
        parameterCount: modelLayout(spec.model).parameterCount,
        ...{ fractionBits, rounds: 2, clipLanes: 1 << 16, minUpdates: 4, attestationQuorum: 3, attempts: 3 },
        ...rules,
      },
      modelRoot: chunkTreeRoot(initialLanes(spec, fractionBits)),
      spec: canonicalTaskSpec(spec),
      enrol: [],
    });
  const eventsOf = ({ account }: FixtureMember): NodeEvents => ({
    log: watchfulLog(refusals),
    onProgress: (step) => void steps.push({ who: account, step }),
    onReceived: () => undefined,
  });
  const settingsOf = (member: FixtureMember, task: number): NodeSettings => ({
    task,
    federation: fixture.federation,
    rpc: [fixture.url],
    confirmations: 0,
    devAccount: fixture.chain.accounts.findIndex(
      ({ address }) => address.toLowerCase() === member.account.toLowerCase(),
    ),
    dir: join(folder.path, `${task}`, member.account),
    listen: ["/ip4/127.0.0.1/tcp/0"],
    gateway: "127.0.0.1:0",
    exitWhenComplete: false,
    announce: undefined,
    ipfs: undefined,
    keystore: undefined,
    passwordFile: undefined,
    mdns: false,
  });
  const openWhenEnrolled = 5;
  const aggregator = (task: number, who: FixtureMember) =>
    composeAggregator({ ...settingsOf(who, task), openWhenEnrolled }, eventsOf(who));
  const participant = (task: number, who: FixtureMember, commit: "own" | "batched") => {
    const seed = fixture.participants.indexOf(who);
    const settings = { ...settingsOf(who, task), seed, commit };
    return composeParticipant(settings, eventsOf(who), async () => createPullingTrainer(seed / 4));
  };

  async function play(task: number, opening: readonly Promise<ComposedNode>[]) {
    closing.push(...opening.map((node) => () => node.then(({ close }) => close())));
    const roles = (await Promise.all(opening)).map(({ role }) => role);
    for (const role of roles) role.start();
    const kinds = (await Promise.all(roles.map(({ done }) => done))).map(({ kind }) => kind);
    const reader = await fixture.reader();
    const history = await reader.history(task, { detail: true });
    const gateways = gatewayUrls((await reader.members()).flatMap(({ contact }) => contact?.multiaddrs ?? []));
    const audit = await auditOf({
      chainId: reader.chainId,
      federation: reader.federation,
      events: history,
      storedState: await reader.storedState(task),
      store: createGatewayStore(gateways),
    });
    const all = <Name extends TaskEvent["name"]>(name: Name) =>
      history.filter((event): event is Extract<TaskEvent, { name: Name }> => event.name === name);
    return { kinds, all, view: foldTask(history), audit, reader };
  }
  const toldBy = (kind: Progress["kind"]) => steps.flatMap(({ who, step }) => (step.kind === kind ? [who] : []));

  it("commit in batches, propose with words on availability, and answer with bonds", async () => {
    const task = await createTask({ holders: 2, participantBondGwei: bondGwei });
    const { aggregators } = fixture;
    const { kinds, all, view, audit, reader } = await play(task, [
      ...aggregators.map((who) => aggregator(task, who)),
      ...participants.map((who) => participant(task, who, "batched")),
    ]);
    expect(kinds.every((kind) => kind === "complete")).to.equal(true);
    expect(view.rounds.map(({ phase }) => phase)).to.deep.equal(["finalized", "finalized"]);
    for (const round of [1, 2]) {
      const committed = all("Committed").filter((event) => event.round === round);
      expect(committed).to.have.length(5);
      const transactions = new Set(committed.map(({ transactionHash }) => transactionHash));
      expect(transactions.size, "two batches at most").to.be.at.most(2);
      const senders = committed.map(({ sender }) => sender);
      for (const { account } of participants) expect(senders).to.not.include(account);
    }
    expect(toldBy("committed"), "nobody had to step in").to.deep.equal([]);
    expect(new Set(toldBy("availability-signed")).size).to.equal(5);
    const locked = all("BondLocked").filter(({ round }) => round === 0);
    expect(locked.map(({ account }) => account)).to.have.members(participants.map(({ account }) => account));
    for (const { account } of participants) {
      expect(await reader.bondOf(account)).to.deep.include({ freeWei: 0n, lockedWei: bondWei });
    }
    expect(all("Misconduct")).to.deep.equal([]);
    expect(refusals).to.deep.equal([]);
    expect(audit.findings.filter(({ severity }) => severity === "violation")).to.deep.equal([]);
  });

  it("expel a participant that signs two commitments for one round, once, and go on", async () => {
    const task = await createTask({ participantBondGwei: bondGwei, rounds: 3 });
    const { aggregators } = fixture;
    const [liar, ...honest] = participants as [FixtureMember, ...FixtureMember[]];
    const lies: Lie[] = [];
    const lying = composeNode(settingsOf(liar, task), eventsOf(liar), async (deps, parts) => {
      const journal = openJournal(join(parts.directory, "journal.sqlite"));
      parts.onClose(() => journal.close());
      const own = { ...deps, journal, trainer: createPullingTrainer(0) };
      const corrupt = equivocate(own, { round: 1, onLie: (lie) => lies.push(lie) });
      return createParticipant(corrupt, { encryptionKey: parts.encryptionKey, linger: true, challenge: false });
    });
    closing.push(() => lying.then(({ close }) => close()));
    const { role } = await lying;
    role.start();
    const { all, view, reader } = await play(task, [
      ...aggregators.map((who) => aggregator(task, who)),
      ...honest.map((who) => participant(task, who, "batched")),
      composeWatcher(settingsOf(watcher, task), eventsOf(watcher)),
    ]);
    expect(lies).to.have.length(1);
    expect(view.rounds.map(({ phase }) => phase)).to.deep.equal(["finalized", "finalized", "finalized"]);
    const [misconduct] = all("Misconduct");
    expect(all("Misconduct")).to.have.length(1);
    expect(misconduct).to.deep.include({ round: 1, participant: liar.account, kind: "equivocation" });
    expect(misconduct!.reporter).to.equal(watcher.account);
    expect(await reader.bondOf(watcher.account), "it took its reward").to.deep.include({ creditWei: 0n });
    expect(toldBy("rewarded")).to.deep.equal([watcher.account]);
    expect(all("Slashed").map(({ account, amountWei }) => [account, amountWei])).to.deep.equal([
      [liar.account, bondWei],
    ]);
    expect(await reader.bondOf(liar.account)).to.deep.include({ freeWei: 0n });
    expect(view.misconduct?.map(({ participant: who }) => who)).to.deep.equal([liar.account]);
    expect(refusals).to.deep.equal([]);
  });

  it("expel a participant whose update is beyond the clip, and leave the update out with words on the others", async () => {
    const task = await createTask({ holders: 2, participantBondGwei: bondGwei, aggregateWindowS: 30 });
    const { aggregators } = fixture;
    const [liar, ...honest] = participants as [FixtureMember, ...FixtureMember[]];
    const lying = composeNode(settingsOf(liar, task), eventsOf(liar), async (deps, parts) => {
      const journal = openJournal(join(parts.directory, "journal.sqlite"));
      parts.onClose(() => journal.close());
      const own = { ...deps, journal, trainer: createPullingTrainer(0) };
      const corrupt = exceedClip(70)(own, { round: 1, onLie: () => undefined });
      return createParticipant(corrupt, { encryptionKey: parts.encryptionKey, linger: true, challenge: false });
    });
    closing.push(() => lying.then(({ close }) => close()));
    const { role } = await lying;
    role.start();
    const { all, view, audit } = await play(task, [
      ...aggregators.map((who) => aggregator(task, who)),
      ...honest.map((who) => participant(task, who, "own")),
      composeWatcher(settingsOf(watcher, task), eventsOf(watcher)),
    ]);
    const { slot } = all("Committed").find(({ round, participant: who }) => round === 1 && who === liar.account)!;
    expect(view.rounds.map(({ phase }) => phase)).to.deep.equal(["finalized", "finalized"]);
    expect(view.rounds[0]!.proposal).to.deep.include({ attempt: 0, excluded: 1n << BigInt(slot) });
    expect(all("Misconduct")).to.have.length(1);
    expect(all("Misconduct")[0]).to.deep.include({ round: 1, participant: liar.account, kind: "invalid-update" });
    expect(all("Slashed").map(({ account }) => account)).to.deep.equal([liar.account]);
    expect(all("Challenged")).to.deep.equal([]);
    expect(refusals).to.deep.equal([]);
    const violations = audit.findings.filter(({ severity }) => severity === "violation");
    expect(violations.filter(({ party }) => party !== liar.account)).to.deep.equal([]);
  });

  it("strike a proposal that leaves out an update of which the proposer signed custody", async () => {
    const task = await createTask({ aggregatorBondGwei: bondGwei });
    const { aggregators } = fixture;
    // Round 1 is the second aggregator's.
    const [honest, liar] = aggregators as [FixtureMember, FixtureMember];
    const lies: Lie[] = [];
    const lying = composeNode(settingsOf(liar, task), eventsOf(liar), async (deps, { encryptionKey }) =>
      createAggregator(excludeUnfounded(deps, { round: 1, onLie: (lie) => lies.push(lie) }), {
        ...{ encryptionKey, openWhenEnrolled, linger: true },
      }),
    );
    const { all, view } = await play(task, [
      lying,
      aggregator(task, honest),
      ...participants.map((who) => participant(task, who, "own")),
    ]);
    expect(lies).to.have.length(1);
    const [challenged] = all("Challenged");
    expect(all("Challenged")).to.have.length(1);
    const victim = all("Committed")[0]!.participant;
    expect(challenged).to.deep.include({ round: 1, challenger: victim, aggregator: liar.account, kind: "left-out" });
    expect(all("Slashed").map(({ account, amountWei }) => [account, amountWei])).to.deep.equal([
      [liar.account, bondWei],
    ]);
    expect(view.rounds.map(({ phase }) => phase)).to.deep.equal(["finalized", "finalized"]);
    const takeover = view.rounds[0]!.proposal!;
    expect(takeover).to.deep.include({ aggregator: honest.account, attempt: 1, excluded: 0n });
    expect(takeover.modelRoot).to.equal(lies[0]!.honest!.modelRoot);
    expect(refusals).to.deep.equal([]);
  });
});

/** Errors of a challenge or report that proves nothing: an honest node never causes one. */
const falseAlarms = [
  "WrongCommitments",
  "MalformedProof",
  "NotIncluded",
  "NotLeftOut",
  "NotSigned",
  "NoEquivocation",
  "NotInUpdate",
  "UpdateIsValid",
  "InvalidExclusion",
  "InvalidHolder",
  "NotAvailable",
];

function watchfulLog(refusals: unknown[]): Log {
  const line = (message: string, data?: LogData) => {
    if (falseAlarms.includes(String(data?.revert))) refusals.push({ message, data });
  };
  const log: Log = { error: line, warn: line, info: line, debug: line, child: () => log };
  return log;
}
