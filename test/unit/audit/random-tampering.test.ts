import { expect } from "chai";
import fc from "fast-check";
import { checkRecord } from "../../../node/audit/index.ts";
import type { TaskEvent } from "../../../node/core/records.ts";
import { auditOf } from "../../support/audit-of.ts";
import { buildHistory, type History } from "../../support/history-builder.ts";
import type { EventName } from "../../support/tamper.ts";

/**
 * Fields that no hash and no other event binds, so that an endpoint could change them unseen (docs/audit.md, "What the
 * record does not bind").
 */
const unbound: Readonly<Partial<Record<EventName, readonly string[]>>> = {
  TaskCreated: ["creator"],
};

/** Whether an event is an assignment that no proposal answered: only the next one follows from it. */
function unanswered(events: readonly TaskEvent[], at: number): boolean {
  return events[at]!.name === "AggregatorAssigned" && events[at + 1]?.name === "AggregatorAssigned";
}

describe("a random change of a single event", () => {
  let history: History;
  before(async () => {
    history = await buildHistory({
      members: 5,
      rounds: 5,
      rules: { participationBps: 6000 },
      scripts: { 2: { silentAggregators: 1 }, 3: { commits: 1 }, 4: { leave: [1], end: "unchallenged" } },
    });
    expect((await auditOf(history)).exitCode).to.equal(0);
  });

  it("is never reported as fine", async () => {
    const targets = history.events
      .flatMap((event, at) =>
        fieldsOf(event)
          .filter((field) => !unbound[event.name]?.includes(field.split(".")[0]!))
          .map((field) => ({ at, field })),
      )
      .filter(({ at }) => !unanswered(history.events, at));
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
        expect(exitCode, `lost ${name}`).to.equal(at === history.events.length - 1 ? 4 : 3);
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
        if (!harmless(name, next.name)) expect(exitCode, `${name} and ${next.name} swapped`).to.equal(3);
      }
    }
  });
});

/** Enrolments and leaves may stand anywhere between two openings where nothing depends on them. */
function harmless(name: EventName, next: EventName): boolean {
  const loose: readonly EventName[] = ["Enrolled", "Leaving", "Left"];
  return loose.includes(name) || loose.includes(next);
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
    return typeof value === "object" && value ? Object.keys(value).map((inner) => `${name}.${inner}`) : [name];
  });
}

function changed(event: TaskEvent, field: string, by: number): TaskEvent {
  const [outer, inner] = field.split(".") as [string, string?];
  const fields = event as unknown as Record<string, unknown>;
  const value = fields[outer];
  const next = inner
    ? { ...(value as object), [inner]: other((value as Record<string, unknown>)[inner], by) }
    : other(value, by);
  return { ...event, [outer]: next } as TaskEvent;
}

function other(value: unknown, by: number): unknown {
  if (typeof value === "number") return value + by;
  if (typeof value === "bigint") return value + BigInt(by);
  const text = String(value);
  if (!text.startsWith("0x"))
    return text === "weighted-mean"
      ? "trimmed-mean"
      : text === "transparent"
        ? "masked"
        : text.length < 20
          ? text === "no-proposal"
            ? "not-attested"
            : "no-proposal"
          : `${text} `;
  const at = 2 + (by % (text.length - 2));
  return text.slice(0, at) + (text[at] === "0" ? "1" : "0") + text.slice(at + 1);
}
