import { expect } from "chai";
import { checkRecord } from "../../../node/audit/index.ts";
import { ringPlace } from "../../../node/core/record/ring.ts";
import type { TaskEvent } from "../../../node/core/record/task-events.ts";
import { roundWord } from "../../../node/core/words/commitment.ts";
import { auditOf } from "../../support/history/audit-of.ts";
import { buildHistory, type History } from "../../support/history/history-builder.ts";

const length = 64;
const rules = { rounds: length, challengeWindowS: 86_400 };
const small = { inputs: 3, members: 2, aggregators: 1, rules };
/** The second round has no result, so that the place of its word stays free. */
const scripts = { 2: { commits: 1 } };
const told = ({ findings }: Awaited<ReturnType<typeof auditOf>>) =>
  findings.map(({ code, severity }) => [code, severity]);

/** The contract's ring behind a history. */
function ringOf(history: History, events: readonly TaskEvent[] = history.events): ReadonlyMap<number, `0x${string}`> {
  const accepted = events.filter((event) => event.name === "RoundAccepted");
  return new Map(
    checkRecord({ ...history, events }).entries.flatMap((entry) => {
      if (entry.kind !== "accepted") return [];
      const { timestampS } = accepted.find(({ round }) => round === entry.round)!;
      return [[ringPlace(entry.round, length), roundWord(entry.wordHash, timestampS!)] as const];
    }),
  );
}

/** The events as an endpoint tells them that dates everything so many seconds earlier. */
function dated(events: readonly TaskEvent[], earlierS: number): readonly TaskEvent[] {
  const times = ["timestampS", "provableUntilS", "commitDeadlineS", "deadlineS", "attestDeadlineS"];
  return events.map((event) => {
    const moved = Object.entries(event).map(([name, value]) =>
      times.includes(name) && value > 0 ? [name, value - earlierS] : [name, value],
    );
    return Object.fromEntries(moved) as TaskEvent;
  });
}

describe("the audit of the ring of accepted rounds", function () {
  this.timeout(60_000);

  it("is clean where a number was passed over, whether its round runs or has ended", async () => {
    for (const end of ["open", "accepted"] as const) {
      const opened = { ...scripts, [length + 1]: { passes: 1, end } };
      const report = await auditOf(await buildHistory({ ...small, rounds: length + 1, scripts: opened }));
      expect(report.findings).to.deep.equal([]);
      expect(report.rounds.at(-1)!.round).to.equal(length + 2);
    }
  });

  it("finds a round that would take a word that is still provable, and a number passed over for no reason", async () => {
    const full = { ...small, rules: { rounds: 100, challengeWindowS: 3071 }, rounds: length + 1 };
    const open = { [length + 1]: { end: "open" } } as const;
    expect(told(await auditOf(await buildHistory({ ...full, scripts: open })))).to.deep.equal([
      ["STEP_TOO_EARLY", "unchecked"],
    ]);
    const taken = await auditOf(await buildHistory({ ...small, rounds: length + 1, scripts }));
    expect(told(taken)).to.deep.include(["PHASE_ORDER", "unchecked"]);
    const passed = await auditOf(await buildHistory({ ...small, rounds: 3, scripts: { 3: { passes: 1 } } }));
    expect(told(passed)[0]).to.deep.equal(["PHASE_ORDER", "unchecked"]);
  });

  it("holds the times that finality rests on against the stored words", async () => {
    const history = await buildHistory({ ...small, rounds: 2, scripts: {} });
    const storedWords = ringOf(history);
    expect(await auditOf({ ...history, storedWords })).to.include({ verdict: "verified", timesCompared: true });
    expect(await auditOf(history)).to.include({ verdict: "verified", timesCompared: false });
    expect((await auditOf({ ...history, storedWords: new Map() })).timesCompared).to.equal(false);
    const earlier = { ...history, events: dated(history.events, 100_000) };
    expect(told(await auditOf(earlier))).to.deep.equal([]);
    const found = [1, 2].map(() => ["DEADLINE_WRONG", "unchecked"]);
    expect(told(await auditOf({ ...earlier, storedWords }))).to.deep.equal(found);
  });

  it("has compared the time of a round whose word another one took, which the contract lets happen late enough", async () => {
    const brief = { ...small, rules: { ...rules, challengeWindowS: 600 } };
    const history = await buildHistory({ ...brief, rounds: length + 1, scripts: {} });
    const storedWords = ringOf(history);
    expect((await auditOf({ ...history, storedWords })).timesCompared).to.equal(true);
  });
});
