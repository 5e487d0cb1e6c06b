import { expect } from "chai";
import fc from "fast-check";
import { checkRecord } from "../../../node/audit/index.ts";
import type { GivenWord } from "../../../node/core/records.ts";
import type { TaskEvent } from "../../../node/core/task-events.ts";
import { auditOf } from "../../support/audit-of.ts";
import { buildHistory, type History, type HistoryOptions } from "../../support/history-builder.ts";
import { maskedRules } from "../../support/plain-rules.ts";
import type { EventName } from "../../support/tamper.ts";

/**
 * Fields that no hash and no other event binds, so that an endpoint could change them unseen (docs/audit.md, "What the
 * record does not bind").
 */
const unbound: Readonly<Partial<Record<EventName, readonly string[]>>> = {
  TaskCreated: ["creator"],
  Challenged: ["chunkIndex"],
  Demanded: ["demander"],
  ChunkShown: ["shownBy"],
  NodesShown: ["shownBy"],
};

/** How a proposal fell: struck by a challenge, or with the one that its round was opened on; undefined where it stood. */
function fallOf(events: readonly TaskEvent[], at: number): "struck" | "with its ancestor" | undefined {
  const event = events[at]!;
  if (event.name !== "Proposed" && event.name !== "Opened") return undefined;
  const next = events.find(
    (each, i) =>
      i > at &&
      (each.name === "Challenged" || each.name === "RoundFinalized" || each.name === "RoundInvalidated") &&
      each.round === event.round,
  );
  if (next?.name === "Challenged") return "struck";
  return next?.name === "RoundInvalidated" && next.reason === "ancestor-invalid" ? "with its ancestor" : undefined;
}

/** Whether an event is an assignment that no proposal answered: only the next one follows from it. */
function unanswered(events: readonly TaskEvent[], at: number): boolean {
  return events[at]!.name === "AggregatorAssigned" && events[at + 1]?.name === "AggregatorAssigned";
}

const gweiOfEther = 10 ** 9;

/** Every kind of event, in tasks of all kinds: one round after the other, with bonds, and pipelined with words and demands. */
const tasks: Readonly<Record<string, HistoryOptions>> = {
  plain: {
    members: 5,
    rounds: 5,
    rules: { participationBps: 6000 },
    scripts: { 2: { silentAggregators: 1 }, 3: { commits: 1 }, 4: { leave: [1], end: "unchallenged" } },
  },
  bonded: {
    members: 5,
    rounds: 4,
    inputs: 299,
    rules: {
      rule: "coordinate-median",
      aggregatorBondGwei: gweiOfEther,
      participantBondGwei: 2 * gweiOfEther,
      attempts: 3,
    },
    scripts: {
      1: { refutedProposal: "wrong" },
      2: {
        update: (member, honest) => (member === 3 ? honest.fill(100_001) : honest),
        exclude: [3],
        report: { member: 3, kind: "invalid-update" },
      },
      3: { silentAggregators: 1, demand: "unanswered", end: "unchallenged" },
    },
  },
  masked: {
    members: 6,
    rounds: 4,
    inputs: 299,
    rules: { ...maskedRules, maxUpdates: 8, aggregatorBondGwei: gweiOfEther },
    scripts: {
      1: { keyed: 5, commits: 4 },
      2: { keyed: 2 },
      3: { refutedProposal: "wrong" },
      4: { commits: 5, end: "unchallenged" },
    },
  },
  pipelined: {
    members: 6,
    rounds: 5,
    inputs: 299,
    rules: {
      rule: "trimmed-mean",
      trim: 1,
      minUpdates: 4,
      holders: 2,
      pipelined: true,
      aggregatorBondGwei: gweiOfEther,
    },
    scripts: {
      1: { overlap: "attested" },
      2: { overlap: "struck", model: (honest) => honest.with(200, honest[200]! + 1) },
      4: { exclude: [2], demand: "answered", end: "unchallenged" },
    },
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

  it("is never reported as fine", async () => {
    const targets = history.events
      .flatMap((event, at) =>
        fieldsOf(event)
          .filter((field) => !unbound[event.name]?.includes(field.split(".")[0]!))
          .map((field) => ({ at, field })),
      )
      .filter(({ at }) => !unanswered(history.events, at))
      .filter(({ at, field }) => !/modelRoot|contentId|openings/.test(field) || !fallOf(history.events, at));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...targets), fc.integer({ min: 1, max: 1 << 20 }), async ({ at, field }, by) => {
        const events = history.events.map((event, i) => (i === at ? changed(event, field, by) : event));
        const report = await auditOf({ ...history, events });
        expect(report.exitCode, `${events[at]!.name}.${field}`).to.be.oneOf([3, 4]);
      }),
      { numRuns: 400 },
    );
  });

  it("nor is a lost, a doubled or a swapped one", async () => {
    for (let at = 0; at < history.events.length; at++) {
      const { name } = history.events[at]!;
      const lost = history.events.toSpliced(at, 1);
      if (name === "TaskCreated") expect(() => checkRecord({ ...history, events: lost })).to.throw();
      else {
        const { exitCode } = await auditOf({ ...history, events: lost });
        // Losing the very last one looks like storage that is ahead.
        const isForgotten = fallOf(history.events, at) === "with its ancestor";
        if (!isForgotten) expect(exitCode, `lost ${name}`).to.equal(at === history.events.length - 1 ? 4 : 3);
      }
      // Leaving and enrolling say the same when said twice.
      if (name !== "Enrolled" && name !== "Leaving") {
        const doubled = history.events.toSpliced(at, 0, history.events[at]!);
        expect((await auditOf({ ...history, events: doubled })).exitCode, `doubled ${name}`).to.equal(3);
      }
      const next = history.events[at + 1];
      if (next && name !== next.name) {
        const swapped = history.events.toSpliced(at, 2, next, history.events[at]!);
        const { exitCode } = await auditOf({ ...history, events: swapped });
        if (!harmless(history.events[at]!, next)) expect(exitCode, `${name} and ${next.name} swapped`).to.equal(3);
      }
    }
  });
}

/** Enrolments and leaves may stand anywhere between two openings where nothing depends on them. */
function harmless(event: TaskEvent, next: TaskEvent): boolean {
  const loose: readonly EventName[] = ["Enrolled", "Leaving", "Left"];
  /** What a bond of the same round has to stand before or behind. */
  const bound: readonly EventName[] = ["AggregatorAssigned", "RoundFinalized", "RoundInvalidated", "Challenged"];
  const isBond = ({ name }: TaskEvent) => name === "BondLocked" || name === "BondReleased";
  const sameRound = "round" in event && "round" in next && event.round === next.round;
  const isFree = (each: TaskEvent, other: TaskEvent) =>
    loose.includes(each.name) || (isBond(each) && !(sameRound && bound.includes(other.name)));
  return isFree(event, next) || isFree(next, event);
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
    if (position.includes(name) || name === "attesters" || name === "evaluations") return [];
    if (Array.isArray(value)) return value.map((_, i) => `${name}.${i}`);
    return typeof value === "object" && value ? Object.keys(value).map((inner) => `${name}.${inner}`) : [name];
  });
}

function changed(event: TaskEvent, field: string, by: number): TaskEvent {
  const [outer, inner] = field.split(".") as [string, string?];
  const fields = event as unknown as Record<string, unknown>;
  const value = fields[outer];
  const next = Array.isArray(value)
    ? value.map((each, i) => (i === Number(inner) ? otherWord(each, by) : each))
    : inner
      ? { ...(value as object), [inner]: other((value as Record<string, unknown>)[inner], by) }
      : other(value, by);
  return { ...event, [outer]: next } as TaskEvent;
}

/** A hash of a list, or a word on availability with its slots or its signature changed. */
function otherWord(value: unknown, by: number): unknown {
  if (typeof value !== "object" || value === null) return other(value, by);
  const { slots, signature } = value as GivenWord;
  return by % 2 === 0 ? { slots: other(slots, by), signature } : { slots, signature: other(signature, by) };
}

function other(value: unknown, by: number): unknown {
  if (typeof value === "boolean") return !value;
  if (typeof value === "number") return value + by;
  if (typeof value === "bigint") return value + BigInt(by);
  const text = String(value);
  if (!text.startsWith("0x")) return wordsInstead[text] ?? `${text} `;
  const at = 2 + (by % (text.length - 2));
  return text.slice(0, at) + (text[at] === "0" ? "1" : "0") + text.slice(at + 1);
}

/** Another word of the same kind, where there is one. */
const wordsInstead: Readonly<Record<string, string>> = {
  "weighted-mean": "trimmed-mean",
  "coordinate-median": "weighted-mean",
  "trimmed-mean": "coordinate-median",
  transparent: "masked",
  masked: "encrypted",
  "no-proposal": "not-attested",
  "too-few-updates": "no-proposal",
  "ancestor-invalid": "challenge-won",
  "wrong-chunk": "invalid-update",
  "invalid-update": "withheld",
  withheld: "wrong-chunk",
  "update-chunk": "model-nodes",
  "model-nodes": "update-chunk",
};
