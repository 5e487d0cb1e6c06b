import {
  type AuditReport,
  audit,
  type Bytes32,
  decryptionInWords,
  evidenceInWords,
  type Finding,
  modeOf,
  openContent,
  type RoundVerdict,
  reportPage,
} from "../../api/index.ts";
import type { Settings } from "../../config/index.ts";
import { createClock, requireWritable, writeFileAtomic } from "../../system/index.ts";
import { formatBytes } from "../demo/live-view.ts";
import { defineCommand } from "../options/command.ts";
import { openingSettings, openRecordOf, readReader, recordSettings } from "../running/session.ts";
import { dateText } from "../text/bond-text.ts";
import { reportError, style } from "../text/output.ts";
import { publicText } from "../text/public-text.ts";

/** `fedledger audit`. */
export const auditCommand = () =>
  defineCommand({
    name: "audit",
    summary: "recompute every round of a task from the chain and the blobs, bit for bit",
    details:
      "Needs an endpoint, the federation's address and a source of blobs; without --content, the gateways that members registered.\n" +
      "Where the blobs are sealed to the task's members, also a grant and the keystore it was made for, or a member's keystore.\n" +
      "Of an encrypted task the sums of the ciphertexts are recomputed; that the models are what they decrypt to rests on the quorum that attested, or, with a participant's keystore, is recomputed for the rounds it was drawn in.\n" +
      "Where the endpoint gives proofs (eth_getProof), what the contract stores is proven by the hash of a block, which any explorer shows; where not, the verdict says whose word it is, and --rpc A,B compares.\n" +
      "What each model reaches on the task's public test set is measured and told.\n" +
      "Exit codes: 0 every round was recomputed and equal · 3 a violation: task, round, party and chunk are named · 4 something could not be checked, or, with --final, can still be proven wrong.",
    settings: [
      "task",
      ...recordSettings,
      "content",
      "testSet",
      ...openingSettings,
      "sample",
      "block",
      "final",
      "report",
      "force",
    ],
    run: async (values, { output, log, signal }) => {
      const { report: path, force: replace = false } = values;
      if (path !== undefined) await requireWritable(path, { replace });
      const chain = await openRecordOf(values, log);
      const record = { chain, taskId: values.task ?? 1 };
      const content = await openContent({ sources: values.content, record, ifNone: "empty", log });
      const startedMs = createClock().nowMs();
      const report = await audit(record, content, {
        reader: () => readReader(values, log),
        testSet: values.testSet,
        sample: values.sample,
        requireFinal: values.final,
        block: values.block as Bytes32 | undefined,
        onRound: (round) => output.emit({ event: "round", ...forPrograms(round) }, roundLine(round)),
        ...{ log, signal },
      });
      const seconds = (createClock().nowMs() - startedMs) / 1000;
      const text = verdictText(report, seconds);
      output.emit({ event: "verdict", ...forPrograms(report), seconds, text }, text);
      if (path === undefined) return report.exitCode;
      try {
        const html = await reportPage(report, { command: auditCommandLine(values, chain.federation) });
        await writeFileAtomic(path, html, { replace });
        output.say(`Report: ${path}`);
      } catch (error) {
        // what the audit found outweighs a page that is not there
        if (report.exitCode === 0) throw error;
        reportError(error, output.json);
      }
      return report.exitCode;
    },
  });

function roundLine(round: RoundVerdict): string {
  const colour = {
    verified: "green",
    violation: "red",
    unchecked: "yellow",
    invalid: "yellow",
    void: "yellow",
    pending: "yellow",
    unsampled: "dim",
  } as const;
  const included = round.updates.filter((update) => !update.excluded).length;
  const metric = round.testMetric ? `, ${publicText(round.testMetric)}` : "";
  const attested = round.isDecryptionAttested ? ", sum recomputed, its decryption attested" : "";
  const head = `round ${String(round.round).padStart(3)}  ${style(colour[round.verdict], round.verdict.padEnd(11))}`;
  return [
    `${head}  ${included} updates, ${round.attesters.length} attestations${attested}${metric}, ${round.modelRoot ?? "no model"}`,
    ...round.findings.map(findingLine),
  ].join("\n");
}

function findingLine(finding: Finding): string {
  const where = [
    `task ${finding.taskId}`,
    ...(finding.round === 0 ? [] : [`round ${finding.round}`]),
    ...(finding.party ? [finding.party] : []),
    ...(finding.chunk === undefined ? [] : [`chunk ${finding.chunk}`]),
  ];
  return style(
    finding.severity === "violation" ? "red" : "yellow",
    `    ${finding.code} (${where.join(", ")}): ${finding.message}`,
  );
}

function verdictText(report: AuditReport, seconds: number): string {
  const { totals, sample } = report;
  const judged = {
    verified: style("green", verifiedText(report)),
    violation: style("red", "VIOLATION: the record is not what the rules require; see the findings."),
    unchecked: style("yellow", "UNCHECKED: something could not be checked; this is not a clean audit."),
  }[report.verdict];
  const sampled = sample
    ? `\n  Only ${sample.rounds.length} of ${sample.of} rounds were recomputed: one wrong round is missed with probability ${(sample.missProbability * 100).toFixed(1)} %.`
    : "";
  const gas = totals.gas === undefined ? "" : `, ${totals.gas.toLocaleString("en")} gas`;
  return (
    `${taskFindings(report)}${judged}${sampled}\n  ${totals.accepted} accepted, ${totals.void} void and ${totals.invalid} invalid rounds, ${totals.updates} updates, ${formatBytes(totals.bytesChecked)} checked in ${seconds.toFixed(1)} s${gas}\n` +
    `  final model ${report.finalModelRoot}\n  history head ${report.historyHead}${report.storageCompared ? " (equal to the contract's)" : ""}` +
    privacyText(report) +
    pairsText(report) +
    `\n  ${evidenceInWords(report)}` +
    `\n  ${standingText(report)}`
  );
}

/** What concerns the task as a whole, before the verdict: each round's own stand with it. */
function taskFindings({ findings }: AuditReport): string {
  return findings
    .filter(({ round }) => round === 0)
    .map((finding) => `${findingLine(finding)}\n`)
    .join("");
}

/** Whether what was audited can still change: complete is not final. */
function standingText({ complete, final, finalFromS, timesCompared, isBound }: AuditReport): string {
  if (!isBound) return "Whether it is complete or final cannot be said: what was told of it is not its whole record.";
  const at = finalFromS === undefined ? "" : dateText(finalFromS);
  const by = timesCompared ? "" : " (by times that the endpoint told: the contract has not all of them any more)";
  if (final) return `The task is final since ${at}: nothing of it can be proven wrong any more${by}.`;
  const until = finalFromS === undefined ? "" : `; ${complete ? "" : "its rounds so far are "}final at ${at}${by}`;
  return complete ? `The task is complete${until}.` : `The task is still running: this is its state now${until}.`;
}

/** What opened sums tell together. */
function pairsText({ openedPairs }: AuditReport): string {
  if (openedPairs.length === 0) return "";
  const pairs = openedPairs.map(({ rounds, member }) => `rounds ${rounds.join(" and ")} (${member})`).join(", ");
  return `\n  Sums over one base that differ by one member, whose update they tell together: ${pairs}`;
}

/** Epsilon so far, for each number of rounds joined. */
function privacyText({ privacy }: AuditReport): string {
  if (privacy === undefined) return "";
  const { unit, mechanism, epsilon, delta, roundsInBudget, participants } = privacy;
  const lines = participants.map(
    (each) => `\n    ${each.participant}  ${each.rounds} rounds, epsilon ${each.epsilon.toFixed(3)}`,
  );
  return `\n  privacy of one ${unit} (${mechanism}): budget epsilon ${epsilon} at delta ${delta}, ${roundsInBudget} rounds; so far${lines.join("")}`;
}

function verifiedText(report: AuditReport): string {
  const { totals, sample, task } = report;
  if (totals.accepted === 0) return "VERIFIED: the record is right; no round has a result yet.";
  if (!modeOf(task.rules).isRecomputable) {
    return `VERIFIED: the record is right, and ${sample ? "each sum of ciphertexts drawn" : "every sum of ciphertexts"} was recomputed and is the one on record, bit for bit. ${decryptionInWords(report)}`;
  }
  if (sample) return "VERIFIED: the record is right, and every round drawn was recomputed and is equal, bit for bit.";
  return "VERIFIED: every round was recomputed from its updates and is equal, bit for bit.";
}

/** What programs get: everything but the model itself. */
function forPrograms<T extends object>(value: T): Omit<T, "finalModelLanes"> {
  const { finalModelLanes: _, ...rest } = value as T & { finalModelLanes?: unknown };
  return rest as Omit<T, "finalModelLanes">;
}

function auditCommandLine(values: Settings<"task" | "rpc">, federation: string): string {
  return `npx fedledger audit --federation ${federation} --rpc ${values.rpc?.join(",") ?? ""} --task ${values.task ?? 1}`;
}
