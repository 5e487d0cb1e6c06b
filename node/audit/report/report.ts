import { modeOf } from "../../core/modes/mode-of.ts";
import type { AuditReport } from "../verdict/audit-report.ts";
import { timeText } from "../verdict/provable.ts";
import { decryptionInWords } from "./decryption-words.ts";
import { type Html, html, trusted } from "./html.ts";
import { wordsOf } from "./mode-words.ts";
import { chartSection, metricOf } from "./report-chart.ts";
import { byteSize, duration, wholeNumber } from "./report-format.ts";
import { membersSection, recordSection } from "./report-members.ts";
import { privacySection } from "./report-privacy.ts";
import { roundsSection, updatesSection } from "./report-rounds.ts";
import { reportStyle } from "./report-style.ts";
import { findingsSection, repeatSection, taskSection } from "./report-task.ts";

/** What a report needs beside the audit: the caller reads files and clocks. */
export interface ReportExtras {
  /** uPlot's `dist/uPlot.iife.min.js`. */
  readonly chartScript: string;
  /** uPlot's `dist/uPlot.min.css`. */
  readonly chartStyle: string;
  /** Command line that repeats the audit. */
  readonly command: string;
  /** When the audit was made, for people; left out when absent. */
  readonly madeAt?: string;
}

/**
 * The audit as one page of HTML that holds everything it needs: it works without a network, makes no request (its
 * content security policy forbids them), follows the reader's theme, and prints. The same input gives the same bytes.
 */
export function renderReport(report: AuditReport, extras: ReportExtras): string {
  const name = report.task.spec?.name ?? `task ${report.task.taskId}`;
  const chart = chartSection(report, extras);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="referrer" content="no-referrer">
<title>Audit of ${name}: ${report.verdict}</title>
<style>${trusted(extras.chartStyle.replaceAll("</style", ""))}${trusted(reportStyle)}</style>
</head>
<body>
<header>
<h1>Audit of “${name}”</h1>
<p class="sub">Task ${report.task.taskId} of the federation <code>${report.federation}</code> on chain ${report.chainId}${extras.madeAt && `, audited ${extras.madeAt}`}</p>
</header>
<main>
${verdictSection(report)}
${facts(report)}
${findingsSection(report)}
${chart.section}
${roundsSection(report)}
${membersSection(report)}
${recordSection(report)}
${privacySection(report)}
${updatesSection(report)}
${taskSection(report)}
${repeatSection(report, extras)}
</main>
<footer><p>Made by fedledger audit. This page is complete in itself and loads nothing.</p></footer>
${chart.script}
</body>
</html>
`;
  return page.html;
}

function verdictSection(report: AuditReport): Html {
  const { verdict, findings, totals } = report;
  const violations = findings.filter(({ severity }) => severity === "violation").length;
  const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? "" : "s"}`;
  const words = {
    verified: [
      totals.accepted === 0 ? "Nothing to verify yet" : "Verified",
      totals.accepted === 0 ? "No round has a result; what is on record is right." : recomputedInWords(report),
    ],
    violation: ["Violation", `The audit found ${count(violations, "violation")}: see the findings.`],
    unchecked: [
      "Not everything could be checked",
      `No violation was found, but ${count(findings.length, "thing")} could not be checked. This is not a clean audit.`,
    ],
  } as const;
  const [title, sentence] = words[verdict];
  return html`<section class="verdict ${verdict}" aria-label="Verdict"><p><strong>${title}</strong>${sentence} ${finalityInWords(report)}</p></section>`;
}

/** What was recomputed and found equal. */
function recomputedInWords(report: AuditReport): string {
  const { sample, task } = report;
  const rounds = sample
    ? `Each of the ${sample.rounds.length} round${sample.rounds.length === 1 ? "" : "s"} drawn of ${sample.of}`
    : "Every round that has a result";
  const rest = sample ? " The others were not looked at." : "";
  const opened = modeOf(task.rules).isRecomputable ? "" : ` ${decryptionInWords(report)}`;
  return `The whole record is right. ${wordsOf(task.rules).recomputed(rounds)}${rest}${opened}`;
}

/** Whether the task is complete, and from when nothing of it can be proven wrong. */
function finalityInWords({ complete, final, finalFromS, task }: AuditReport): string {
  const running = complete ? "" : "The task is still running: this is its state now.";
  if (finalFromS === undefined) return running;
  if (final) return `The result is final since ${timeText(finalFromS)}.`;
  const until = timeText(finalFromS);
  const told = wordsOf(task.rules).finalAt(until);
  return `${running} ${told}`.trim();
}

function facts(report: AuditReport): Html {
  const { totals, task, rounds } = report;
  const metric = metricOf(report);
  const last = rounds.findLast(({ testMetric, isVoid }) => testMetric && !isVoid)?.testMetric;
  const all: readonly (readonly [string, string] | undefined)[] = [
    ["Accepted rounds", `${totals.accepted} of ${task.rules.rounds}`],
    totals.void > 0 ? ["Void rounds", String(totals.void)] : undefined,
    totals.invalid > 0 ? ["Invalid rounds", String(totals.invalid)] : undefined,
    last && [`Last ${metric.name === "R²" ? "R²" : "accuracy"}`, metric.tell(last)],
    ["Participants", String(task.participants.length)],
    ["Updates", wholeNumber(totals.updates)],
    ["Bytes checked", byteSize(totals.bytesChecked)],
    totals.gas === undefined ? undefined : ["Gas", wholeNumber(totals.gas)],
    totals.durationS === undefined ? undefined : ["Time", duration(totals.durationS)],
  ];
  return html`<dl class="facts">${all.map((fact) => fact && html`<div><dt>${fact[0]}</dt><dd>${fact[1]}</dd></div>`)}</dl>`;
}
