import { expect } from "chai";
import { createBondLimit } from "../../../../node/api/nodes/bond-limit.ts";
import { followTasks } from "../../../../node/api/nodes/follow-tasks.ts";
import type { TaskWork } from "../../../../node/api/nodes/task-work.ts";
import { FedledgerError } from "../../../../node/core/errors/error.ts";
import type { TaskView } from "../../../../node/core/record/task-view.ts";
import type { Chain, Clock } from "../../../../node/ports/index.ts";
import { expectCode } from "../../../support/expect-code.ts";
import { type FederationFixture, type FixtureMember, startFederation } from "../../../support/federation-fixture.ts";
import { silentLog } from "../../../support/silent-log.ts";

const ether = 10n ** 18n;
const bondGwei = 2_000_000_000;

describe("the tasks that an aggregator takes", function () {
  this.timeout(60_000);
  let fixture: FederationFixture;
  let me: FixtureMember;

  before(async () => {
    fixture = await startFederation({ participants: 2, aggregators: 1, register: false });
    [me] = fixture.aggregators as [FixtureMember];
  });
  after(() => fixture.close());

  const workOn = (taskId: number): TaskWork => ({
    taskId,
    start: () => undefined,
    done: new Promise(() => undefined),
    close: async () => undefined,
  });

  it("are those that there are and those to come; a refusal is told once, and asked again where it may change", async () => {
    const stopping = new AbortController();
    let nowMs = 0;
    let looks = 0;
    const taken: number[] = [];
    const refused: [number, string][] = [];
    const asked: number[] = [];
    let isEligible = false;
    await fixture.createTask({ join: [], enrol: [] });
    await fixture.createTask({ join: [], enrol: [] });
    await fixture.createTask({ join: [], enrol: [] });
    const clock: Clock = {
      nowMs: () => nowMs,
      async sleep(ms) {
        nowMs += ms;
        looks++;
        if (looks === 1) await fixture.createTask({ join: [], enrol: [] });
        if (looks === 14) isEligible = true;
        if (looks === 30) stopping.abort();
      },
    };
    await followTasks(
      { chain: me.chain, log: silentLog },
      {
        signal: stopping.signal,
        clock,
        onTaken: ({ taskId }) => void taken.push(taskId),
        onRefused: (taskId, { code }) => void refused.push([taskId, code]),
      },
      async ({ taskId }) => {
        asked.push(taskId);
        if (taskId === 2) throw new FedledgerError("POLICY_REFUSES", { taskId, keys: "modes", reason: "masked" });
        if (taskId === 3 && !isEligible) {
          const who = { account: me.account, action: "read", needed: "North", has: "none" };
          throw new FedledgerError("NOT_ELIGIBLE", { taskId, ...who });
        }
        return workOn(taskId);
      },
    );
    expect(taken).to.deep.equal([1, 4, 3]);
    expect(refused).to.deep.equal([
      [2, "POLICY_REFUSES"],
      [3, "NOT_ELIGIBLE"],
    ]);
    expect(
      asked.filter((taskId) => taskId === 2),
      "a policy does not change",
    ).to.have.length(1);
    expect(
      asked.filter((taskId) => taskId === 3),
      "once a minute",
    ).to.have.length(3);
  });

  it("ends by what no task is to blame for, before any was taken", async () => {
    const take = { signal: new AbortController().signal, onTaken: () => undefined };
    await expectCode("STORAGE_FAILED", () =>
      followTasks({ chain: me.chain, log: silentLog }, take, () =>
        Promise.reject(new FedledgerError("STORAGE_FAILED", { path: "store", reason: "no space" })),
      ),
    );
  });

  describe("and their bonds", () => {
    /** A task with the bond, as it is seen by who has not joined it. */
    const bonded = async (joined: boolean): Promise<TaskView> => {
      const rules = { aggregatorBondGwei: bondGwei, challengeWindowS: 3600 };
      const taskId = await fixture.createTask({ rules, enrol: [], join: joined ? [me] : [] });
      return (await me.chain.record(taskId)).view;
    };

    it("are at most so much together, of tasks of before, of those now, and of one that is not paid yet", async () => {
      const held = await bonded(true);
      const [second, third] = [await bonded(false), await bonded(false)];
      const limit = createBondLimit(me.chain);
      await limit.reserve(held, 0n);
      const both = [limit.reserve(second, 4n * ether), limit.reserve(third, 4n * ether)];
      const [taken, refused] = await Promise.allSettled(both);
      expect(taken?.status).to.equal("fulfilled");
      const { data } = await expectCode("BOND_LIMIT", () => Promise.reject((refused as PromiseRejectedResult).reason));
      expect(data).to.deep.include({ taskId: third.taskId, bond: "2", locked: "4", most: "4" });
      limit.release(second.taskId);
      await limit.reserve(third, 4n * ether);
    });

    it("are asked of nobody where the task has none", async () => {
      const taskId = await fixture.createTask({ enrol: [], join: [] });
      const { view } = await me.chain.record(taskId);
      const silent = { ...me.chain, taskCount: () => Promise.reject(new Error("asked")) } as Chain;
      await createBondLimit(silent).reserve(view, 0n);
    });
  });
});
