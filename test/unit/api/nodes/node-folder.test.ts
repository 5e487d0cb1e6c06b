import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { nodeFolderOf, openTaskJournal } from "../../../../node/api/nodes/node-folder.ts";
import type { NodeOptions } from "../../../../node/api/nodes/node-options.ts";
import type { Address } from "../../../../node/core/ids.ts";
import { foldTask } from "../../../../node/core/record/fold-task.ts";
import type { TaskView } from "../../../../node/core/record/task-view.ts";
import { canonicalTaskSpec } from "../../../../node/core/task/task-spec.ts";
import { readUpdate, writeUpdate } from "../../../../node/participant/update/update-journal.ts";
import type { Chain } from "../../../../node/ports/index.ts";
import { taskPreset } from "../../../../node/training/index.ts";
import { expectCode } from "../../../support/expect-code.ts";
import { type FederationFixture, startFederation } from "../../../support/federation-fixture.ts";
import { buildHistory } from "../../../support/history/history-builder.ts";
import { createNodePlay, type NodePlay } from "../../../support/played/node-play.ts";
import { type ComposedEvents, type ComposedNode, composeAggregator } from "../../../support/processes/compose-node.ts";
import { gaussianPrivacy } from "../../../support/states/privacy-specs.ts";
import { temporaryDirectory } from "../../../support/temporary-directory.ts";

const { spec: preset } = taskPreset("breast-cancer");
const spec = canonicalTaskSpec(preset);

describe("a node's folder", function () {
  this.timeout(60_000);
  let fixture: FederationFixture;
  let folder: Awaited<ReturnType<typeof temporaryDirectory>>;
  let play: NodePlay;
  let taskId: number;

  beforeEach(async () => {
    folder = await temporaryDirectory();
    fixture = await startFederation({ participants: 1, aggregators: 1, register: false });
    play = createNodePlay(fixture, folder.path);
    taskId = await fixture.createTask({ spec, enrol: [], join: [] });
  });
  afterEach(async () => {
    await play.close();
    await fixture.close();
    await folder.remove();
  });

  const update = {
    round: 1,
    baseModelRoot: `0x${"11".repeat(32)}`,
    updateRoot: `0x${"22".repeat(32)}`,
    contentId: `0x${"33".repeat(32)}`,
    weight: 7,
  } as const;
  const viewOf = async ({ admin }: FederationFixture): Promise<TaskView> => foldTask(await admin.chain.history(taskId));
  const aggregator = async (directory: string, more: Partial<NodeOptions> = {}, events: ComposedEvents = {}) =>
    play.opened(
      await composeAggregator({ ...play.settingsOf(fixture.aggregators[0]!, taskId), directory, ...more }, events),
    );
  /** Starts the node and waits until it is in the registry, and has its place. */
  const registered = async (directory: string): Promise<ComposedNode> => {
    const told = { registered: Promise.withResolvers<void>(), joined: Promise.withResolvers<void>() };
    const node = await aggregator(directory, {}, { onProgress: ({ kind }) => told[kind as "joined"]?.resolve() });
    node.role.start();
    await Promise.all([told.registered.promise, told.joined.promise]);
    return node;
  };
  const taskFolderOf = async (owner: Chain, view: TaskView) =>
    join(await nodeFolderOf(folder.path, owner), `task-${view.taskId}`);
  const openedOn = async (owner: Chain, view: TaskView, options = {}) =>
    openTaskJournal({ folder: await taskFolderOf(owner, view), view, onClose: () => undefined }, owner, options);
  const transactionsOf = async ({ account }: { account: Address }) =>
    Number(await fixture.chain.request("eth_getTransactionCount", [account, "latest"]));

  it("knows nothing of a federation that stood at the same address before its chain began anew", async () => {
    // an account more: equal chains that are begun in one second have equal first blocks
    const other = await startFederation({ participants: 1, aggregators: 1, outsiders: 1, register: false });
    try {
      const [before, now] = [fixture, other].map(({ participants }) => participants[0]!.chain) as [never, never];
      expect([other.federation, other.participants[0]!.account]).to.deep.equal([
        fixture.federation,
        fixture.participants[0]!.account,
      ]);
      const view = await viewOf(fixture);
      const journal = await openedOn(before, view);
      await writeUpdate(journal, taskId, update);
      await journal.close();
      const anew = await openedOn(now, view);
      expect(await readUpdate(anew, taskId, update)).to.equal(undefined);
      await anew.close();
      // and where somebody copies the folder into the new one's place, it is said
      cpSync(await taskFolderOf(before, view), await taskFolderOf(now, view), { recursive: true });
      await expectCode("JOURNAL_FOREIGN", () => openedOn(now, view));
    } finally {
      await other.close();
    }
  });

  it("is one node's: the second one of it is told who runs, and sends nothing", async () => {
    await registered(folder.path);
    const before = await transactionsOf(fixture.aggregators[0]!);
    const { message } = await expectCode("NODE_RUNNING", () => aggregator(folder.path));
    expect(message).to.contain(`process ${process.pid} on`);
    expect(await transactionsOf(fixture.aggregators[0]!)).to.equal(before);
  });

  it("does not help an account into the registry twice: a second node in another folder finds the first", async () => {
    const first = await registered(join(folder.path, "one"));
    const before = await transactionsOf(fixture.aggregators[0]!);
    const { message } = await expectCode("ACCOUNT_ELSEWHERE", () => aggregator(join(folder.path, "two")));
    expect(message).to.match(/at \/ip4\/127\.0\.0\.1\/tcp\/\d+/);
    expect(await transactionsOf(fixture.aggregators[0]!)).to.equal(before);
    await first.close();
    // once it is gone, the other one takes its place
    await (await aggregator(join(folder.path, "two"))).close();
  });

  it("that cannot be written lets no node be opened, so that it does not enrol", async () => {
    const path = await nodeFolderOf(folder.path, fixture.aggregators[0]!.chain);
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, "blocks"), "a file in the way");
    await expectCode("STORAGE_FAILED", () => aggregator(folder.path));
    writeFileSync(join(folder.path, "file"), "");
    await expectCode("FOLDER_UNUSABLE", () => aggregator(join(folder.path, "file")));
    expect(await transactionsOf(fixture.aggregators[0]!)).to.equal(0);
  });

  it("is missed by an account that has signed in a masked or private task, unless it says that it is lost", async () => {
    const { chain } = fixture.participants[0]!;
    const { events } = await buildHistory({ members: 2, rounds: 1 });
    const view = foldTask(events);
    const mine = view.rounds[0]!.commitments[0]!.participant;
    const owner = { ...chain, account: mine, origin: chain.origin };
    const masked = { ...view, spec, rules: { ...view.rules, mode: "masked" as const } };
    const noisy = { ...view, spec: canonicalTaskSpec({ ...preset, privacy: gaussianPrivacy }) };
    for (const lost of [masked, noisy]) {
      const { message, remedy } = await expectCode("JOURNAL_LOST", () => openedOn(owner, lost));
      expect(message).to.contain("1 rounds of task 1");
      expect(remedy).to.contain("--journal-lost");
      // one who has not signed yet loses nothing
      await (await openedOn({ ...owner, account: fixture.aggregators[0]!.account }, lost)).close();
      await (await openedOn(owner, lost, { journalLost: true })).close();
      await (await openedOn(owner, lost)).close();
      rmSync(await taskFolderOf(owner, lost), { recursive: true });
    }
    // in a transparent task without noise the record says all
    await (await openedOn(owner, { ...view, spec })).close();
  });
});
