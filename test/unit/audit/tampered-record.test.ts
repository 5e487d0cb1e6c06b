import { expect } from "chai";
import { checkRecord, renderReport, type StoredState } from "../../../node/audit/index.ts";
import { checkTask } from "../../../node/audit/verdict/check-task.ts";
import type { Bytes32 } from "../../../node/core/ids.ts";
import type { TaskEvent } from "../../../node/core/record/task-events.ts";
import type { TaskRules } from "../../../node/core/records.ts";
import { leastBondWei } from "../../../node/core/task/least-bond.ts";
import { zeroBytes32 } from "../../../node/core/words/commitment.ts";
import { auditOf } from "../../support/history/audit-of.ts";
import { accountOf, buildHistory } from "../../support/history/history-builder.ts";
import { type Change, foundIn, ruling, tampered } from "../../support/history/tamper.ts";

const otherHash = `0x${"77".repeat(32)}` as Bytes32;

describe("the audit of a record with more than one event wrong, or of another task", () => {
  it("two commitments by one participant", async () => {
    const history = await buildHistory();
    const again = history.events.find((event) => event.name === "Committed" && event.round === 2)!;
    const events = history.events.flatMap((event) => (event === again ? [event, event] : [event]));
    const codes = foundIn({ ...history, events }).map(({ code, round, party }) => [code, round, party]);
    expect(codes).to.deep.include(["COMMITTED_TWICE", 2, history.members[0]]);
  });

  it("a commitment after its participant asked to leave, and one by a participant not drawn", async () => {
    const rules = { participationBps: 5000, drawDelayBlocks: 4 };
    const history = await buildHistory({ members: 6, rules, detail: false });
    const commitment = history.events.find((event) => event.name === "Committed" && event.round === 2)!;
    if (commitment.name !== "Committed") expect.fail();
    const leaving = { ...commitment, name: "Leaving", account: commitment.participant } as unknown as TaskEvent;
    const early = history.events.flatMap((event) => (event === commitment ? [leaving, event] : [event]));
    expect(foundIn({ ...history, events: early }).map(({ code, party }) => [code, party])).to.deep.include([
      "PARTICIPANT_NOT_ENROLLED",
      commitment.participant,
    ]);
    const drawn = new Set(checkRecord(history).rounds[1]!.members);
    const undrawn = history.members.find((member) => !drawn.has(member))!;
    const codes = foundIn(tampered(history, "Committed", 2, () => ({ participant: undrawn }))).map(
      ({ code, party }) => [code, party],
    );
    expect(codes).to.deep.include(["PARTICIPANT_NOT_DRAWN", undrawn]);
  });

  it("a participant who goes beyond its budget, a round too many, a round with too few updates", async () => {
    const history = await buildHistory({ members: 2, rounds: 3 });
    const codes = (changed: object) =>
      foundIn(tampered(history, "TaskCreated", 0, ruling(changed))).map(({ code, round, party }) => [
        code,
        round,
        party,
      ]);
    expect(codes({ roundsPerParticipant: 2 })).to.deep.include(["BUDGET_EXCEEDED", 3, history.members[1]]);
    expect(codes({ rounds: 2 })).to.deep.include(["PHASE_ORDER", 3, undefined]);
    expect(codes({ minUpdates: 3 })).to.deep.include(["TOO_FEW_UPDATES", 2, undefined]);
  });

  it("the contract's storage against the events, field by field: under one head there is one model", async () => {
    const history = await buildHistory();
    const changes: readonly (readonly [Partial<StoredState>, string])[] = [
      [{ round: 2 }, "violation"],
      [{ round: 4 }, "unchecked"],
      [{ modelRoot: otherHash }, "violation"],
      [{ accepted: 2 }, "violation"],
      [{ historyHead: otherHash }, "unchecked"],
    ];
    for (const [change, severity] of changes) {
      const findings = foundIn({ ...history, storedState: { ...history.storedState, ...change } });
      const told = findings.map(({ code, round, severity: of }) => [code, round, of]);
      expect(told).to.deep.equal([["STORAGE_MISMATCH", 3, severity]]);
      expect(findings[0]!.data.fields).to.equal(Object.keys(change)[0]);
    }
    const running = await buildHistory({ scripts: { 3: { end: "open" } } });
    const accumulator = { ...running.storedState, accumulator: otherHash };
    expect(
      foundIn({ ...running, storedState: accumulator }).map(({ code, severity }) => [code, severity]),
    ).to.deep.equal([["STORAGE_MISMATCH", "unchecked"]]);
  });

  it("storage that is ahead of the events: unchecked, as a later block or events kept back look the same", async () => {
    const history = await buildHistory({ scripts: { 3: { leave: [1] } } });
    const last = history.events.findIndex((event) => event.name === "RoundOpened" && event.round === 3);
    for (const kept of [last, last + 1, last + 5, history.events.length - 1]) {
      const findings = foundIn({ ...history, events: history.events.slice(0, kept) });
      expect(findings.map(({ code, severity }) => [code, severity])).to.deep.equal([["STORAGE_MISMATCH", "unchecked"]]);
    }
  });

  it("entries of members: statements, records, places, turns that were missed", async () => {
    const history = await buildHistory({
      ...{ members: 5, aggregators: 3, rounds: 4, rules: { statementRequired: true } },
      scripts: {
        1: { silentAggregators: 1, record: [{ member: 1, kind: 2, hash: otherHash }] },
        2: { leave: [1], aggregatorsLeave: [0], resume: [1] },
      },
    });
    const report = await auditOf(history);
    expect(report.findings).to.deep.equal([]);
    expect(report.statements).to.have.length(5);
    expect(report.recorded.map(({ author, kind, hash }) => [author, kind, hash])).to.deep.equal([
      [history.members[1], 2, otherHash],
    ]);
    const codes = (...change: Parameters<typeof tampered> extends [unknown, ...infer Rest] ? Rest : never) =>
      foundIn(tampered(history, ...change)).map(({ code }) => code);
    expect(codes("Enrolled", 0, () => ({ statement: otherHash }))).to.include("HISTORY_HEAD_WRONG");
    expect(codes("Enrolled", 0, () => ({ statement: zeroBytes32 }))).to.include("STATEMENT_MISSING");
    expect(codes("Joined", 0, () => ({ index: 3 }))).to.include("PARTICIPANT_NOT_ENROLLED");
    expect(codes("Recorded", 0, () => ({ kind: 1 }))).to.include("HISTORY_HEAD_WRONG");
    expect(codes("Resumed", 0, () => undefined)).to.include.members(["HISTORY_HEAD_WRONG"]);
    expect(codes("Resumed", 0, () => ({ aggregator: history.aggregators[0] }))).to.include("ASSIGNMENT_WRONG");
    expect(codes("Left", 0, () => undefined)).to.include.members(["DRAW_WRONG", "HISTORY_HEAD_WRONG"]);
    expect(codes("Left", 0, () => ({ account: history.members[2] }))).to.include("PARTICIPANT_NOT_ENROLLED");
    const page = renderReport(report, { chartScript: "", chartStyle: "", command: "" });
    expect(page).to.include("Statements and record").and.include("<td>incident</td>");
  });

  it("bonds that come back: once, whole, and in their time", async () => {
    const rules = { participantBondGwei: 10 ** 9 };
    const history = await buildHistory({ members: 5, rounds: 2, rules, scripts: { 1: { leave: [1] } } });
    const left = history.events.find((event) => event.name === "Left")!;
    const account = history.members[1]!;
    const released = (changes: object) => {
      const event = { ...history.events.at(-1)!, name: "BondReleased", account, amountWei: 10n ** 18n };
      const timestampS = left.timestampS! + 3601;
      const at = { logIndex: event.logIndex + 1, timestampS };
      return foundIn({ ...history, events: [...history.events, { ...event, ...at, ...changes } as TaskEvent] });
    };
    expect(released({})).to.deep.equal([]);
    for (const change of [
      { timestampS: left.timestampS! + 3600 },
      { amountWei: 1n },
      { account: history.members[2] },
      { account: accountOf("stranger") },
    ]) {
      expect(
        released(change).map(({ code }) => code),
        Object.keys(change)[0],
      ).to.deep.equal(["BOND_WRONG"]);
    }
  });

  it("a history that belongs to another chain or another federation", async () => {
    const history = await buildHistory();
    for (const elsewhere of [{ chainId: 1 }, { federation: accountOf("elsewhere") }]) {
      const codes = foundIn({ ...history, ...elsewhere }).map(({ code }) => code);
      expect(codes).to.include.members(["ACCUMULATOR_WRONG", "HISTORY_HEAD_WRONG"]);
    }
  });

  it("the task itself: rules, specification, initial model", async () => {
    const history = await buildHistory({ rounds: 1 });
    const codes = async (change: Change) => {
      const told = tampered(history, "TaskCreated", 0, change);
      // who tells of a creation that the stored head is not of may have made it up: the creator is not named for it
      const report = await auditOf(told);
      expect(report.exitCode).to.equal(4);
      expect(report.findings.filter(({ party }) => party !== undefined)).to.deep.equal([]);
      const created = told.events.find((event) => event.name === "TaskCreated")!;
      const { findings } = checkTask(created);
      expect(report.findings.map(({ code }) => code)).to.include.members(findings.map(({ code }) => code));
      return findings.map(({ code, party }) => [code, party]);
    };
    const creator = accountOf("creator");
    expect(await codes(ruling({ fractionBits: 31 }))).to.deep.equal([["RULES_INVALID", creator]]);
    expect(await codes(ruling({ clipLanes: 2 ** 31 - 1, maxWeight: 2 ** 20 }))).to.deep.equal([
      ["RULES_INVALID", creator],
    ]);
    for (const rules of [
      { trim: 1 },
      { rule: "trimmed-mean" },
      { aggregatorBondGwei: 1 },
      { thresholdPercent: 67 },
      { keyWindowS: 1 },
      { attestationQuorum: 3 },
      { attestWindowS: 0 },
      { challengeWindowS: 59 },
      { drawDelayBlocks: 3 },
      { participationBps: 5000 },
      { aggregatorBondGwei: 10 ** 9, challengeWindowS: 3599 },
      { aggregatorBondGwei: 10 ** 9, challengeWindowS: 14 * 24 * 3600 + 1 },
      { participantBondGwei: 10 ** 9, commitWindowS: 14 * 24 * 3600 },
    ] as const) {
      expect(await codes(ruling(rules)), JSON.stringify(rules)).to.deep.equal([["RULES_INVALID", creator]]);
    }
    expect(await codes(() => ({ spec: "{}" }))).to.deep.equal([["SPEC_INVALID", creator]]);
    expect(await codes(({ spec }: { spec: string }) => ({ spec: `${spec} ` }))).to.deep.equal([
      ["SPEC_INVALID", creator],
    ]);
    expect(await codes(ruling({ parameterCount: 150 }))).to.deep.equal([["SPEC_INVALID", creator]]);
    expect(await codes(() => ({ modelRoot: otherHash }))).to.deep.equal([["INITIAL_MODEL_WRONG", creator]]);
    expect(
      await codes(({ spec }: { spec: string }) => ({ spec: spec.replace('"initialSeed":7', '"initialSeed":8') })),
    ).to.deep.equal([["INITIAL_MODEL_WRONG", creator]]);
  });

  it("an encrypted task whose updates fit into no blob: unchecked, never verified", async () => {
    const history = await buildHistory({ rounds: 1 });
    const rules = {
      mode: "encrypted",
      keyWindowS: 1,
      parameterCount: 2 ** 29,
      clipLanes: 100,
      maxWeight: 100,
    } as const;
    const report = await auditOf(tampered(history, "TaskCreated", 0, ruling(rules)));
    const ofTask = report.findings.filter(({ round, code }) => round === 0 && code.startsWith("RULE_"));
    expect(ofTask.map(({ code, severity }) => [code, severity])).to.deep.equal([["RULE_UNSUPPORTED", "unchecked"]]);
    expect(report.rounds[0]!.verdict).not.to.equal("verified");
  });

  it("a masked task's bond that does not cover the masks of a proof", async () => {
    const masked = { mode: "masked", thresholdPercent: 67, keyWindowS: 1, maxUpdates: 6, minUpdates: 3 } as const;
    const history = await buildHistory({ rounds: 1, rules: { ...masked, clipLanes: 20_000, maxWeight: 100 } });
    const { rules } = history.events.find((event) => event.name === "TaskCreated") as { rules: TaskRules };
    const leastGwei = Number(leastBondWei(rules) / 10n ** 9n);
    for (const [aggregatorBondGwei, isWrong] of [
      [leastGwei - 1, true],
      [leastGwei, false],
    ] as const) {
      const report = await auditOf(tampered(history, "TaskCreated", 0, ruling({ aggregatorBondGwei })));
      expect(report.findings.some(({ code }) => code === "RULES_INVALID")).to.equal(isWrong);
    }
  });

  it("no creation at all: INVALID_HISTORY", async () => {
    const history = await buildHistory({ rounds: 1 });
    expect(() => checkRecord({ ...history, events: history.events.slice(1) }))
      .to.throw()
      .with.property("code", "INVALID_HISTORY");
  });
});
