import { expect } from "chai";
import { createGatherQueue } from "../../../node/aggregator/gather-queue.ts";
import { createUpdateHolder } from "../../../node/aggregator/hold-updates.ts";
import { FedledgerError } from "../../../node/core/error.ts";
import type { Bytes32 } from "../../../node/core/ids.ts";
import type { RoundView } from "../../../node/core/task-view.ts";
import type { BlobStore, GetOptions } from "../../../node/ports/storage.ts";
import { decodeHoldAnswer, encodeHoldRequest, type HoldAnswer } from "../../../node/rounds/messages.ts";
import { initialRoundState, type RoundState, reduceRound } from "../../../node/rounds/round-state.ts";
import { rejection } from "../../support/rejection.ts";
import {
  accounts,
  commitmentOf,
  contactOf,
  hashOf,
  headAt,
  members,
  proposedRound,
  roundOf,
  viewOf,
} from "../../support/round-states.ts";
import { silentLog } from "../../support/silent-log.ts";

const signal = new AbortController().signal;
const peerA = contactOf(accounts.a).peerId;

function create(rounds: readonly RoundView[] = [roundOf()], missing: readonly Bytes32[] = []) {
  const asked: { contentId: Bytes32; options: GetOptions }[] = [];
  const removed: Bytes32[] = [];
  let state: RoundState = initialRoundState(accounts.x, "aggregator", { graceS: 3 });
  const look = (all: readonly RoundView[]) => {
    state = reduceRound(state, { kind: "members", members });
    state = reduceRound(state, { kind: "looked", view: viewOf(all), head: headAt(1) });
  };
  look(rounds);
  const store: Pick<BlobStore, "get" | "remove"> = {
    async get(contentId, options) {
      asked.push({ contentId, options });
      if (missing.includes(contentId)) throw new FedledgerError("BLOB_NOT_FOUND", { contentId, providers: 1 });
      return new Uint8Array(options.lengthBytes);
    },
    async remove(contentId) {
      removed.push(contentId);
    },
  };
  const holder = createUpdateHolder({
    store: store as BlobStore,
    log: silentLog,
    state: () => state,
    queue: createGatherQueue(1),
  });
  const ask = async (contentId: Bytes32, from = peerA, round = 1, taskId = 1): Promise<HoldAnswer | undefined> =>
    decodeHoldAnswer(await holder.answer(encodeHoldRequest({ taskId, round, contentId }), from, signal));
  return { holder, ask, asked, removed, look };
}

describe("holding updates", () => {
  it("fetches a drawn participant's blob from itself, of exactly the task's length", async () => {
    const { ask, asked } = create();
    expect(await ask(hashOf(1))).to.deep.equal({ held: true });
    expect(asked[0]?.contentId).to.equal(hashOf(1));
    expect(asked[0]?.options).to.deep.include({ lengthBytes: 324, providers: [peerA] });
  });

  it("refuses other tasks, other rounds, closed rounds, and who is not drawn", async () => {
    expect(await create().ask(hashOf(1), peerA, 1, 2)).to.deep.equal({ held: false, reason: "unknown-task" });
    expect(await create().ask(hashOf(1), peerA, 2)).to.deep.equal({ held: false, reason: "wrong-round" });
    expect(await create([proposedRound()]).ask(hashOf(1))).to.deep.equal({ held: false, reason: "wrong-round" });
    expect(await create([]).ask(hashOf(1))).to.deep.equal({ held: false, reason: "wrong-round" });
    expect(await create().ask(hashOf(1), "stranger")).to.deep.equal({ held: false, reason: "not-drawn" });
    const aggregator = contactOf(accounts.y).peerId;
    expect(await create().ask(hashOf(1), aggregator)).to.deep.equal({ held: false, reason: "not-drawn" });
  });

  it("refuses a third blob of one participant, not the same one again, and not another's", async () => {
    const { ask } = create();
    await ask(hashOf(1));
    await ask(hashOf(2));
    expect(await ask(hashOf(3))).to.deep.equal({ held: false, reason: "too-many" });
    expect(await ask(hashOf(1))).to.deep.equal({ held: true });
    expect(await ask(hashOf(3), contactOf(accounts.b).peerId)).to.deep.equal({ held: true });
  });

  it("says when it could not fetch, and does not count that", async () => {
    const { ask } = create(undefined, [hashOf(1), hashOf(2), hashOf(3)]);
    for (const byte of [1, 2, 3]) {
      expect(await ask(hashOf(byte))).to.deep.equal({ held: false, reason: "not-fetched" });
    }
    expect(await ask(hashOf(4))).to.deep.equal({ held: true });
  });

  it("blames the sender of garbage", async () => {
    await rejection(create().holder.answer(Uint8Array.of(1), peerA, signal), "PEER_PROTOCOL");
  });

  it("forgets what was never committed once the round has ended, and keeps the rest", async () => {
    const { holder, ask, removed, look } = create();
    await ask(commitmentOf(0).contentId);
    await ask(hashOf(99));
    await holder.sweep();
    expect(removed).to.deep.equal([]);
    look([{ ...proposedRound(), phase: "finalized" }, roundOf({ round: 2 })]);
    await holder.sweep();
    expect(removed).to.deep.equal([hashOf(99)]);
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
