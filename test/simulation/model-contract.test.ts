import { expect } from "chai";
import { chunkTreeRoot } from "../../node/core/bytes/chunk-tree.ts";
import type { Address } from "../../node/core/ids.ts";
import type { Phase } from "../../node/core/records.ts";
import { type FederationFixture, startFederation } from "../support/federation-fixture.ts";
import { createComparedLanes } from "./compared/compared-lanes.ts";
import { comparedProofs } from "./compared/compared-proofs.ts";
import { type ComparedSides, createSides, lower } from "./compared/compared-sides.ts";
import { type ComparedCast, comparedSteps, taskOf } from "./compared/compared-steps.ts";
import { comparedTasks, told } from "./compared/compared-tasks.ts";
import { booksWei } from "./model/model-bonds.ts";
import { storedPlaceOf } from "./model/model-chain.ts";
import { slotIn } from "./model/model-steps.ts";
import { count, hasSlot, placedOf } from "./model/model-storage.ts";
import { createSeededRandom } from "./world/seeded-random.ts";

// The simulation is worth as much as its contract: random calls, right and wrong ones, to the model and to the real
// contracts.

const seed = Number(process.env.SIM_FIRST ?? 2);
/** Tasks of each kind, one after the other in one federation, and random calls to each. */
const taskCount = 5;
const stepCount = 120;
const all = { ...comparedSteps, ...comparedProofs };

const times = (count: number, kind: string): string[] => Array.from({ length: count }, () => kind);
const inAnyPhase = ["enrol", "join", "leave", "resume", "share-key", "record", "release", "withdraw", "revoke"];
const afterProposal = [
  ...times(3, "chunk"),
  ...times(3, "opening"),
  "weight",
  "update",
  "equivocation",
  "double-commitment",
];
/** What there is to do in each phase. */
const fitting: Readonly<Record<Phase, readonly string[]>> = {
  none: ["open"],
  drawing: ["draw", "draw", "close"],
  open: [...times(8, "commit"), ...times(2, "advertise"), "commit-batch", ...times(2, "close"), "equivocation"],
  aggregating: [...times(6, "propose"), ...times(2, "reassign"), "update", "double-commitment"],
  proposed: [...times(6, "accept"), "reassign", ...afterProposal],
  accepted: [...times(4, "open"), "free", "enrol", "join", "release", ...afterProposal],
  invalid: [...times(6, "open"), "free", "enrol", "join", "release", ...afterProposal],
};

describe("the model contract", () => {
  for (const [name, { rules, happens }] of Object.entries(comparedTasks)) {
    it(`accepts, refuses and tells what the contracts do in a ${name} task`, async function () {
      this.timeout(300_000);
      const fixture = await startFederation({ participants: 6, aggregators: 3, outsiders: 1 });
      try {
        const random = createSeededRandom(seed);
        const sides = await createSides(fixture);
        const [admin, outsider] = [lower(fixture.admin.account), lower(fixture.outsiders[0]!.account)];
        const participants = fixture.participants.map(({ account }) => lower(account));
        const aggregators = fixture.aggregators.map(({ account }) => lower(account));
        const everybody = [...participants, ...aggregators, outsider];
        const attributes = { organisation: "Klinik A", region: "", clearance: 2 };
        await sides.both(outsider, { kind: "setAttributes", account: outsider, attributes });
        for (const account of everybody.slice(1)) {
          await sides.both(admin, { kind: "setAttributes", account, attributes });
        }
        for (let task = 0; task < taskCount; task++) {
          const initial = Int32Array.from({ length: rules.parameterCount }, () => random.integer(-9999, 9999));
          const lanes = createComparedLanes(rules, random, initial);
          const made = { cases: [], signed: [], secrets: new Map(), lies: task % 2 === 1 };
          const who = { admin, participants, aggregators, outsider };
          const cast: ComparedCast = { sides, random, lanes, rules, ...who, ...made };
          const access = { organisations: task === 1 ? ["Klinik A"] : [], regions: [], clearance: task % 3 };
          const modelRoot = chunkTreeRoot(initial);
          await sides.both(admin, { kind: "createTask", rules, modelRoot, spec: "{}", access });
          await walk(cast, fixture);
        }
        await compareEnds(sides, fixture, everybody);
        // what other seeds lead to is not known
        if (seed !== 2) return;
        expect([...new Set(sides.events.map((event) => event.name))]).to.include.members([...happens]);
        expect(sides.answers.size, JSON.stringify([...sides.answers])).to.be.greaterThan(20);
      } finally {
        await fixture.close();
      }
    });
  }

  /** Random steps in a new task: the first rounds mostly as they should be. */
  async function walk(cast: ComparedCast, { chain }: FederationFixture): Promise<void> {
    const { random, participants, aggregators, outsider } = cast;
    for (const account of participants.slice(0, 5)) await comparedSteps.enrol!(cast, account, true);
    for (const account of aggregators.slice(0, 2)) await comparedSteps.join!(cast, account, true);
    await begin(cast, chain);
    for (let step = 0; step < stepCount; step++) {
      if (random.chance(0.05)) await chain.increaseTime(400);
      if (random.chance(0.02)) await chain.increaseTime(8000);
      const { phase, round } = taskOf(cast).round;
      if (phase === "drawing") await chain.mine(random.chance(0.03) ? 300 : 1);
      const isQuiet = round <= 2 && random.chance(0.6);
      const kinds = random.chance(0.9) ? fitting[phase] : random.chance(0.6) ? inAnyPhase : Object.keys(all);
      const { kind, fit } = random.chance(0.7) ? onward(cast, kinds) : { kind: random.pick(kinds), fit: participants };
      const isFit = fit.length > 0 && random.chance(0.9);
      const someone = random.pick(isFit ? fit : [...participants, ...aggregators, outsider]);
      await all[kind]!(cast, someone, isQuiet);
    }
  }

  /**
   * A first round as it should be, but for its model in every other task, which is proven wrong once it is accepted.
   */
  async function begin(cast: ComparedCast, chain: FederationFixture["chain"]): Promise<void> {
    const { random } = cast;
    const next = { none: "open", drawing: "draw", aggregating: "propose", proposed: "accept" } as const;
    for (let step = 0; step < 60; step++) {
      const { phase } = taskOf(cast).round;
      if (phase === "accepted" || phase === "invalid") break;
      if (phase === "drawing") await chain.mine(5);
      const { kind, fit } = onward(cast, phase === "open" ? [] : [next[phase]]);
      // where a member's role or attributes were taken in a task before, there may be nobody
      if (fit.length === 0) break;
      await all[kind]!(cast, random.pick(fit), true);
    }
    if (!cast.lies) return;
    cast.lies = false;
    for (let tries = 0; tries < 4; tries++) await comparedProofs.chunk!(cast, random.pick(cast.participants), true);
  }

  /** A step that leads the round on where it is open, else one of these; and who may well take it. */
  function onward(cast: ComparedCast, kinds: readonly string[]): { kind: string; fit: readonly Address[] } {
    const { random, participants, aggregators, rules } = cast;
    const task = taskOf(cast);
    const { phase, keyed, committed, drawn } = task.round;
    const present = participants.filter((account) => placedOf(task, account)?.leaving === false);
    const without = (bitmap: bigint) =>
      present.filter((account) => {
        const slot = slotIn(task, account);
        return slot !== undefined && !hasSlot(bitmap, slot);
      });
    if (phase === "open") {
      if (rules.keyWindowS > 0 && count(keyed) < drawn) return { kind: "advertise", fit: without(keyed) };
      const fit = without(committed);
      return fit.length > 0 ? { kind: "commit", fit } : { kind: "close", fit: present };
    }
    const kind = random.pick(kinds);
    if (kind === "join") return { kind, fit: aggregators };
    return { kind, fit: kind === "enrol" ? participants : present };
  }

  /** All that stands on either side in the end. */
  async function compareEnds(sides: ComparedSides, { admin, chain, federation }: FederationFixture, of: Address[]) {
    const { storage } = sides;
    for (const { taskId, round, modelRoot, accepted, historyHead } of storage.tasks) {
      const events = sides.events.filter((event) => event.taskId === taskId);
      expect(events.map(told)).to.deep.equal((await admin.chain.history(taskId)).map(told));
      const { accumulator, pending, deadlineS, ...stored } = await admin.chain.storedState(taskId);
      expect(stored).to.deep.equal({ round: round.round, phase: round.phase, accepted, modelRoot, historyHead });
      for (const account of of) {
        const place = await admin.chain.placeOf(taskId, account);
        expect(place, account).to.deep.equal(storedPlaceOf(storage, taskId, account));
      }
    }
    for (const account of of) {
      expect(await admin.chain.creditOf(account), account).to.equal(storage.credits.get(account) ?? 0n);
    }
    const balance = await chain.request("eth_getBalance", [federation, "latest"]);
    expect(BigInt(String(balance)), "the contract's balance").to.equal(booksWei(storage));
  }
});
