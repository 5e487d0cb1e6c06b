import { mkdirSync, readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { etherText, finalFromS, privacyText, type TaskChoice, weiOfGwei } from "../../api/index.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import { createClock } from "../../system/index.ts";
import type { CommandContext } from "../options/command.ts";
import { dateText } from "../text/bond-text.ts";
import { style } from "../text/output.ts";
import { followRounds } from "./follow-rounds.ts";
import { foundDemo } from "./found-federation.ts";
import { createLiveView, type LiveView } from "./live-view.ts";
import { type ChildEvent, createProcessGroup, type DemoProcess, type ProcessGroup } from "./processes.ts";
import { createPublicMetrics } from "./public-metrics.ts";
import { createRoundCosts } from "./round-costs.ts";
import { audit, grantTo } from "./run-audit.ts";

/** What a demo runs. */
export interface DemoOptions {
  readonly task: TaskChoice;
  /** Data set by name, for the participants. */
  readonly dataset: string;
  /** Of every participant's command line: where the salts of declared hashes are. */
  readonly saltArguments: readonly string[];
  /** A file with the public test set, where none of the named data sets gives it. */
  readonly testSet: string | undefined;
  readonly partition: string;
  readonly aggregators: number;
  readonly backend: string;
  readonly seed: number;
  /** Folder for logs, report and what the nodes keep. */
  readonly folder: string;
  readonly logLevel: string;
}

/** Time without any step of the record after which the demo gives up. */
const stallMs = 150_000;
/** How often a process that died is started again. */
const maxRestarts = 5;

/**
 * Runs a whole federation on this machine, each member a process of its own, and then audits it. Returns the audit's
 * exit code. Rejects with PROCESS_DIED when the chain, every aggregator or every participant is gone, with STALLED when
 * nothing moves, with INTERRUPTED on Ctrl-C.
 */
export async function runDemo(options: DemoOptions, { output, log, signal }: CommandContext): Promise<number> {
  const { task, folder } = options;
  const nodes = join(folder, "nodes");
  const logs = join(folder, "logs");
  makeEmptyFolder(folder);
  const view: LiveView = output.json ? silentView : createLiveView();
  const clock = createClock();
  const startedMs = clock.nowMs();
  let round = 0;
  const costs = createRoundCosts(() => round);
  const metrics = createPublicMetrics();
  const group = createProcessGroup({
    main: fileURLToPath(new URL(`../main${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url)),
    logs,
    onEvent: (name, event) => {
      costs.hear(event);
      metrics.hear(event);
      if (output.json) output.emit({ event: "node", name, data: event });
    },
    onLaunch: (name, pid) => output.emit({ event: "process", name, pid }),
    onRestart: (name, reason) => view.note(style("yellow", `${name} ended (${reason}): starting it again`)),
  });
  const stop = new AbortController();
  const ended = AbortSignal.any([signal, stop.signal]);
  try {
    output.say(
      style(
        "bold",
        `A federation of ${task.participants} participants and ${options.aggregators} aggregator${options.aggregators > 1 ? "s" : ""} on this machine`,
      ),
    );
    output.say(
      `  ${options.dataset}, ${task.spec.model.kind} with ${task.rules.parameterCount} parameters, ${options.partition}, ${task.rules.rounds} rounds, seed ${options.seed}`,
    );
    if (task.testSet) output.say(`  measured by everybody on ${task.spec.testSet?.examples} public examples`);
    if (task.rules.aggregatorBondGwei > 0) {
      const [one, other] = [task.rules.aggregatorBondGwei, task.rules.participantBondGwei].map(weiOfGwei);
      output.say(
        `  bonds: ${etherText(one ?? 0n)} ether of each aggregator, ${etherText(other ?? 0n)} ether of each participant`,
      );
    }
    if (task.spec.privacy) output.say(`  ${privacyText(task.spec, task.rules)}`);
    view.status("starting the chain");
    const chainProcess = group.start({
      name: "chain",
      args: [
        ...["chain", "--port", "0", "--accounts", String(1 + options.aggregators + task.participants)],
        // a draw waits for blocks, which come by themselves only where nobody sends anything
        ...(task.rules.drawDelayBlocks > 0 ? ["--block-interval", "0.25"] : []),
      ],
      maxRestarts: 0,
    });
    const { url } = (await chainProcess.next("chain", { signal })) as ChildEvent & { url: string };
    view.status("deploying the contracts");
    const { chain, invitation } = await foundDemo(url, options, { log, signal });
    output.say(`  chain ${url}, federation ${chain.federation}, logs in ${logs}\n`);

    view.status("starting the members");
    const members = startMembers(group, { ...options, url, federation: chain.federation, invitation, nodes });
    const metric = task.spec.model.output.kind === "numbers" ? "R²" : "accuracy";
    view.header(metric);
    const rounds = followRounds({
      chain,
      taskId: 1,
      view,
      costs,
      metrics,
      signal: ended,
      nowMs: clock.nowMs,
      onRound: (current) => {
        round = current;
      },
      onMoved: () => watchdog.refresh(),
    });
    const watchdog = stallGuard(logs);
    const finished = await Promise.race([
      rounds,
      watchdog.expired,
      essential(chainProcess, members, logs),
      interrupted(signal),
    ]).finally(watchdog.clear);
    if (!finished?.complete) throw new FedledgerError("INTERRUPTED");
    view.status("");
    const finalText = dateText(finalFromS(finished));
    output.emit({ event: "complete", rounds: finished.accepted, finalFromS: finalFromS(finished) });
    output.say(
      `\n${task.rules.rounds} rounds in ${((clock.nowMs() - startedMs) / 1000).toFixed(1)} s. They are final at ${finalText}, when nobody can prove them wrong any more; members who stay serve what that takes.\nNow an auditor who has only the address and the endpoint${task.spec.blobs === "members" ? ", and is given a grant" : ""}:\n`,
    );
    const opening = task.spec.blobs === "members" ? await grantTo(group, { url, chain, folder, view, signal }) : [];
    view.status("auditing: every round is recomputed from the chain and the blobs");
    const code = await audit(group, {
      url,
      federation: chain.federation,
      report: join(folder, "report.html"),
      opening,
      view,
      output,
      signal,
    });
    await group.stop();
    await rm(nodes, { recursive: true, force: true });
    output.emit(
      {
        event: "demo",
        exitCode: code,
        seconds: (clock.nowMs() - startedMs) / 1000,
        report: join(folder, "report.html"),
      },
      `\nReport: ${style("underline", join(folder, "report.html"))}`,
    );
    return code;
  } finally {
    stop.abort();
    view.close();
    await group.stop();
  }
}

/** Throws FILE_EXISTS where there is something already, and FILE_UNWRITABLE. */
function makeEmptyFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
    if (readdirSync(path).length === 0) return;
  } catch (error) {
    throw new FedledgerError("FILE_UNWRITABLE", { path, reason: (error as Error).message }, error);
  }
  throw new FedledgerError("FILE_EXISTS", { path });
}

/** Starts every member as a process of its own. */
function startMembers(
  group: ProcessGroup,
  options: DemoOptions & {
    readonly url: string;
    readonly federation: string;
    /** File of the members' invitation. */
    readonly invitation: string;
    readonly nodes: string;
  },
) {
  const { task, aggregators, url, federation, invitation, nodes, testSet } = options;
  const common = ["--task", "1", "--rpc", url, "--federation", federation, "--log-level", options.logLevel];
  const measured = testSet === undefined ? [] : ["--test-set", testSet];
  const start = (name: string, account: number, args: readonly string[]): DemoProcess =>
    group.start({
      name,
      args: [
        ...args,
        ...common,
        ...measured,
        "--invitation",
        invitation,
        "--dev-account",
        String(account),
        "--dir",
        join(nodes, name),
      ],
      maxRestarts,
    });
  return {
    aggregators: Array.from({ length: aggregators }, (_, index) =>
      start(`aggregator-${index + 1}`, 1 + index, ["aggregator"]),
    ),
    participants: Array.from({ length: task.participants }, (_, index) =>
      start(`participant-${index + 1}`, 1 + aggregators + index, [
        "participant",
        ...["--data", options.dataset, "--partition", options.partition, "--part", `${index}/${task.participants}`],
        ...options.saltArguments,
        ...["--hold-out", String(task.heldOutFraction), "--seed", String(options.seed), "--backend", options.backend],
      ]),
    ),
  };
}

/** Rejects when a process without which the federation cannot go on has ended for good. */
async function essential(
  chain: DemoProcess,
  members: { readonly aggregators: readonly DemoProcess[]; readonly participants: readonly DemoProcess[] },
  logs: string,
): Promise<never> {
  const all = (processes: readonly DemoProcess[]) =>
    Promise.all(processes.map(({ ended }) => ended)).then(() => processes[0]?.name ?? "");
  const name = await Promise.race([
    chain.ended.then(() => "chain"),
    all(members.aggregators),
    all(members.participants),
  ]);
  throw new FedledgerError("PROCESS_DIED", {
    name,
    reason: name === "chain" ? "its end: the record was in its memory" : "all others of its role",
    path: join(logs, `${name}.log`),
  });
}

function interrupted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(new FedledgerError("INTERRUPTED")), { once: true });
  });
}

/** Rejects with STALLED when it has not been refreshed for a while. */
function stallGuard(logs: string) {
  const { promise: expired, reject } = Promise.withResolvers<never>();
  const expire = () =>
    reject(
      new FedledgerError("STALLED", { seconds: stallMs / 1000, reason: "the record does not change", path: logs }),
    );
  let timer = setTimeout(expire, stallMs);
  return {
    expired,
    refresh: () => {
      clearTimeout(timer);
      timer = setTimeout(expire, stallMs);
    },
    clear: () => clearTimeout(timer),
  };
}

const silentView: LiveView = { header() {}, row() {}, note() {}, status() {}, close() {} };
