import { expect } from "chai";
import { FedledgerError } from "../../../../node/core/errors/error.ts";
import type { Commitment } from "../../../../node/core/records.ts";
import type { Clock } from "../../../../node/ports/system.ts";
import { createGatherQueue } from "../../../../node/rounds/blobs/gather-queue.ts";
import { gatherUpdates, patienceOfTry } from "../../../../node/rounds/blobs/gather-updates.ts";
import { createGatherer } from "../../../../node/rounds/blobs/gatherer.ts";
import { bytesPatience, withPatience } from "../../../../node/rounds/blobs/patient-source.ts";
import type { TaskLook } from "../../../../node/rounds/blobs/task-look.ts";
import { createVirtualClock } from "../../../simulation/world/virtual-clock.ts";
import { rejection } from "../../../support/rejection.ts";
import { silentLog } from "../../../support/silent-log.ts";
import { commitmentOf, hashOf, members, rules, viewOf } from "../../../support/states/round-states.ts";

const never = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));

function setUp() {
  const sleeps: { readonly ms: number; readonly wake: () => void; readonly signal: AbortSignal | undefined }[] = [];
  const clock: Clock = {
    nowMs: () => 0,
    sleep: (ms, options) =>
      new Promise((resolve) => sleeps.push({ ms, wake: () => resolve(), signal: options?.signal })),
  };
  const life = new AbortController();
  const look = { view: viewOf(), members, signal: life.signal };
  return { patience: bytesPatience(clock, rules), sleeps, life, look };
}

describe("patience with a peer", () => {
  it("takes bytes that take longer than a quarter of the time to attest for not to be had", async () => {
    const { patience, sleeps, look } = setUp();
    const late = withPatience(patience, "0x1", look, ({ signal }) => never(signal));
    expect(sleeps.map(({ ms }) => ms)).to.deep.equal([15_000]);
    sleeps[0]!.wake();
    await rejection(late, "BLOB_NOT_FOUND");
  });

  it("gives what comes in time, and stops waiting", async () => {
    const { patience, sleeps, look } = setUp();
    expect(await withPatience(patience, "0x1", look, async () => 7)).to.equal(7);
    expect(sleeps.every(({ signal }) => signal?.aborted)).to.equal(true);
  });

  it("ends with the caller's reason when the caller gives up", async () => {
    const { patience, life, look } = setUp();
    const late = withPatience(patience, "0x1", look, ({ signal }) => never(signal));
    const reason = new DOMException("enough", "AbortError");
    life.abort(reason);
    expect(await late.catch((error: unknown) => error)).to.equal(reason);
  });

  it("is short at the first try, and longer at each later one", () => {
    const { patience } = setUp();
    const times = [0, 1, 2, 3, 4, 5, 100].map((tries) => patienceOfTry(patience, tries).timeoutMs);
    expect(times).to.deep.equal([937.5, 1_875, 3_750, 7_500, 15_000, 15_000, 15_000]);
  });
});

/** Updates of which some are sent a byte now and then; the others are here after a second. */
function slowSource(clock: Clock, isSlow: (commitment: Commitment) => boolean) {
  const got: string[] = [];
  const source = {
    update: async (update: Pick<Commitment, "contentId">, { signal }: TaskLook) => {
      if (isSlow(update as Commitment)) return await never(signal);
      await clock.sleep(100, { signal });
      got.push(update.contentId);
      return Uint8Array.of(1);
    },
  };
  return { source, got };
}

const many = Array.from(
  { length: 64 },
  (_, i): Commitment => ({ ...commitmentOf(0), slot: i, contentId: hashOf(100 + i) }),
);
const nothingHere = { has: async () => false };

describe("gathering the updates of a judgement", () => {
  it("waits once for all that are withheld, and has every other one by then", async () => {
    const clock = createVirtualClock(0);
    const { look } = setUp();
    const { source, got } = slowSource(clock, ({ slot }) => slot < 31);
    const patience = bytesPatience(clock, rules);
    const reading = gatherUpdates({ source, store: nothingHere }, many, look, patience);
    await clock.run(() => false, 15_001);
    const read = await reading;
    expect(got).to.have.length(33);
    await rejection(read(many[0]!), "BLOB_NOT_FOUND");
    const last = read(many[63]!);
    await clock.run(() => false, 200);
    expect(await last).to.deep.equal(Uint8Array.of(1));
  });

  it("asks for nothing that is here", async () => {
    const { look, patience } = setUp();
    const asked: string[] = [];
    const source = {
      update: async ({ contentId }: Pick<Commitment, "contentId">) => {
        asked.push(contentId);
        return Uint8Array.of(1);
      },
    };
    const read = await gatherUpdates({ source, store: { has: async () => true } }, many, look, patience);
    expect(asked).to.deep.equal([]);
    await read(many[5]!);
    expect(asked).to.deep.equal([many[5]!.contentId]);
  });

  it("gives other failures as they are", async () => {
    const { look, patience } = setUp();
    const failure = new FedledgerError("STORAGE_FAILED", { path: "here", reason: "full" });
    const source = { update: () => Promise.reject(failure) };
    const read = await gatherUpdates({ source, store: nothingHere }, many.slice(0, 1), look, patience);
    expect(await read(many[0]!).catch((error: unknown) => error)).to.equal(failure);
  });
});

describe("a gatherer", () => {
  it("gets every update though more than it has places for are withheld, committed first", async () => {
    const clock = createVirtualClock(0);
    const { look } = setUp();
    const { source, got } = slowSource(clock, ({ slot }) => slot < 31);
    const gather = createGatherer({ source, clock, log: silentLog, places: 4 });
    for (const update of many) void gather(update, look).catch(() => undefined);
    await clock.run(() => false, 10_000);
    expect(got).to.have.length(33);
  });

  it("takes those first that were tried less often", async () => {
    const queue = createGatherQueue(1);
    const { signal } = new AbortController();
    const order: number[] = [];
    const job = (tries: number) => queue.run(async () => void order.push(tries), signal, tries);
    await Promise.all([2, 3, 0, 1, 0].map(job));
    expect(order).to.deep.equal([2, 0, 0, 1, 3]);
  });
});
