import { expect } from "chai";
import { FedledgerError } from "../../../../node/core/errors/error.ts";
import type { Address, Bytes32 } from "../../../../node/core/ids.ts";
import { foldTask } from "../../../../node/core/record/fold-task.ts";
import { initialHistoryHead } from "../../../../node/core/record/history-head.ts";
import type { TaskEvent } from "../../../../node/core/record/task-events.ts";
import type { TaskView } from "../../../../node/core/record/task-view.ts";
import { rulesHash } from "../../../../node/core/words/commitment.ts";
import { type Invitation, specHashOf } from "../../../../node/core/words/invitation.ts";
import type { Chain, ChainUpdate, RecordDoubt } from "../../../../node/ports/chain.ts";
import type { AdmittedPeer, Transport } from "../../../../node/ports/transport.ts";
import type { DueAction } from "../../../../node/rounds/actions/action-runner.ts";
import { createDriver } from "../../../../node/rounds/machine/driver.ts";
import type { Machine } from "../../../../node/rounds/machine/machine.ts";
import type { Progress } from "../../../../node/rounds/progress/progress.ts";
import {
  firstRoundState,
  type RoundEvent,
  type RoundState,
  reduceRound,
} from "../../../../node/rounds/state/round-state.ts";
import { attestationTopic, encodeAttestation } from "../../../../node/rounds/words/attestation-messages.ts";
import { createVirtualClock } from "../../../simulation/world/virtual-clock.ts";
import { accountOf, buildHistory } from "../../../support/history/history-builder.ts";
import { silentLog } from "../../../support/silent-log.ts";
import {
  accounts,
  attestationOf,
  contactOf,
  hashOf,
  headAt,
  memberOf,
  members,
  optionsOf,
  rules,
} from "../../../support/states/round-states.ts";

const position = { blockNumber: 1, blockHash: hashOf(1), logIndex: 0, transactionHash: hashOf(1) };
const deployment = { chainId: 31_337, federation: accounts.d };
const access = { organisations: [], regions: [], clearance: 0 };
const task = { taskId: 1, rules, access, modelRoot: hashOf(9), spec: "{}" };
const created: TaskEvent = {
  ...position,
  name: "TaskCreated",
  creator: accounts.x,
  ...task,
  historyHead: initialHistoryHead({ ...deployment, ...task }),
};
const enrolled = (index: number): TaskEvent => ({
  ...position,
  name: "Enrolled",
  taskId: 1,
  participant: [accounts.a, accounts.b][index]!,
  index,
  statement: hashOf(0),
  attributesHash: hashOf(0),
});

type Step = Omit<ChainUpdate, "view"> | RecordDoubt | FedledgerError;
type Work = DueAction & { readonly kind: "work" };

/** A driver over a chain that gives these steps, one each second of virtual time, and then waits. */
function create(
  runs: readonly (readonly Step[])[],
  changes: {
    final?: number;
    linger?: boolean;
    fails?: number;
    membersFail?: number;
    invitation?: Invitation;
    federation?: Address;
    firstHead?: Bytes32;
  } = {},
) {
  const clock = createVirtualClock(0);
  const admitted: (readonly AdmittedPeer[])[] = [];
  const seen: number[] = [];
  const performed: string[] = [];
  const errors: string[] = [];
  const logged: string[] = [];
  const told: Progress[] = [];
  const heard = new Map<string, Parameters<Transport["subscribe"]>[1]>();
  let followed = 0;
  let unsubscribed = 0;
  let membersFail = changes.membersFail ?? 0;
  let listed = members;
  const machine: Machine<RoundState, never, Work> = {
    first: (shown) => firstRoundState(accounts.a, "participant", optionsOf(accounts.a), shown),
    reduce: (state, event: RoundEvent) => reduceRound(state, event),
    due(state) {
      if (state.head.number === changes.fails) throw new Error("no decision");
      if (seen.at(-1) !== state.view.enrolled.length) seen.push(state.view.enrolled.length);
      return [{ kind: "work", key: `with ${state.view.enrolled.length} of ${state.members.length}` }];
    },
    outcome: ({ head }) =>
      changes.final !== undefined && head.number >= changes.final ? { kind: "final" } : undefined,
  };
  const driver = createDriver<RoundState, never, Work>({
    taskId: 1,
    chain: {
      ...deployment,
      ...(changes.federation && { federation: changes.federation }),
      async members() {
        if (membersFail-- > 0) throw new FedledgerError("RPC_UNREACHABLE", { url: "x", reason: "away" });
        return listed;
      },
      async *follow(_taskId: number, { signal, onDoubt }: Parameters<Chain["follow"]>[1]) {
        let view: TaskView | undefined;
        for (const step of runs[followed++] ?? []) {
          await clock.sleep(1000, { signal }).catch(() => undefined);
          if (signal.aborted) return;
          if (step instanceof FedledgerError) throw step;
          if ("kind" in step) {
            onDoubt?.(step);
            continue;
          }
          if (step.reset || step.events.length > 0) view = foldTask(step.events, step.reset ? undefined : view);
          if (view !== undefined) yield { ...step, view };
        }
        await clock.sleep(1e9, { signal }).catch(() => undefined);
      },
    } as unknown as Chain,
    transport: {
      peerId: contactOf(accounts.a).peerId,
      admit: (peers: readonly AdmittedPeer[]) => admitted.push(peers),
      subscribe(topic: string, onMessage: Parameters<Transport["subscribe"]>[1]) {
        heard.set(topic, onMessage);
        return () => unsubscribed++;
      },
    } as unknown as Transport,
    clock,
    random: { bytes: (length) => new Uint8Array(length) },
    log: {
      ...silentLog,
      error: (message) => errors.push(message),
      info: (message) => logged.push(message),
      warn: (message) => logged.push(message),
    },
    machine,
    performers: {
      async work({ key }, { signal }) {
        performed.push(key);
        await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
        return undefined;
      },
    },
    invitation: changes.invitation,
    firstHead: changes.firstHead,
    linger: changes.linger,
    onProgress: (progress) => told.push(progress),
  });
  return {
    clock,
    driver,
    admitted,
    seen,
    performed,
    errors,
    logged,
    told,
    hear: (topic: string, message: Uint8Array, author: string) => heard.get(topic)?.(message, author),
    list(next: typeof members) {
      listed = next;
    },
    get followed() {
      return followed;
    },
    get unsubscribed() {
      return unsubscribed;
    },
  };
}

const update = (second: number, events: readonly TaskEvent[], reset = false): Omit<ChainUpdate, "view"> => ({
  head: headAt(second),
  events,
  reset,
});
const first = update(1, [created, enrolled(0), enrolled(1)], true);

describe("the driver", () => {
  it("folds the record piece by piece, and anew after a reorganisation", async () => {
    const { driver, clock, seen } = create([
      [update(1, [created, enrolled(0)], true), update(2, [enrolled(1)]), update(3, []), update(4, [created], true)],
    ]);
    driver.start();
    await clock.run(() => false, 4500);
    expect(seen).to.deep.equal([1, 2, 0]);
    await driver.stop();
  });

  it("follows again after a failure of the chain or a history that makes no sense", async () => {
    const nonsense = update(2, [enrolled(1)]);
    const outage = new FedledgerError("RPC_UNREACHABLE", { url: "x", reason: "away" });
    const { driver, clock, seen } = create([[update(1, [created], true), nonsense], [outage], [first]]);
    driver.start();
    await clock.run(() => false, 20_000);
    expect(seen.at(-1)).to.equal(2);
    await driver.stop();
  });

  it("tells that the endpoint is behind, and that it is not any more, and looks at nothing in between", async () => {
    const doubt = { kind: "endpoint-behind", endpoint: "http://a", block: 2, differing: "phase" } as const;
    const fits = { kind: "record-fits", block: 3 } as const;
    const sim = create([[update(1, [created], true), doubt, fits, update(3, [enrolled(0)])]]);
    sim.driver.start();
    await sim.clock.run(() => false, 3500);
    expect([sim.seen, sim.followed]).to.deep.equal([[0], 1]);
    const isDoubt = ({ kind }: Progress) => kind === "endpoint-behind" || kind === "record-fits";
    expect(sim.told.filter(isDoubt)).to.deep.equal([doubt, fits]);
    expect(sim.logged.filter((message) => message !== "Waiting for others")).to.deep.equal([
      "The endpoint is behind",
      "The record is what the contract stores",
    ]);
    await sim.driver.stop();
  });

  it("ends with the error, aborting what runs, where the chain is not the one it was", async () => {
    const reset = new FedledgerError("CHAIN_RESET", { url: "x", reason: "its first block is another" });
    const sim = create([[first, reset]]);
    sim.driver.start();
    await sim.clock.run(() => sim.unsubscribed > 0, 5000);
    expect(await sim.driver.done).to.deep.equal({ kind: "failed", error: reset });
    await sim.clock.run(() => false, 20_000);
    expect(sim.followed).to.equal(1);
    await sim.driver.stop();
  });

  it("goes on with the next head where no decision can be made, and reads no history again", async () => {
    const sim = create([[update(1, [created, enrolled(0)], true), update(2, [enrolled(1)])]], { fails: 1 });
    sim.driver.start();
    await sim.clock.run(() => false, 4000);
    expect(sim.errors).to.have.length(1);
    expect([sim.seen, sim.followed]).to.deep.equal([[2], 1]);
    await sim.driver.stop();
  });

  it("admits the registered members with a role, without itself, and again only when they change", async () => {
    const sim = create([[first, update(2, []), update(3, [])]]);
    sim.driver.start();
    await sim.clock.run(() => false, 2500);
    expect(sim.admitted).to.have.length(1);
    expect(sim.admitted[0]!.map(({ peerId }) => peerId)).to.deep.equal(
      members.slice(1).map(({ contact }) => contact?.peerId),
    );
    sim.list([...members.slice(0, 4), { ...memberOf(accounts.x, "aggregator"), roles: [] }]);
    await sim.clock.run(() => false, 1000);
    expect(sim.admitted).to.have.length(2);
    expect(sim.admitted[1]).to.have.length(3);
    await sim.driver.stop();
  });

  it("logs what was on the record before the start not as if it happened now", async () => {
    const { events: all } = await buildHistory({ members: 2, scripts: { 1: { commits: 1 } }, rounds: 1 });
    const [start, ended] = [all.slice(0, -1), all.slice(-1)];
    const logged = async (steps: readonly Step[]) => {
      const sim = create([steps], { federation: accountOf("federation") });
      sim.driver.start();
      await sim.clock.run(() => false, 2500);
      await sim.driver.stop();
      expect(sim.told.map(({ kind }) => kind)).to.include("invalid");
      return sim.logged.filter((message) => message === "A round is invalid").length;
    };
    expect(await logged([update(1, start, true), update(2, ended)])).to.equal(1);
    expect(await logged([update(1, all, true)])).to.equal(0);
  });

  it("knows the members before its first decision", async () => {
    const { driver, clock, performed } = create([[first]]);
    driver.start();
    await clock.run(() => false, 2000);
    expect(performed).to.deep.equal(["with 2 of 6"]);
    await driver.stop();
  });

  it("has no first look before the members were read once", async () => {
    const sim = create([[first, update(2, [])], [first]], { membersFail: 1 });
    sim.driver.start();
    await sim.clock.run(() => false, 1500);
    expect([sim.performed, sim.seen]).to.deep.equal([[], []]);
    await sim.clock.run(() => false, 4000);
    expect(sim.performed).to.deep.equal(["with 2 of 6"]);
    await sim.driver.stop();
  });

  it("does nothing by a record that its hashes do not bind, or that is not the task of its invitation", async () => {
    const seenWith = async (event: TaskEvent, invitation?: Invitation) => {
      const sim = create([[update(1, [event, enrolled(0)], true)]], { ...(invitation && { invitation }) });
      sim.driver.start();
      await sim.clock.run(() => false, 2000);
      await sim.driver.stop();
      return sim.seen.length;
    };
    const flipped = { ...created, rules: { ...rules, mode: "masked" as const } };
    expect(await seenWith(flipped), "the head is that of other rules").to.equal(0);
    const made = { ...flipped, historyHead: initialHistoryHead({ ...deployment, ...task, rules: flipped.rules }) };
    expect(await seenWith(made)).to.equal(1);
    const invited = { tasks: [{ taskId: 1, rulesHash: rulesHash(rules), specHash: specHashOf("{}") }] };
    const invitation = invited as unknown as Invitation;
    expect(await seenWith(created, invitation)).to.equal(1);
    expect(await seenWith(made, invitation), "made up with all that hangs on it").to.equal(0);
  });

  it("does nothing by a task that is another one at a later look", async () => {
    const other = { ...task, rules: { ...rules, mode: "masked" as const } };
    const made = { ...created, ...other, historyHead: initialHistoryHead({ ...deployment, ...other }) };
    const sim = create([[update(1, [created], true), update(2, [made, enrolled(0), enrolled(1)], true)]]);
    sim.driver.start();
    await sim.clock.run(() => false, 8000);
    expect(sim.seen).to.deep.equal([0]);
    await sim.driver.stop();
    const opened = create([[update(1, [made], true)]], { firstHead: created.historyHead });
    opened.driver.start();
    await opened.clock.run(() => false, 8000);
    expect(opened.seen, "another one than that of the trainer").to.deep.equal([]);
    await opened.driver.stop();
  });

  it("hears only so much of an author that repeats itself", async () => {
    const sim = create([[first]]);
    sim.driver.start();
    await sim.clock.run(() => false, 1500);
    // of the author's other tasks
    const elsewhere = encodeAttestation({
      attestation: { ...attestationOf(accounts.a, hashOf(1)), taskId: 2 },
      sequence: 1,
    });
    for (let i = 0; i < 40; i++) expect(sim.hear(attestationTopic, elsewhere, "peer")).to.equal("ignore");
    const verdicts = Array.from({ length: 40 }, () => sim.hear(attestationTopic, Uint8Array.of(1), "peer"));
    expect(verdicts.filter((verdict) => verdict === "reject")).to.have.length(32);
    expect(verdicts.at(-1)).to.equal("ignore");
    await sim.driver.stop();
  });

  it("stops by itself when the machine has ended", async () => {
    const sim = create([[first, update(2, [])]], { final: 2 });
    sim.driver.start();
    await sim.clock.run(() => sim.unsubscribed > 0, 5000);
    expect(await sim.driver.done).to.deep.equal({ kind: "final" });
  });

  it("lingers when it is told to: done, but still admitting, and doing what is due", async () => {
    const sim = create([[first, update(2, []), update(3, [])]], { final: 2, linger: true });
    sim.driver.start();
    await sim.clock.run(() => false, 2500);
    expect(await sim.driver.done).to.deep.equal({ kind: "final" });
    sim.list(members.slice(0, 2));
    await sim.clock.run(() => false, 1000);
    expect(sim.admitted.at(-1)).to.have.length(1);
    expect(sim.unsubscribed).to.equal(0);
    await sim.driver.stop();
    expect(sim.unsubscribed, "one a topic").to.equal(5);
  });

  it("stops on request, aborting what runs, whatever it was doing", async () => {
    for (const afterMs of [0, 500, 1500]) {
      const { driver, clock } = create([[first]]);
      driver.start();
      await clock.run(() => false, afterMs);
      await driver.stop();
      expect(await driver.done).to.deep.equal({ kind: "stopped" });
    }
  });
});
