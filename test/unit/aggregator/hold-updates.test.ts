import { expect } from "chai";
import { createCustodyJournal, createMemoryJournal } from "../../../node/aggregator/custody-journal.ts";
import { createGatherQueue } from "../../../node/aggregator/gather-queue.ts";
import { createUpdateHolder } from "../../../node/aggregator/hold-updates.ts";
import { chunkTreeRoot } from "../../../node/core/chunk-tree.ts";
import { updateRootOf } from "../../../node/core/commitment.ts";
import { contentIdOf } from "../../../node/core/content-id.ts";
import { FedledgerError } from "../../../node/core/error.ts";
import type { Bytes32 } from "../../../node/core/ids.ts";
import { lanesToBytes } from "../../../node/core/lanes.ts";
import type { Custody } from "../../../node/core/records.ts";
import type { RoundView } from "../../../node/core/task-view.ts";
import type { BlobStore, GetOptions } from "../../../node/ports/storage.ts";
import { decodeHoldAnswer, encodeHoldRequest, type HoldAnswer } from "../../../node/rounds/messages.ts";
import { createModelSource } from "../../../node/rounds/model-source.ts";
import { initialRoundState, type RoundState, reduceRound } from "../../../node/rounds/round-state.ts";
import { modelRecordDigest, modelSign, modelSigner } from "../../simulation/model-signature.ts";
import { rejection } from "../../support/rejection.ts";
import {
  accounts,
  commitmentOf,
  contactOf,
  headAt,
  members,
  proposedRound,
  roundOf,
  rules,
  viewOf,
} from "../../support/round-states.ts";
import { silentLog } from "../../support/silent-log.ts";

const signal = new AbortController().signal;
const peerA = contactOf(accounts.a).peerId;

/** An update of one lane's value, and what its participant commits to. */
async function updateOf(value: number, participant = accounts.a) {
  const lanes = new Int32Array(rules.parameterCount).fill(value);
  const bytes = lanesToBytes(lanes);
  const updateRoot = updateRootOf(participant, chunkTreeRoot(lanes));
  return { bytes, updateRoot, contentId: await contentIdOf(bytes) };
}

type Update = Awaited<ReturnType<typeof updateOf>>;

function create(rounds: readonly RoundView[] = [roundOf()], available: readonly Update[] = []) {
  const asked: { contentId: Bytes32; options: GetOptions }[] = [];
  const removed: Bytes32[] = [];
  const told: Omit<Custody, "signature">[] = [];
  const journal = createMemoryJournal();
  let state: RoundState = initialRoundState(accounts.x, "aggregator", { graceS: 3 });
  const look = (all: readonly RoundView[]) => {
    state = reduceRound(state, { kind: "members", members });
    state = reduceRound(state, { kind: "looked", view: viewOf(all), head: headAt(1) });
  };
  look(rounds);
  const store: Pick<BlobStore, "get" | "remove"> = {
    async get(contentId, options) {
      asked.push({ contentId, options });
      const found = available.find((update) => update.contentId === contentId);
      if (found === undefined) throw new FedledgerError("BLOB_NOT_FOUND", { contentId, providers: 1 });
      return found.bytes.slice();
    },
    async remove(contentId) {
      removed.push(contentId);
    },
  };
  const holder = createUpdateHolder({
    chain: {
      account: accounts.x,
      signRecord: async (record) => {
        if (record.type !== "custody") return expect.fail(record.type);
        expect(await createCustodyJournal(journal).holds(record), "written down before it is signed").to.equal(true);
        return modelSign(accounts.x, modelRecordDigest(record));
      },
    },
    store: store as BlobStore,
    source: createModelSource({ store: store as BlobStore, transport: { peerId: "me", connected: () => [] } }),
    journal: createCustodyJournal(journal),
    onCustody: (custody) => told.push(custody),
    log: silentLog,
    state: () => state,
    queue: createGatherQueue(1),
  });
  const ask = async (
    update: Pick<Update, "updateRoot" | "contentId">,
    from = peerA,
    round = 1,
    taskId = 1,
  ): Promise<HoldAnswer | undefined> => {
    const { updateRoot, contentId } = update;
    const request = encodeHoldRequest({ taskId, round, updateRoot, contentId });
    return decodeHoldAnswer(await holder.answer(request, from, signal));
  };
  return { holder, ask, asked, removed, look, told, journal };
}

describe("holding updates", () => {
  let one: Update;
  let two: Update;
  let three: Update;
  before(async () => {
    [one, two, three] = await Promise.all([updateOf(1), updateOf(2), updateOf(3)]);
  });

  it("fetches a drawn participant's blob from itself, of exactly the task's length, and signs custody of it", async () => {
    const { ask, asked, told, journal } = create(undefined, [one]);
    const answer = await ask(one);
    const { updateRoot, contentId } = one;
    const custody = { taskId: 1, round: 1, participant: accounts.a, updateRoot, contentId, aggregator: accounts.x };
    if (answer?.held !== true) return expect.fail("it is not held");
    expect(modelSigner({ type: "custody", ...custody, signature: answer.signature })).to.equal(accounts.x);
    expect(told).to.deep.equal([custody]);
    expect(asked[0]?.contentId).to.equal(contentId);
    expect(asked[0]?.options).to.deep.include({ lengthBytes: 324, providers: [peerA] });
    const reopened = createCustodyJournal(journal);
    expect(await reopened.holds({ ...custody, round: 2 })).to.equal(false);
    expect(await reopened.holds({ ...custody, participant: accounts.b }), "a copied commitment").to.equal(false);
    expect(await reopened.holds({ ...custody, contentId: two.contentId })).to.equal(false);
  });

  it("refuses bytes that are not behind the root, or not behind this participant's, and signs nothing", async () => {
    const { ask, told, removed } = create(undefined, [one, two]);
    const refused = { held: false, reason: "wrong-root" };
    expect(await ask({ ...one, updateRoot: two.updateRoot })).to.deep.equal(refused);
    const copied = await updateOf(1, accounts.b);
    expect(await ask({ ...one, updateRoot: copied.updateRoot }), "another's root").to.deep.equal(refused);
    expect(told).to.deep.equal([]);
    expect(removed).to.deep.equal([one.contentId, one.contentId]);
  });

  it("keeps what it holds when another claims the same bytes", async () => {
    const { holder, ask, removed, look } = create(undefined, [one]);
    expect(await ask(one)).to.deep.include({ held: true });
    expect(await ask(one, contactOf(accounts.b).peerId)).to.deep.equal({ held: false, reason: "wrong-root" });
    expect(removed).to.deep.equal([]);
    look([{ ...proposedRound(), phase: "finalized", commitments: [] }, roundOf({ round: 2 })]);
    await holder.sweep();
    expect(removed, "once, with the round").to.deep.equal([one.contentId]);
  });

  it("refuses an update beyond the clip", async () => {
    const invalid = await updateOf(-rules.clipLanes - 1);
    const edge = await updateOf(-rules.clipLanes);
    const { ask, told } = create(undefined, [invalid, edge]);
    expect(await ask(invalid)).to.deep.equal({ held: false, reason: "invalid-update" });
    expect(told).to.deep.equal([]);
    expect(await ask(edge)).to.deep.include({ held: true });
  });

  it("refuses other tasks, other rounds, closed rounds, and who is not drawn", async () => {
    expect(await create().ask(one, peerA, 1, 2)).to.deep.equal({ held: false, reason: "unknown-task" });
    expect(await create().ask(one, peerA, 2)).to.deep.equal({ held: false, reason: "wrong-round" });
    expect(await create([proposedRound()]).ask(one)).to.deep.equal({ held: false, reason: "wrong-round" });
    expect(await create([]).ask(one)).to.deep.equal({ held: false, reason: "wrong-round" });
    expect(await create().ask(one, "stranger")).to.deep.equal({ held: false, reason: "not-drawn" });
    const aggregator = contactOf(accounts.y).peerId;
    expect(await create().ask(one, aggregator)).to.deep.equal({ held: false, reason: "not-drawn" });
  });

  it("refuses a third blob of one participant, not the same one again, and not another's", async () => {
    const ofB = await updateOf(3, accounts.b);
    const { ask } = create(undefined, [one, two, three]);
    await ask(one);
    await ask(two);
    expect(await ask(three)).to.deep.equal({ held: false, reason: "too-many" });
    expect(await ask(one)).to.deep.include({ held: true });
    expect(await ask(ofB, contactOf(accounts.b).peerId)).to.deep.include({ held: true });
  });

  it("says when it could not fetch, and does not count that", async () => {
    const here = await updateOf(4);
    const { ask } = create(undefined, [here]);
    for (const update of [one, two, three]) {
      expect(await ask(update)).to.deep.equal({ held: false, reason: "not-fetched" });
    }
    expect(await ask(here)).to.deep.include({ held: true });
  });

  it("blames the sender of garbage", async () => {
    await rejection(create().holder.answer(Uint8Array.of(1), peerA, signal), "PEER_PROTOCOL");
  });

  it("forgets what was never committed once the round has ended, and keeps the rest", async () => {
    const { holder, ask, removed, look } = create(undefined, [one, two]);
    await ask(one);
    await ask(two);
    await holder.sweep();
    expect(removed).to.deep.equal([]);
    const made = { ...commitmentOf(0), contentId: one.contentId };
    look([{ ...proposedRound(), phase: "finalized", commitments: [made] }, roundOf({ round: 2 })]);
    await holder.sweep();
    expect(removed).to.deep.equal([two.contentId]);
  });
});

describe("the gather queue", () => {
  it("runs so many at a time, in order, and passes the place on after a failure", async () => {
    const queue = createGatherQueue(2);
    const jobs = [1, 2, 3, 4].map(() => Promise.withResolvers<void>());
    const started: number[] = [];
    const runs = jobs.map((job, i) =>
      queue.run(async () => {
        started.push(i);
        await job.promise;
      }, signal),
    );
    const settled = Promise.allSettled(runs);
    await Promise.resolve();
    expect(started).to.deep.equal([0, 1]);
    jobs[0]!.reject(new FedledgerError("INTERRUPTED"));
    await rejection(runs[0]!, "INTERRUPTED");
    await new Promise(setImmediate);
    expect(started).to.deep.equal([0, 1, 2]);
    for (const { resolve } of jobs) resolve();
    await settled;
    expect(started).to.deep.equal([0, 1, 2, 3]);
  });

  it("does not start what was aborted while it waited", async () => {
    const queue = createGatherQueue(1);
    const first = Promise.withResolvers<void>();
    const controller = new AbortController();
    const running = queue.run(() => first.promise, signal);
    const waiting = queue.run(async () => expect.fail("started"), controller.signal);
    controller.abort(new FedledgerError("INTERRUPTED"));
    first.resolve();
    await running;
    await rejection(waiting, "INTERRUPTED");
    expect(await queue.run(async () => 7, signal)).to.equal(7);
  });
});
