// What a challenge window costs: node test/bench/pipeline.ts [--real] [--json]
// Rounds a minute of a federation in which no quorum can be reached, so that every round is final by the passing of its window, one
// round after another and pipelined, for windows of half, one and two rounds' own time. In virtual time (the simulation: the real
// machines on a model chain with a block a second); with --real also with real nodes on the embedded chain, sockets and all.
import { foldTask } from "../../node/core/fold-task.ts";
import type { TaskEvent } from "../../node/core/task-events.ts";
import { createSimulatedFederation } from "../simulation/federation.ts";
import { quiet } from "../simulation/play.ts";
import { runRealRounds } from "./pipeline-nodes.ts";

interface Row {
  readonly windowS: number;
  readonly pipelined: boolean;
  readonly roundsPerMinute: number;
}

type Runner = (windowS: number, pipelined: boolean, rounds: number) => Promise<readonly TaskEvent[]>;

const participants = 5;
const trainingMs = 12_000;

/** Seconds of the chain's time at which the rounds did this, in their order. */
function timesOf(events: readonly TaskEvent[], name: TaskEvent["name"]): readonly number[] {
  return events.filter((event) => event.name === name).map(({ timestampS }) => timestampS!);
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** From the first proposal to the last: how often one comes, whatever the last one still waits for. */
function roundsPerMinute(events: readonly TaskEvent[]): number {
  const proposed = timesOf(events, "Proposed");
  return (60 * (proposed.length - 1)) / (proposed.at(-1)! - proposed[0]!);
}

/** Seconds from a round's opening to its proposal, on average; the first round, in which nodes meet, aside. */
function ownTimeS(events: readonly TaskEvent[]): number {
  const opened = timesOf(events, "RoundOpened").slice(1);
  const proposed = timesOf(events, "Proposed").slice(1);
  return mean(opened.map((atS, i) => proposed[i]! - atS));
}

async function measure(run: Runner, rounds: number): Promise<{ readonly ownS: number; readonly rows: readonly Row[] }> {
  const events = await run(1, false, rounds);
  const ownS = ownTimeS(events);
  const rows: Row[] = [{ windowS: 1, pipelined: false, roundsPerMinute: roundsPerMinute(events) }];
  rows.push({ windowS: 1, pipelined: true, roundsPerMinute: roundsPerMinute(await run(1, true, rounds)) });
  for (const share of [0.5, 1, 2]) {
    const windowS = Math.round(share * ownS);
    for (const pipelined of [false, true]) {
      const played = await run(windowS, pipelined, rounds);
      const final = foldTask(played).rounds.filter(({ phase }) => phase === "finalized").length;
      if (final !== rounds) process.exitCode = 1;
      rows.push({ windowS, pipelined, roundsPerMinute: roundsPerMinute(played) });
    }
  }
  return { ownS, rows };
}

const simulate: Runner = async (challengeWindowS, pipelined, rounds) => {
  const rules = {
    ...quiet.rules,
    ...{ pipelined, rounds, challengeWindowS, attestationQuorum: participants + 1 },
    ...{ commitWindowS: 120, aggregateWindowS: 60, maxUpdates: participants },
  };
  const slow = Array.from(
    { length: participants },
    (_, node) => ({ kind: "slow", node, durationMs: trainingMs }) as const,
  );
  const federation = createSimulatedFederation(1, {
    ...quiet,
    ...{ participants, rules, faults: slow, openWhenEnrolled: participants },
  });
  await federation.run(7200);
  return federation.chain.events();
};

function table(name: string, { ownS, rows }: Awaited<ReturnType<typeof measure>>): string {
  const lines = rows.map(({ windowS, pipelined, roundsPerMinute: rate }) =>
    [`${windowS} s`, (windowS / ownS).toFixed(2), pipelined ? "pipelined" : "one by one", rate.toFixed(2)]
      .map((cell, i) => (i === 2 ? cell.padEnd(12) : cell.padStart(12)))
      .join("  "),
  );
  const head = ["window", "of a round", "rounds", "a minute"].map((cell, i) =>
    i === 2 ? cell.padEnd(12) : cell.padStart(12),
  );
  return [`${name}: a round's own time is ${ownS.toFixed(1)} s`, head.join("  "), ...lines].join("\n");
}

const isReal = process.argv.includes("--real");
const results = {
  virtual: await measure(simulate, 12),
  ...(isReal && { real: await measure(runRealRounds, 5) }),
};
const text = process.argv.includes("--json")
  ? JSON.stringify(results, undefined, 2)
  : Object.entries(results)
      .map(([name, result]) => `${table(name, result)}\n`)
      .join("\n");
process.stdout.write(`${text}\n`);
