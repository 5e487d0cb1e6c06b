// What `npm run attack` runs: a federation with one liar, told line by line, and how it ends.
import { parseArgs } from "node:util";
import { stopSignal } from "../../node/cli/options/stop-signal.ts";
import { createOutput, formatTable, type Output, reportError, style } from "../../node/cli/text/output.ts";
import { hexEquals } from "../../node/core/bytes/hex.ts";
import { FedledgerError } from "../../node/core/errors/error.ts";
import { attacks } from "./attacks.ts";
import { nodeCount } from "./cast.ts";
import { eventsNamed } from "./events-named.ts";
import { type AttackResult, runAttack } from "./run-attack.ts";
import type { FederationRun } from "./run-federation.ts";
import { ether, type StoryLine } from "./story.ts";

const usage = `npm run attack -- NAME [--seed N] [--json] [--log FILE]
npm run attack -- --list

Runs a federation of ${nodeCount} nodes, one of which lies as NAME says, and tells what happens line by line: who lied,
who proved it, what it cost, who took over. Then it audits the record and compares the model with that of an honest run.

  --list       the attacks there are
  --seed N     of data, model and trainings (default 1)
  --json       JSON lines on standard output instead of text
  --log FILE   what the nodes log

Exit codes: 0 the lie ended as it must · 1 it did not, or it was stopped · 2 wrong usage
`;

process.exit(await main(process.argv.slice(2)));

async function main(args: readonly string[]): Promise<number> {
  const output = createOutput(args.includes("--json"));
  try {
    const { values, positionals } = parse(args);
    if (values.help) {
      process.stdout.write(usage);
      return 0;
    }
    if (values.list) {
      for (const { name, summary } of attacks) output.emit({ event: "attack", name, summary });
      output.say(
        formatTable(
          ["attack", ""],
          attacks.map(({ name, summary }) => [name, summary]),
        ),
      );
      return 0;
    }
    const [name, ...more] = positionals;
    if (name === undefined || more.length > 0) throw wrongUse("give the name of one attack; --list names them");
    const result = await runAttack(name, {
      seed: seedOf(values.seed),
      signal: stopSignal(),
      onLine: tell(output),
      log: values.log,
    });
    conclude(result, output);
    return result.problems.length === 0 ? 0 : 1;
  } catch (error) {
    return reportError(error, output.json);
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        list: { type: "boolean" },
        help: { type: "boolean", short: "h" },
        json: { type: "boolean" },
        seed: { type: "string" },
        log: { type: "string" },
      },
    });
  } catch (error) {
    throw wrongUse((error as Error).message);
  }
}

function seedOf(text = "1"): number {
  const seed = Number(text);
  if (/^\d+$/.test(text) && seed <= 0xffff_ffff) return seed;
  throw new FedledgerError("INVALID_CONFIG", {
    name: "--seed",
    reason: `"${text}" is not an integer from 0 to 2^32 - 1`,
  });
}

function wrongUse(reason: string): FedledgerError {
  return new FedledgerError("INVALID_CONFIG", { name: "npm run attack", reason });
}

function tell(output: Output): (line: StoryLine) => void {
  const startMs = performance.now();
  const colours = { step: "reset", lie: "red", proof: "magenta", good: "green", bad: "red" } as const;
  return ({ kind, text }) => {
    const seconds = (performance.now() - startMs) / 1000;
    output.emit(
      { event: "line", seconds, kind, text },
      `${seconds.toFixed(1).padStart(5)} s  ${style(colours[kind], text)}`,
    );
  };
}

/** What the lie cost the liar and the proof its prover. */
function costLines({ history, lies, nameOf, cast }: FederationRun): readonly string[] {
  const expelled = eventsNamed(history, "MemberExpelled");
  const proofs = eventsNamed(history, "Rewarded");
  const spared = lies.filter(({ who }) => !expelled.some(({ account }) => hexEquals(account, who)));
  return [
    ...expelled.map(
      ({ account, amountWei }) => `it cost ${nameOf(account)} its place and its bond of ${ether(amountWei)} ether`,
    ),
    ...spared.map(({ who }) =>
      cast.participants.includes(who)
        ? `it cost ${nameOf(who)} its update of that round`
        : `it cost ${nameOf(who)} no bond: there was nothing to prove`,
    ),
    ...proofs.map(({ prover, gasUsed = 0 }) => {
      const wei = BigInt(gasUsed) * 100n * 10n ** 9n;
      return `the proof took ${nameOf(prover)} ${gasUsed.toLocaleString("en")} gas, ${ether(wei)} ether at 100 gwei`;
    }),
  ];
}

/** The end: the audit's verdict, the model, and whether the attack ended as it must. */
function conclude({ attack, seed, run, honest, problems }: AttackResult, output: Output): void {
  const { audit, falseAlarms } = run;
  const say = (mark: boolean, text: string) => output.say(`${mark ? style("green", "✔") : style("red", "✘")} ${text}`);
  output.say("");
  say(
    audit.exitCode === 0,
    `audit: ${audit.verdict}, exit code ${audit.exitCode}: ${audit.totals.accepted} rounds of ${audit.totals.updates} updates recomputed, history head ${audit.historyHead}`,
  );
  const same = run.audit.finalModelRoot === honest.audit.finalModelRoot;
  say(same, `final model  ${run.audit.finalModelRoot}`);
  say(same, `honest run's ${honest.audit.finalModelRoot}`);
  say(falseAlarms.length === 0, `${falseAlarms.length} false alarms`);
  for (const line of costLines(run)) output.say(`  ${line}`);
  for (const problem of problems) say(false, problem);
  const passed = problems.length === 0;
  const durationMs = run.durationMs + honest.durationMs;
  output.emit(
    {
      event: "result",
      attack: attack.name,
      seed,
      passed,
      problems,
      auditExitCode: audit.exitCode,
      finalModelRoot: audit.finalModelRoot,
      honestModelRoot: honest.audit.finalModelRoot,
      historyHead: audit.historyHead,
      falseAlarms,
      durationMs,
    },
    passed
      ? style("green", `${attack.name} ended as it must, in ${(durationMs / 1000).toFixed(1)} s`)
      : style("red", `${attack.name} did NOT end as it must`),
  );
}
