import { expect } from "chai";
import fc from "fast-check";
import { checkRecord } from "../../../node/audit/index.ts";
import type { Bytes32 } from "../../../node/core/ids.ts";
import type { TaskEvent } from "../../../node/core/record/task-events.ts";
import { auditOf } from "../../support/history/audit-of.ts";
import { buildHistory, type History, type HistoryOptions } from "../../support/history/history-builder.ts";
import type { EventName } from "../../support/history/tamper.ts";
import { maskedRules } from "../../support/states/plain-rules.ts";

/**
 * Fields that no hash and no other event binds, so that an endpoint could change them unseen (docs/audit.md, "What the
 * record does not bind").
 */
const unbound: Readonly<Partial<Record<EventName, readonly string[]>>> = {
  TaskCreated: ["creator"],
};

const gweiOfEther = 10 ** 9;
const wrong = (honest: Int32Array) => honest.with(200, honest[200]! + 1);

/** Every kind of event, in tasks of all kinds. */
const tasks: Readonly<Record<string, HistoryOptions>> = {
  plain: {
    members: 5,
    rounds: 7,
    aggregators: 3,
    rules: { participationBps: 6000, drawDelayBlocks: 4, statementRequired: true },
    scripts: {
      1: { record: [{ member: 2, kind: 1, hash: `0x${"ab".repeat(32)}` as Bytes32 }] },
      2: { silentAggregators: 1 },
      3: { commits: 1, resume: [2] },
      4: { rejectedProposal: true },
      5: { end: "no-draw", leave: [1], aggregatorsLeave: [2] },
      6: { end: "no-proposal" },
    },
  },
  bonded: {
    members: 8,
    rounds: 6,
    inputs: 299,
    aggregators: 5,
    rules: {
      rule: "coordinate-median",
      aggregatorBondGwei: gweiOfEther,
      participantBondGwei: 2 * gweiOfEther,
      attempts: 3,
    },
    scripts: {
      1: { struckProposal: "wrong" },
      2: {
        update: (member, honest) => (member === 3 ? honest.fill(100_001) : honest),
        exclude: [3],
        expel: { member: 3, kind: "invalid-update" },
      },
      3: { model: wrong, attesters: (all) => all.slice(0, 4) },
      5: { end: "proposed", commits: 7, strike: { round: 3, kind: "wrong-chunk" } },
    },
  },
  // the dearest to recompute, so of the fewest members that may lose two
  masked: {
    members: 5,
    rounds: 4,
    inputs: 299,
    aggregators: 3,
    rules: { ...maskedRules, maxUpdates: 5, aggregatorBondGwei: gweiOfEther },
    scripts: { 1: { keyed: 5, commits: 4 }, 2: { keyed: 2 }, 3: { struckProposal: "wrong" }, 4: { keyed: 4 } },
  },
};

for (const [kind, options] of Object.entries(tasks)) {
  describe(`a random change of a single event of a ${kind} task`, () => changesAreFound(options));
}

function changesAreFound(options: HistoryOptions): void {
  let history: History;
  before(async () => {
    history = await buildHistory(options);
    const report = await auditOf(history);
    expect(report.findings).to.deep.equal([]);
    expect(report.exitCode).to.equal(0);
  });

  it("is never reported as fine, nor as anybody's violation: who told the events may have made it up", async () => {
    const targets = history.events.flatMap((event, at) =>
      fieldsOf(event)
        .filter((field) => !unbound[event.name]?.includes(field.split(".")[0]!))
        .map((field) => ({ at, field })),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...targets), fc.integer({ min: 1, max: 1 << 20 }), async ({ at, field }, by) => {
        const events = history.events.map((event, i) => (i === at ? changed(event, field, by) : event));
        const report = await auditOf({ ...history, events });
        expect(report.exitCode, `${events[at]!.name}.${field}`).to.equal(4);
        expect(report.findings.filter(({ party }) => party).map(({ code }) => code)).to.deep.equal([]);
      }),
      { numRuns: 300 },
    );
  });

  it("nor is a lost, a doubled or a swapped one", async () => {
    for (let at = 0; at < history.events.length; at++) {
      const { name } = history.events[at]!;
      const lost = history.events.toSpliced(at, 1);
      if (name === "TaskCreated") expect(() => checkRecord({ ...history, events: lost })).to.throw();
      else {
        const { exitCode } = await auditOf({ ...history, events: lost });
        expect(exitCode, `lost ${name}`).to.equal(4);
      }
      const doubled = history.events.toSpliced(at, 0, history.events[at]!);
      expect((await auditOf({ ...history, events: doubled })).exitCode, `doubled ${name}`).to.equal(4);
      const next = history.events[at + 1];
      if (next) {
        const swapped = history.events.toSpliced(at, 2, next, history.events[at]!);
        expect((await auditOf({ ...history, events: swapped })).exitCode, `${name} and ${next.name}`).to.equal(4);
      }
    }
  });
}

/** Fields of an event that say something, nested ones with a dot; not its position. */
function fieldsOf(event: TaskEvent): string[] {
  const position = [
    "name",
    "blockNumber",
    "blockHash",
    "logIndex",
    "transactionHash",
    "sender",
    "gasUsed",
    "timestampS",
  ];
  return Object.entries(event).flatMap(([name, value]) => {
    if (position.includes(name)) return [];
    if (Array.isArray(value)) return value.map((_, i) => `${name}.${i}`);
    return typeof value === "object" && value ? Object.keys(value).map((inner) => `${name}.${inner}`) : [name];
  });
}

function changed(event: TaskEvent, field: string, by: number): TaskEvent {
  const [outer, inner] = field.split(".") as [string, string?];
  const fields = event as unknown as Record<string, unknown>;
  const value = fields[outer];
  const next = Array.isArray(value)
    ? value.map((each, i) => (i === Number(inner) ? other(each, by) : each))
    : inner
      ? { ...(value as object), [inner]: other((value as Record<string, unknown>)[inner], by) }
      : other(value, by);
  return { ...event, [outer]: next } as TaskEvent;
}

function other(value: unknown, by: number): unknown {
  if (Array.isArray(value)) return [...value, `entry ${by}`];
  if (typeof value === "boolean") return !value;
  if (typeof value === "number") return value + by;
  if (typeof value === "bigint") return value + BigInt(by);
  const text = String(value);
  if (!text.startsWith("0x")) return wordsInstead[text] ?? `${text} `;
  if (text === "0x") return "0x00";
  const at = 2 + (by % (text.length - 2));
  return text.slice(0, at) + (text[at] === "0" ? "1" : "0") + text.slice(at + 1);
}

/** Another word of the same kind, where there is one. */
const wordsInstead: Readonly<Record<string, string>> = {
  "weighted-mean": "trimmed-mean",
  "coordinate-median": "weighted-mean",
  transparent: "masked",
  masked: "encrypted",
  "no-proposal": "not-attested",
  "not-attested": "no-proposal",
  "too-few-updates": "no-proposal",
  "no-draw": "too-few-updates",
  "rolled-back": "proven-wrong",
  "wrong-chunk": "invalid-update",
  "invalid-update": "equivocation",
};
