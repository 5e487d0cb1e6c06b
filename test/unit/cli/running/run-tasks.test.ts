import { expect } from "chai";
import type { MemberNode, NodeOutcome, TaskWork } from "../../../../node/api/index.ts";
import { type Job, runTasks } from "../../../../node/cli/running/run-tasks.ts";
import { FedledgerError } from "../../../../node/core/errors/error.ts";
import type { Address } from "../../../../node/core/ids.ts";
import { expectCode } from "../../../support/expect-code.ts";
import { silentLog } from "../../../support/silent-log.ts";

const account = `0x${"11".repeat(20)}` as Address;

describe("running the tasks of a node", () => {
  let told: Record<string, unknown>[];
  let closed: string[];
  beforeEach(() => {
    told = [];
    closed = [];
  });

  const output = {
    json: true,
    say: () => undefined,
    emit: (event: Record<string, unknown>) => void told.push(event),
  };
  const work = (taskId: number, done: Promise<NodeOutcome>): TaskWork => ({
    taskId,
    start: () => undefined,
    done,
    close: async () => void closed.push(`task ${taskId}`),
  });
  /** A task whose work ends so. */
  const ends = (taskId: number, outcome: NodeOutcome | Promise<NodeOutcome>): Job => ({
    taskId,
    begin: async () => work(taskId, Promise.resolve(outcome)),
  });
  /** A task on which no work begins. */
  const fails = (taskId: number): Job => ({
    taskId,
    begin: () => Promise.reject(new FedledgerError("UNKNOWN_TASK", { taskId })),
  });
  const node = { account, gatewayUrl: undefined, close: async () => void closed.push("node") } as unknown as MemberNode;
  /** Runs a node of these tasks. */
  const run = (jobs: readonly Job[], { exitWhenFinal = true, signal = new AbortController().signal } = {}) =>
    runTasks("participant", { output, log: silentLog, signal }, { open: async () => node, jobs, exitWhenFinal });

  it("ends well where the task is final or was left, and with 1 where the node came too late", async () => {
    expect(await run([ends(1, { kind: "final" })])).to.equal(0);
    expect(await run([ends(1, { kind: "left" })])).to.equal(0);
    expect(await run([ends(1, { kind: "too-late" })])).to.equal(1);
    expect(told.at(-1)).to.deep.equal({ event: "ended", task: 1, outcome: "too-late" });
    expect(closed.slice(-2)).to.deep.equal(["task 1", "node"]);
  });

  it("says what the account is owed where it cannot pay for taking it out", async () => {
    const unpaid = ends(1, { kind: "unpaid", owedWei: 5n * 10n ** 17n });
    const { data } = await expectCode("INSUFFICIENT_FUNDS", () => run([unpaid]));
    expect(data.purpose).to.contain("0.5 ether").and.to.contain("bond withdraw");
    expect(told.at(-1)).to.deep.equal({ event: "ended", task: 1, outcome: "unpaid" });
    expect(closed).to.deep.equal(["task 1", "node"]);
  });

  it("throws the error of its only task, and lets that of one of several end no other", async () => {
    await expectCode("UNKNOWN_TASK", () => run([fails(7)]));
    expect(await run([fails(7), ends(1, { kind: "final" })])).to.equal(2);
    expect(told.map(({ event, task }) => [event, task])).to.deep.equal([
      ["started", 1],
      ["ended", 1],
    ]);
    expect(closed.slice(-2)).to.deep.equal(["task 1", "node"]);
  });

  it("ends with the code of the first task, in their order, that did not end well", async () => {
    const late = ends(1, { kind: "too-late" });
    expect(await run([late, fails(2), ends(3, { kind: "final" })])).to.equal(1);
    expect(await run([ends(3, { kind: "final" }), fails(2), late])).to.equal(2);
  });

  it("serves what is final until it is stopped, while another task has failed", async () => {
    const stopping = new AbortController();
    const running = run([fails(2), ends(1, { kind: "final" })], { exitWhenFinal: false, signal: stopping.signal });
    await Promise.race([running, new Promise((resolve) => setImmediate(resolve))]);
    expect(told.at(-1)).to.deep.equal({ event: "final", task: 1 });
    stopping.abort();
    expect(await running, "what failed before is told by the exit code").to.equal(2);
    expect(told.at(-1)).to.deep.equal({ event: "ended", task: 1, outcome: "final" });
  });
});
