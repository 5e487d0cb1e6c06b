import { expect } from "chai";
import type { TaskEvent } from "../../../node/core/record/task-events.ts";
import { auditOf } from "../../support/history/audit-of.ts";
import { buildHistory, type History, type HistoryOptions } from "../../support/history/history-builder.ts";
import { foundIn, ruling, tampered, to } from "../../support/history/tamper.ts";
import { maskedRules } from "../../support/states/plain-rules.ts";

/** A history with something wrong, and what of its findings says so: code and a part of the message. */
interface Case {
  readonly name: string;
  readonly wrong: () => Promise<History>;
  readonly found: readonly [code: string, message: RegExp];
}

const built = (options: HistoryOptions = {}) => buildHistory({ inputs: 20, rounds: 2, ...options });
const ruled = async (rules: object, options: HistoryOptions) =>
  tampered(await built(options), "TaskCreated", 0, ruling(rules));
/** The events with one of them, made of another, put before the first of a name in round 2. */
const inserted = (history: History, before: TaskEvent["name"], event: TaskEvent): History => {
  const at = history.events.findIndex((each) => each.name === before && "round" in each && each.round === 2);
  const { blockNumber, logIndex } = history.events[at]!;
  return { ...history, events: history.events.toSpliced(at, 0, { ...event, blockNumber, logIndex }) };
};
const bonds = { aggregatorBondGwei: 10 ** 9, participantBondGwei: 10 ** 9, challengeWindowS: 3600 };

const cases: readonly Case[] = [
  {
    name: "a round opened with fewer participants than make one",
    wrong: () => ruled({ minUpdates: 5 }, { members: 4, scripts: { 1: { end: "open" } } }),
    found: ["DRAW_WRONG", /took 4 of 4, where the record has 4 of 4/],
  },
  {
    name: "an attempt beyond the task's",
    wrong: () =>
      ruled({ attempts: 2 }, { aggregators: 4, rules: { attempts: 3 }, scripts: { 2: { silentAggregators: 2 } } }),
    found: ["ASSIGNMENT_WRONG", /Attempt 2 was assigned where attempt 2 of 2/],
  },
  {
    name: "a round that went on with too few",
    wrong: () => ruled({ minUpdates: 4 }, { members: 4, scripts: { 2: { commits: 3, end: "aggregating" } } }),
    found: ["TOO_FEW_UPDATES", /went on with 3 updates .* takes 4/],
  },
  {
    name: "a proposal by an aggregator that had asked to leave",
    async wrong() {
      const history = await built();
      const { proposal } = history.events.findLast((event) => event.name === "Proposed")!;
      const leaving = { name: "Leaving", taskId: 1, account: proposal.aggregator } as unknown as TaskEvent;
      return inserted(history, "Proposed", leaving);
    },
    found: ["PROPOSER_NOT_ASSIGNED", /after it asked to leave/],
  },
  {
    name: "more participants than a round takes, where all are drawn",
    wrong: () => ruled({ maxUpdates: 3 }, { members: 4, rounds: 1 }),
    found: ["PARTICIPANT_NOT_ENROLLED", /took place 3; the next one was 3 of 3/],
  },
  {
    name: "more aggregators than there are places",
    wrong: () => built({ aggregators: 33, rounds: 1 }),
    found: ["PARTICIPANT_NOT_ENROLLED", /took place 32; the next one was 32 of 32/],
  },
  {
    name: "a place that was kept when others were freed",
    async wrong() {
      const history = await built({ members: 6, scripts: { 1: { leave: [1, 2] } } });
      const last = history.events.findLast((event) => event.name === "Left");
      return { ...history, events: history.events.filter((event) => event !== last) };
    },
    found: ["PARTICIPANT_NOT_ENROLLED", /kept its place when those of others were freed/],
  },
  {
    name: "an account expelled for its update before the round had closed",
    async wrong() {
      const expel = { member: 1, kind: "invalid-update" } as const;
      const history = await built({ rules: bonds, scripts: { 2: { expel } } });
      const expulsion = history.events.find((event) => event.name === "MemberExpelled")!;
      const without = { ...history, events: history.events.filter((event) => event !== expulsion) };
      return inserted(without, "RoundClosed", expulsion);
    },
    found: ["EXPULSION_WRONG", /done nothing of the kind/],
  },
  {
    name: "an expulsion by another proof than the strike before it",
    async wrong() {
      const strike = { round: 2, kind: "wrong-weight" } as const;
      const history = await built({ rules: bonds, scripts: { 2: { strike } } });
      return tampered(history, "MemberExpelled", 2, to({ kind: "wrong-chunk" }));
    },
    found: ["EXPULSION_WRONG", /another proof than the one before it/],
  },
  {
    name: "keys in a slot that has keys already",
    async wrong() {
      const history = await built({ members: 8, aggregators: 3, rules: maskedRules });
      const [first] = history.events.filter((event) => event.name === "Advertised" && event.round === 2);
      return tampered(history, "Advertised", 2, to({ slot: (first as { slot: number }).slot }), 1);
    },
    found: ["ADVERTISED_TWICE", /advertised keys twice/],
  },
];

describe("the audit of what a record has too much or too little of", () => {
  for (const { name, wrong, found } of cases) {
    it(`finds ${name}`, async () => {
      const [code, message] = found;
      const findings = foundIn(await wrong()).filter((each) => each.code === code);
      expect(findings.map((each) => each.message).join("\n")).to.match(message);
    });
  }

  it("says that a wrong model can be proven to the last second of its window, and no longer", async () => {
    const history = await built({ scripts: { 2: { model: (honest) => honest.with(3, 5) } } });
    const accepted = history.events.findLast((event) => event.name === "RoundAccepted")!;
    const saidAt = async (nowS: number) => (await auditOf({ ...history, nowS })).findings[0]!.message;
    expect(await saidAt(accepted.provableUntilS)).to.match(/can still be proven/);
    expect(await saidAt(accepted.provableUntilS + 1)).to.match(/can be proven no more/);
  });
});
