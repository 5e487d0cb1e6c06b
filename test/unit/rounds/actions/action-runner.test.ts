import { expect } from "chai";
import { FedledgerError } from "../../../../node/core/errors/error.ts";
import { type ActionResult, createActionRunner } from "../../../../node/rounds/actions/action-runner.ts";
import { createVirtualClock } from "../../../simulation/world/virtual-clock.ts";
import { silentLog } from "../../../support/silent-log.ts";

/** No spread: the middle of the range. */
const random = { bytes: () => Uint8Array.of(0x80, 0) };
const backoff = { firstMs: 100, longestMs: 1000 };

/** A runner whose one action always stays due; `results` are what its runs come to, in order. */
function create(results: readonly (ActionResult | Error | "never" | undefined)[]) {
  const clock = createVirtualClock(0);
  const starts: number[] = [];
  const reasons: unknown[] = [];
  let head = 0;
  let due: { key: string }[] = [{ key: "one" }];
  const runner = createActionRunner<{ key: string }>(
    {
      clock,
      random,
      log: silentLog,
      async perform(_action, signal) {
        const result = results[starts.length];
        starts.push(clock.nowMs());
        signal.addEventListener("abort", () => reasons.push(signal.reason));
        if (result === "never") {
          await new Promise((_, reject) => {
            signal.addEventListener("abort", () => reject(signal.reason));
          });
        }
        if (result instanceof Error) throw result;
        return result as ActionResult | undefined;
      },
      onReady: () => look(),
    },
    backoff,
  );
  function look(): void {
    if (starts.length < results.length) runner.reconcile(due, head);
  }
  return {
    clock,
    starts,
    reasons,
    runner,
    look,
    want(keys: readonly string[]) {
      due = keys.map((key) => ({ key }));
      runner.reconcile(due, head);
    },
    at(number: number) {
      head = number;
      runner.reconcile(due, head);
    },
  };
}

const failure = new FedledgerError("PEER_TIMEOUT", { peerId: "p", timeoutMs: 1 });
const revert = (error: string) => new FedledgerError("TRANSACTION_REVERTED", { call: "x", error, reason: error });

describe("the action runner", () => {
  it("runs an action once at a time", async () => {
    const { runner, starts, clock, look } = create(["never"]);
    look();
    runner.reconcile([{ key: "one" }], 0);
    await clock.run(() => false, 1000);
    expect(starts).to.deep.equal([0]);
  });

  it("tries again what failed, later each time, up to the longest wait", async () => {
    const { starts, clock, look } = create(new Array(7).fill(failure));
    look();
    await clock.run(() => starts.length === 7, 60_000);
    expect(starts.map((ms, i) => ms - (starts[i - 1] ?? 0))).to.deep.equal([0, 100, 200, 400, 800, 1000, 1000]);
  });

  it("does not hurry what no retry mends", async () => {
    const { starts, clock, look } = create([new FedledgerError("TRAINING_FAILED", { reason: "x" }), undefined]);
    look();
    await clock.run(() => starts.length === 2, 60_000);
    expect(starts[1]).to.equal(15_000);
  });

  it("takes a lost race for a small failure, another revert for a permanent one", async () => {
    for (const [name, ms] of [
      ["WrongPhase", 100],
      ["AlreadyCommitted", 100],
      ["InvalidRoot", 15_000],
    ] as const) {
      const { starts, clock, look } = create([revert(name), undefined]);
      look();
      await clock.run(() => starts.length === 2, 60_000);
      expect(starts[1], name).to.equal(ms);
    }
  });

  it("repeats what asks for it", async () => {
    const { starts, clock, look } = create([{ repeatMs: 500 }, { repeatMs: 500 }, undefined]);
    look();
    await clock.run(() => starts.length === 3, 60_000);
    expect(starts).to.deep.equal([0, 500, 1000]);
  });

  it("does not send a mined transaction again before the head is there, and does after a reorganisation", async () => {
    const { starts, clock, look, at } = create([{ minedInBlock: 7 }, { minedInBlock: 9 }]);
    look();
    await clock.run(() => false, 5000);
    at(6);
    await clock.run(() => false, 5000);
    expect(starts).to.have.length(1);
    at(7);
    await clock.run(() => false, 5000);
    expect(starts).to.have.length(2);
  });

  it("aborts what is no longer due, and starts it anew only when it has ended", async () => {
    const { starts, reasons, clock, look, want } = create(["never", undefined]);
    look();
    await clock.run(() => starts.length === 1, 10);
    want([]);
    want(["one"]);
    expect(starts).to.have.length(1);
    await clock.run(() => starts.length === 2, 1000);
    expect(starts).to.have.length(2);
    expect(reasons[0]).to.be.instanceOf(FedledgerError);
  });

  it("forgets failures of what was no longer due", async () => {
    const { starts, clock, look, want } = create([failure, failure, failure, undefined]);
    look();
    await clock.run(() => starts.length === 3, 10_000);
    await clock.run(() => false, 10);
    want([]);
    want(["one"]);
    await clock.run(() => starts.length === 4, 10);
    expect(starts).to.have.length(4);
  });

  it("stops: aborts, waits for the end, starts nothing more", async () => {
    const { runner, starts, reasons, clock, look } = create(["never", undefined]);
    look();
    await clock.run(() => starts.length === 1, 10);
    await runner.stop();
    expect((reasons[0] as FedledgerError).code).to.equal("INTERRUPTED");
    runner.reconcile([{ key: "two" }], 0);
    await clock.run(() => false, 1000);
    expect(starts).to.have.length(1);
  });

  it("takes nothing from an action that ended after it was no longer due", async () => {
    const ended = Promise.withResolvers<ActionResult>();
    let starts = 0;
    const runner = createActionRunner<{ key: string }>(
      {
        clock: createVirtualClock(0),
        random,
        log: silentLog,
        perform: async () => (++starts === 1 ? await ended.promise : await new Promise(() => undefined)),
        onReady: () => runner.reconcile([{ key: "one" }], 0),
      },
      backoff,
    );
    runner.reconcile([{ key: "one" }], 0);
    await Promise.resolve();
    runner.reconcile([], 0);
    ended.resolve({ minedInBlock: 100 });
    await new Promise((resolve) => setImmediate(resolve));
    expect(starts, "due again, it does not wait for that block").to.equal(2);
  });
});
