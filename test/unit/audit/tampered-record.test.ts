import { expect } from "chai";
import { checkRecord, type StoredState } from "../../../node/audit/index.ts";
import type { Bytes32 } from "../../../node/core/ids.ts";
import type { TaskRules } from "../../../node/core/records.ts";
import type { TaskEvent } from "../../../node/core/task-events.ts";
import { auditOf } from "../../support/audit-of.ts";
import { accountOf, buildHistory } from "../../support/history-builder.ts";
import { type Change, foundIn, ruling, tampered } from "../../support/tamper.ts";

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
    const history = await buildHistory({ members: 6, rules: { participationBps: 5000 }, detail: false });
    const commitment = history.events.find((event) => event.name === "Committed" && event.round === 2)!;
    if (commitment.name !== "Committed") expect.fail();
    const leaving: TaskEvent = { ...commitment, name: "Leaving" } as TaskEvent;
    const early = history.events.flatMap((event) => (event === commitment ? [leaving, event] : [event]));
    expect(foundIn({ ...history, events: early }).map(({ code, party }) => [code, party])).to.deep.include([
      "PARTICIPANT_NOT_ENROLLED",
      commitment.participant,
    ]);
    const drawn = new Set(checkRecord(history).rounds[1]!.drawn);
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

  it("the contract's storage against the events, field by field", async () => {
    const history = await buildHistory();
    const changes: Partial<StoredState>[] = [
      { round: 2 },
      { modelRoot: otherHash },
      { accumulator: otherHash },
      { historyHead: otherHash },
    ];
    for (const change of changes) {
      const findings = foundIn({ ...history, storedState: { ...history.storedState, ...change } });
      expect(findings.map(({ code, round }) => [code, round])).to.deep.equal([["STORAGE_MISMATCH", 3]]);
      expect(findings[0]!.data.fields).to.equal(Object.keys(change)[0]);
    }
  });

  it("storage that is ahead of the events: unchecked, as a later block or events kept back look the same", async () => {
    const history = await buildHistory();
    const last = history.events.findIndex((event) => event.name === "RoundOpened" && event.round === 3);
    for (const kept of [last, last + 1, last + 4, history.events.length - 1]) {
      const findings = foundIn({ ...history, events: history.events.slice(0, kept) });
      expect(findings.map(({ code, severity }) => [code, severity])).to.deep.equal([["STORAGE_MISMATCH", "unchecked"]]);
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
      const report = await auditOf(tampered(history, "TaskCreated", 0, change));
      expect(report.exitCode).to.equal(3);
      return report.findings.filter(({ round }) => round === 0).map(({ code, party }) => [code, party]);
    };
    const creator = accountOf("creator");
    expect(await codes(ruling({ fractionBits: 31 }))).to.deep.equal([["RULES_INVALID", creator]]);
    expect(await codes(ruling({ clipLanes: 2 ** 31 - 1, maxWeight: 2 ** 20 }))).to.deep.equal([
      ["RULES_INVALID", creator],
    ]);
    for (const rules of [
      { trim: 1 },
      { rule: "trimmed-mean" },
      { holders: 3 },
      { aggregatorBondGwei: 1 },
      { thresholdPercent: 67 },
      { neighbours: 2 },
      { keyWindowS: 1 },
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
    const depth = Math.ceil(Math.log2(Math.ceil(rules.parameterCount / 64)));
    // three pairs of each half with the other
    const leastGwei = 300 * (250_000 + 6 * 40 * (416 + 32 * depth) + 6 * (7_680 + 10_000) + 9 * 8_500);
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
