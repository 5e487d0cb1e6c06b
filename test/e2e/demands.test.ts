import { expect } from "chai";
import { contentIdOf } from "../../node/core/content-id.ts";
import { foldTask } from "../../node/core/fold-task.ts";
import type { TaskView } from "../../node/core/task-view.ts";
import type { BlobStore } from "../../node/ports/storage.ts";
import { type AnswerAction, dueAnswers } from "../../node/rounds/answer-turn.ts";
import { createCourtClerk, dueDemandActions } from "../../node/rounds/court-actions.ts";
import { type Judgement, judgeProposal, type ProposedRound } from "../../node/rounds/judge-proposal.ts";
import { createModelSource } from "../../node/rounds/model-source.ts";
import type { Progress } from "../../node/rounds/progress.ts";
import { createRandom } from "../../node/system/index.ts";
import type { FixtureMember } from "../support/federation-fixture.ts";
import { type PlayedTask, playedWindowS, startPlayedTask } from "../support/played-task.ts";
import { silentLog } from "../support/silent-log.ts";

const transport = { peerId: "none", connected: () => [] };
const signal = new AbortController().signal;
const times = { patienceS: 1 };

describe("demands on a real chain", function () {
  this.timeout(30_000);
  let task: PlayedTask;
  before(async () => {
    task = await startPlayedTask();
  });
  after(() => task.fixture.close());

  /** The blobs that the test's nodes share, or one of them keeps from the others. */
  const store: BlobStore = {
    get: (contentId, options) => task.store.get(contentId, options),
    async put(bytes) {
      const contentId = await contentIdOf(bytes);
      task.store.blobs.set(contentId, bytes.slice());
      return contentId;
    },
    has: async (contentId) => task.store.blobs.has(contentId),
    remove: async (contentId) => void task.store.blobs.delete(contentId),
  };
  const look = async () => {
    const view = foldTask(await task.reader.history(task.taskId));
    return { view, head: await task.reader.head(), members: await task.reader.members(), signal };
  };
  const standing = ({ rounds }: TaskView) => rounds.at(-1) as ProposedRound;
  const told: Progress[] = [];
  const clerkOf = ({ chain }: FixtureMember, budgetWei = 10n ** 18n) =>
    createCourtClerk({
      chain,
      source: createModelSource({ store, transport }),
      random: createRandom(),
      log: silentLog,
      onProgress: (step) => void told.push(step),
      budgetWei,
    });
  const judge = async (): Promise<Judgement> => {
    const at = await look();
    const source = createModelSource({ store, transport });
    return await judgeProposal({ store, source, log: silentLog }, standing(at.view), at);
  };
  const kinds = (view: TaskView) =>
    (standing(view).demands ?? []).map(({ open, shown }) => (open ? "open" : shown ? "shown" : "back"));
  const creditOf = async ({ account }: FixtureMember) => (await task.reader.bondOf(account)).creditWei;

  it("are refused by nobody: a chunk of a missing update, shown by whoever has it", async () => {
    const committed = await task.commitAll();
    await task.close();
    const { proposal } = await task.propose(committed);
    const proposer = task.fixture.aggregators.find(({ account }) => account === proposal.aggregator)!;
    const demander = task.fixture.participants[0]!;
    const missing = committed[1]!;
    const bytes = task.store.blobs.get(missing.contentId)!;
    task.store.blobs.delete(missing.contentId);
    const judgement = await judge();
    expect(judgement.missing?.map(({ slot }) => slot)).to.deep.equal([missing.slot]);

    await task.fixture.chain.increaseTime(Math.ceil((3 * playedWindowS) / 4));
    const before = await look();
    const [demand] = dueDemandActions(demander.account, before, () => judgement, times);
    expect(demand?.kind).to.equal("demand");
    if (demand?.kind !== "demand") return;
    await clerkOf(demander, 0n).perform(demand, before);
    expect(kinds((await look()).view), "beyond the budget").to.deep.equal([]);
    await clerkOf(demander).perform(demand, before);
    expect(kinds((await look()).view)).to.deep.equal(["open"]);
    expect(told.map(({ kind }) => kind)).to.deep.equal(["not-proven", "demanded"]);

    // a clerk that knows nothing but chain and store, as after a restart
    task.store.blobs.set(missing.contentId, bytes);
    const at = await look();
    const [answer] = dueAnswers(proposer.account, at, times) as readonly AnswerAction[];
    await clerkOf(proposer).perform(answer!, at);
    const after = (await look()).view;
    expect(kinds(after)).to.deep.equal(["shown"]);
    expect(await creditOf(proposer)).to.equal((await task.reader.demandBondWei("update-chunk")) / 2n);
    expect(standing(after).proposal.challengeDeadlineS, "a whole window from the answer").to.be.greaterThan(
      standing(at.view).proposal.challengeDeadlineS,
    );
    expect(await judge()).to.deep.equal({ agrees: true });
    await task.attest(proposal);
  });

  it("are struck for when nobody answers, and the bond comes back", async () => {
    task.lanes = (await judgedModel())!;
    const committed = await task.commitAll();
    await task.close();
    const { proposal } = await task.propose(committed, {
      lie: (honest) => honest.map((lane, i) => (i === 70 ? lane + 1 : lane)),
    });
    task.store.blobs.delete(proposal.contentId);
    const judgement = await judge();
    expect(judgement.next).to.deep.include({ height: 1, index: 0, node: proposal.modelRoot });
    const demander = task.fixture.participants[1]!;
    await task.fixture.chain.increaseTime(Math.ceil((3 * playedWindowS) / 4));
    const before = await look();
    const [demand] = dueDemandActions(demander.account, before, () => judgement, times);
    if (demand?.kind !== "demand") return expect.fail(String(demand?.kind));
    await clerkOf(demander).perform(demand, before);
    await task.endWindow();
    const [strike] = dueDemandActions(demander.account, await look(), () => judgement, times);
    if (strike?.kind !== "send") return expect.fail(String(strike?.kind));
    await demander.chain.send(strike.call);
    const { view } = await look();
    expect(view.rounds.at(-1)!.refuted?.map(({ kind, challenger }) => [kind, challenger])).to.deep.equal([
      ["withheld", demander.account],
    ]);
    expect(await creditOf(demander)).to.equal(await task.reader.demandBondWei("model-nodes"));
    expect(dueDemandActions(demander.account, await look(), () => judgement, times)).to.deep.equal([]);
  });

  async function judgedModel(): Promise<Int32Array | undefined> {
    const { proposal } = (await look()).view.rounds.at(-1) as ProposedRound;
    const bytes = task.store.blobs.get(proposal.contentId);
    return bytes && new Int32Array(bytes.slice().buffer);
  }
});
