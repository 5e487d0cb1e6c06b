import { expect } from "chai";
import fc from "fast-check";
import { checkRecord, type FindingCode, type StoredState } from "../../../node/audit/index.ts";
import type { Bytes32 } from "../../../node/core/ids.ts";
import type { TaskEvent } from "../../../node/core/records.ts";
import { auditOf } from "../../support/audit-of.ts";
import { accountOf, buildHistory, type History, type HistoryOptions } from "../../support/history-builder.ts";

type EventName = TaskEvent["name"];
/** The changed fields of one event; `undefined` for its removal. */
type Change = (event: never, history: History) => object | undefined;

const otherHash = `0x${"77".repeat(32)}` as Bytes32;

/** The history with one event of a round changed: the `nth` of that name. */
function tampered(history: History, name: EventName, round: number, change: Change, nth = 0): History {
  const targets = history.events.filter(
    (event) => event.name === name && (!("round" in event) || event.round === round),
  );
  const target = targets[nth];
  if (!target) expect.fail(`no ${name} in round ${round}`);
  const fields = change(target as never, history);
  const events = fields
    ? history.events.map((event) => (event === target ? ({ ...event, ...fields } as TaskEvent) : event))
    : history.events.filter((event) => event !== target);
  return { ...history, events };
}

/** Codes found by the record's check, with the round and the party of each. */
function found(history: History) {
  const { rounds, findings } = checkRecord(history);
  return [...findings, ...rounds.flatMap((round) => round.findings)];
}

describe("the audit of a record that does not follow from itself", () => {
  const cases: readonly {
    readonly what: string;
    readonly code: FindingCode;
    readonly event: EventName;
    readonly change: Change;
    readonly options?: HistoryOptions;
    readonly nth?: number;
    readonly party?: (history: History) => string;
    /** Findings beside the cause; none by default. */
    readonly beside?: readonly FindingCode[];
  }[] = [
    { what: "a round's number", code: "PHASE_ORDER", event: "RoundOpened", change: () => ({ round: 3 }) },
    {
      what: "a missing closing",
      code: "PHASE_ORDER",
      event: "RoundClosed",
      change: () => undefined,
    },
    { what: "another task's event", code: "PHASE_ORDER", event: "Proposed", change: () => ({ taskId: 2 }) },
    {
      what: "another base model",
      code: "BASE_MODEL_WRONG",
      event: "RoundOpened",
      change: () => ({ baseModelRoot: otherHash }),
      beside: ["ACCUMULATOR_WRONG", "HISTORY_HEAD_WRONG"],
    },
    {
      what: "another size of the draw",
      code: "DRAW_WRONG",
      event: "RoundOpened",
      change: () => ({ drawn: 3 }),
      beside: ["ACCUMULATOR_WRONG"],
      options: { members: 4 },
    },
    {
      what: "another number of places",
      code: "DRAW_WRONG",
      event: "RoundOpened",
      change: () => ({ enrolled: 5 }),
      beside: ["ACCUMULATOR_WRONG"],
    },
    {
      what: "another slot",
      code: "DRAW_WRONG",
      event: "Committed",
      change: () => ({ slot: 60 }),
      party: ({ members }) => members[0]!,
      beside: ["COMMITTED_SET_WRONG", "ACCUMULATOR_WRONG"],
    },
    {
      what: "another deadline for commitments",
      code: "DEADLINE_WRONG",
      event: "RoundOpened",
      change: ({ commitDeadlineS }: { commitDeadlineS: number }) => ({ commitDeadlineS: commitDeadlineS + 1 }),
    },
    {
      what: "another deadline of an aggregator",
      code: "DEADLINE_WRONG",
      event: "AggregatorAssigned",
      change: ({ deadlineS }: { deadlineS: number }) => ({ deadlineS: deadlineS + 1 }),
    },
    {
      what: "another end of the challenge window",
      code: "DEADLINE_WRONG",
      event: "Proposed",
      change: ({ challengeDeadlineS }: { challengeDeadlineS: number }) => ({
        challengeDeadlineS: challengeDeadlineS + 1,
      }),
    },
    {
      what: "a late commitment",
      code: "COMMITMENT_LATE",
      event: "Committed",
      change: ({ timestampS }: { timestampS: number }) => ({ timestampS: timestampS + 100 }),
      party: ({ members }) => members[0]!,
    },
    {
      what: "a late proposal",
      code: "PROPOSAL_LATE",
      event: "Proposed",
      change: ({ timestampS, challengeDeadlineS }: { timestampS: number; challengeDeadlineS: number }) => ({
        timestampS: timestampS + 100,
        challengeDeadlineS: challengeDeadlineS + 100,
      }),
      party: ({ aggregators }) => aggregators[0]!,
    },
    {
      what: "a closing before its time",
      code: "STEP_TOO_EARLY",
      event: "RoundClosed",
      change: ({ timestampS }: { timestampS: number }) => ({ timestampS: timestampS - 61 }),
      options: { scripts: { 2: { commits: 3 } } },
    },
    {
      what: "a result before the window has passed",
      code: "STEP_TOO_EARLY",
      event: "RoundFinalized",
      change: ({ timestampS }: { timestampS: number }) => ({ timestampS: timestampS - 1 }),
      options: { scripts: { 2: { end: "unchallenged" } } },
    },
    {
      what: "a reassignment before its time",
      code: "STEP_TOO_EARLY",
      event: "AggregatorAssigned",
      change: ({ timestampS, deadlineS }: { timestampS: number; deadlineS: number }) => ({
        timestampS: timestampS - 1,
        deadlineS: deadlineS - 1,
      }),
      nth: 1,
      options: { scripts: { 2: { silentAggregators: 1 } } },
    },
    {
      what: "an invalidation before its time",
      code: "STEP_TOO_EARLY",
      event: "RoundInvalidated",
      change: ({ timestampS }: { timestampS: number }) => ({ timestampS: timestampS - 1 }),
      options: { scripts: { 2: { end: "no-proposal", silentAggregators: 1 } } },
    },
    {
      what: "an invalidation for too few updates before its time",
      code: "STEP_TOO_EARLY",
      event: "RoundInvalidated",
      change: ({ timestampS }: { timestampS: number }) => ({ timestampS: timestampS - 2 }),
      options: { scripts: { 2: { commits: 1 } } },
    },
    {
      what: "another weight",
      code: "ACCUMULATOR_WRONG",
      event: "Committed",
      change: () => ({ weight: 9 }),
      beside: ["TOTAL_WEIGHT_WRONG", "TOTAL_WEIGHT_WRONG"],
    },
    {
      what: "another update",
      code: "ACCUMULATOR_WRONG",
      event: "Committed",
      change: () => ({ updateRoot: otherHash }),
    },
    {
      what: "another content id",
      code: "ACCUMULATOR_WRONG",
      event: "Committed",
      change: () => ({ contentId: otherHash }),
    },
    {
      what: "another accumulator at the closing",
      code: "ACCUMULATOR_WRONG",
      event: "RoundClosed",
      change: () => ({ accumulator: otherHash }),
    },
    {
      what: "another accumulator at the opening",
      code: "ACCUMULATOR_WRONG",
      event: "RoundOpened",
      change: () => ({ accumulator: otherHash }),
    },
    {
      what: "another seed",
      code: "ACCUMULATOR_WRONG",
      event: "RoundOpened",
      change: ({ seed }: { seed: bigint }) => ({ seed: seed ^ 1n }),
    },
    {
      what: "another set at the closing",
      code: "COMMITTED_SET_WRONG",
      event: "RoundClosed",
      change: () => ({ committed: 7n }),
    },
    {
      what: "another total weight at the closing",
      code: "TOTAL_WEIGHT_WRONG",
      event: "RoundClosed",
      change: () => ({ totalWeight: 11n }),
    },
    {
      what: "another total weight in the proposal",
      code: "TOTAL_WEIGHT_WRONG",
      event: "Proposed",
      change: ({ proposal }: { proposal: object }) => ({ proposal: { ...proposal, totalWeight: 11n } }),
      party: ({ aggregators }) => aggregators[0]!,
      beside: ["HISTORY_HEAD_WRONG"],
    },
    {
      what: "an exclusion of what was never committed",
      code: "EXCLUSION_INVALID",
      event: "Proposed",
      change: ({ proposal }: { proposal: object }) => ({ proposal: { ...proposal, excluded: 1n << 40n } }),
      party: ({ aggregators }) => aggregators[0]!,
      beside: ["HISTORY_HEAD_WRONG"],
    },
    {
      what: "another attempt",
      code: "ASSIGNMENT_WRONG",
      event: "AggregatorAssigned",
      change: () => ({ attempt: 1 }),
      beside: ["PROPOSER_NOT_ASSIGNED"],
    },
    {
      what: "another aggregator in the assignment",
      code: "PROPOSER_NOT_ASSIGNED",
      event: "AggregatorAssigned",
      change: () => ({ aggregator: accountOf("stranger") }),
      party: ({ aggregators }) => aggregators[0]!,
    },
    {
      what: "another aggregator in the proposal",
      code: "PROPOSER_NOT_ASSIGNED",
      event: "Proposed",
      change: ({ proposal }: { proposal: object }) => ({
        proposal: { ...proposal, aggregator: accountOf("stranger") },
      }),
      party: () => accountOf("stranger"),
      beside: ["HISTORY_HEAD_WRONG"],
    },
    {
      what: "another model in the proposal",
      code: "RESULT_NOT_PROPOSED",
      event: "Proposed",
      change: ({ proposal }: { proposal: object }) => ({ proposal: { ...proposal, modelRoot: otherHash } }),
      beside: ["HISTORY_HEAD_WRONG"],
    },
    {
      what: "another final model",
      code: "RESULT_NOT_PROPOSED",
      event: "RoundFinalized",
      change: () => ({ modelRoot: otherHash }),
    },
    {
      what: "too few attesters",
      code: "QUORUM_NOT_REACHED",
      event: "RoundFinalized",
      change: ({ attesters, evaluations }: { attesters: string[]; evaluations: object[] }) => ({
        attesters: attesters.slice(0, 1),
        evaluations: evaluations.slice(0, 1),
      }),
    },
    {
      what: "attesters without evaluations",
      code: "QUORUM_NOT_REACHED",
      event: "RoundFinalized",
      change: () => ({ evaluations: [] }),
    },
    {
      what: "one attester twice",
      code: "QUORUM_NOT_REACHED",
      event: "RoundFinalized",
      change: ({ attesters }: { attesters: string[] }) => ({
        attesters: [attesters[0], attesters[0], attesters[1], attesters[2]],
      }),
    },
    {
      what: "an exclusion that nobody attested to",
      code: "QUORUM_NOT_REACHED",
      event: "RoundFinalized",
      change: () => ({ attesters: [], evaluations: [] }),
      options: { detail: false, scripts: { 2: { exclude: [0] } } },
    },
    {
      what: "an attester from outside",
      code: "ATTESTER_NOT_ENROLLED",
      event: "RoundFinalized",
      change: ({ attesters }: { attesters: string[] }) => ({
        attesters: [...attesters.slice(0, 3), `0x${"ff".repeat(20)}`],
      }),
      party: () => `0x${"ff".repeat(20)}`,
    },
    {
      what: "another reason of an invalidation",
      code: "INVALIDATION_WRONG",
      event: "RoundInvalidated",
      change: () => ({ reason: "no-proposal" }),
      options: { scripts: { 2: { commits: 1 } } },
      beside: ["HISTORY_HEAD_WRONG"],
    },
    {
      what: "another head of the history",
      code: "HISTORY_HEAD_WRONG",
      event: "RoundFinalized",
      change: () => ({ historyHead: otherHash }),
    },
    {
      what: "another head at an invalidation",
      code: "HISTORY_HEAD_WRONG",
      event: "RoundInvalidated",
      change: () => ({ historyHead: otherHash }),
      options: { scripts: { 2: { commits: 1 } } },
    },
    {
      what: "a participant who was never enrolled",
      code: "PARTICIPANT_NOT_ENROLLED",
      event: "Committed",
      change: () => ({ participant: accountOf("stranger") }),
      party: () => accountOf("stranger"),
      beside: ["ACCUMULATOR_WRONG"],
    },
  ];

  for (const { what, code, event, change, options = {}, nth, party, beside = [] } of cases) {
    it(`${what}: ${code}`, async () => {
      const history = await buildHistory(options);
      expect(found(history)).to.deep.equal([]);
      const findings = found(tampered(history, event, 2, change, nth));
      const [cause] = findings.filter((finding) => finding.code === code);
      expect(cause, findings.map((finding) => finding.code).join(" ")).to.include({
        severity: "violation",
        round: 2,
        taskId: 1,
      });
      if (party) expect(cause!.party).to.equal(party(history));
      expect(findings.every(({ round }) => round === 2)).to.equal(true);
      expect(findings.map((finding) => finding.code).sort()).to.deep.equal([...beside, code].sort());
    });
  }

  it("two commitments by one participant", async () => {
    const history = await buildHistory();
    const again = history.events.find((event) => event.name === "Committed" && event.round === 2)!;
    const events = history.events.flatMap((event) => (event === again ? [event, event] : [event]));
    const codes = found({ ...history, events }).map(({ code, round, party }) => [code, round, party]);
    expect(codes).to.deep.include(["COMMITTED_TWICE", 2, history.members[0]]);
  });

  it("a commitment after its participant asked to leave, and one by a participant not drawn", async () => {
    const history = await buildHistory({ members: 6, rules: { participationBps: 5000 }, detail: false });
    const commitment = history.events.find((event) => event.name === "Committed" && event.round === 2)!;
    if (commitment.name !== "Committed") expect.fail();
    const leaving: TaskEvent = { ...commitment, name: "Leaving" } as TaskEvent;
    const early = history.events.flatMap((event) => (event === commitment ? [leaving, event] : [event]));
    expect(found({ ...history, events: early }).map(({ code, party }) => [code, party])).to.deep.include([
      "PARTICIPANT_NOT_ENROLLED",
      commitment.participant,
    ]);
    const drawn = new Set(checkRecord(history).rounds[1]!.drawn);
    const undrawn = history.members.find((member) => !drawn.has(member))!;
    const codes = found(tampered(history, "Committed", 2, () => ({ participant: undrawn }))).map(({ code, party }) => [
      code,
      party,
    ]);
    expect(codes).to.deep.include(["PARTICIPANT_NOT_DRAWN", undrawn]);
  });

  it("a participant who goes beyond its budget, a round too many, a round with too few updates", async () => {
    const history = await buildHistory({ members: 2, rounds: 3 });
    const rules = (changed: object) =>
      tampered(history, "TaskCreated", 0, ({ rules: all }: { rules: object }) => ({ rules: { ...all, ...changed } }));
    const codes = (changed: object) => found(rules(changed)).map(({ code, round, party }) => [code, round, party]);
    expect(codes({ roundsPerParticipant: 2 })).to.deep.include(["BUDGET_EXCEEDED", 3, history.members[1]]);
    expect(codes({ rounds: 2 })).to.deep.include(["PHASE_ORDER", 3, undefined]);
    expect(codes({ minUpdates: 3 })).to.deep.include(["TOO_FEW_UPDATES", 2, undefined]);
  });

  it("the contract's storage against the events, field by field", async () => {
    const history = await buildHistory();
    const changes: Partial<StoredState>[] = [
      { round: 2 },
      { modelRoot: otherHash },
      { accumulator: otherHash },
      { historyHead: otherHash },
    ];
    for (const change of changes) {
      const findings = found({ ...history, storedState: { ...history.storedState, ...change } });
      expect(findings.map(({ code, round }) => [code, round])).to.deep.equal([["STORAGE_MISMATCH", 3]]);
      expect(findings[0]!.data.fields).to.equal(Object.keys(change)[0]);
    }
  });

  it("a history that belongs to another chain or another federation", async () => {
    const history = await buildHistory();
    for (const elsewhere of [{ chainId: 1 }, { federation: accountOf("elsewhere") }]) {
      const codes = found({ ...history, ...elsewhere }).map(({ code }) => code);
      expect(codes).to.include.members(["ACCUMULATOR_WRONG", "HISTORY_HEAD_WRONG"]);
    }
  });

  it("the task itself: rules, specification, initial model", async () => {
    const history = await buildHistory({ rounds: 1 });
    const codes = async (change: Change) => {
      const report = await auditOf(tampered(history, "TaskCreated", 0, change));
      expect(report.exitCode).to.equal(3);
      return report.findings.filter(({ round }) => round === 0).map(({ code, party }) => [code, party]);
    };
    const creator = accountOf("creator");
    expect(await codes(({ rules }: { rules: object }) => ({ rules: { ...rules, fractionBits: 31 } }))).to.deep.equal([
      ["RULES_INVALID", creator],
    ]);
    expect(
      await codes(({ rules }: { rules: object }) => ({
        rules: { ...rules, clipLanes: 2 ** 31 - 1, maxWeight: 2 ** 20 },
      })),
    ).to.deep.equal([["RULES_INVALID", creator]]);
    expect(await codes(() => ({ spec: "{}" }))).to.deep.equal([["SPEC_INVALID", creator]]);
    expect(await codes(({ spec }: { spec: string }) => ({ spec: `${spec} ` }))).to.deep.equal([
      ["SPEC_INVALID", creator],
    ]);
    expect(await codes(({ rules }: { rules: object }) => ({ rules: { ...rules, parameterCount: 150 } }))).to.deep.equal(
      [["SPEC_INVALID", creator]],
    );
    expect(await codes(() => ({ modelRoot: otherHash }))).to.deep.equal([["INITIAL_MODEL_WRONG", creator]]);
    expect(
      await codes(({ spec }: { spec: string }) => ({ spec: spec.replace('"initialSeed":7', '"initialSeed":8') })),
    ).to.deep.equal([["INITIAL_MODEL_WRONG", creator]]);
  });

  it("a rule this version does not compute: unchecked, never verified", async () => {
    const history = await buildHistory({ rounds: 1, rules: { rule: "trimmed-mean" } });
    const report = await auditOf(history);
    expect(report.findings.map(({ code, severity }) => [code, severity])).to.deep.equal([
      ["RULE_UNSUPPORTED", "unchecked"],
    ]);
    expect(report.rounds[0]!.verdict).to.equal("unchecked");
    expect(report.exitCode).to.equal(4);
  });

  it("no creation at all: INVALID_HISTORY", async () => {
    const history = await buildHistory({ rounds: 1 });
    expect(() => checkRecord({ ...history, events: history.events.slice(1) }))
      .to.throw()
      .with.property("code", "INVALID_HISTORY");
  });
});

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
      else expect((await auditOf({ ...history, events: lost })).exitCode, `lost ${name}`).to.equal(3);
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
