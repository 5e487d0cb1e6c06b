import { modeOf } from "../../core/modes/mode-of.ts";
import type { TaskRules } from "../../core/records.ts";
import { policyText } from "../../core/task/access.ts";
import type { AuditReport } from "../verdict/audit-report.ts";
import { decryptionInWords } from "./decryption-words.ts";
import { evidenceInWords } from "./evidence-words.ts";
import { type Html, html } from "./html.ts";
import { wordsOf } from "./mode-words.ts";
import { duration, percent, shortHex, wholeNumber } from "./report-format.ts";

/** Findings, the gravest first. */
export function findingsSection({ findings }: AuditReport): Html {
  if (findings.length === 0) return html``;
  const sorted = [...findings].sort((a, b) => Number(a.severity === "unchecked") - Number(b.severity === "unchecked"));
  return html`<section aria-labelledby="findings"><h2 id="findings">Findings</h2><div class="wide"><table>
<caption>A violation is proven by the record or the bytes, whoever looks. What is unchecked may be settled by another source of bytes.</caption>
<thead><tr><th scope="col">Severity</th><th scope="col">Code</th><th scope="col" class="num">Round</th><th scope="col">Party</th><th scope="col" class="num">Chunk</th><th scope="col">What</th></tr></thead>
<tbody>${sorted.map(
    (
      finding,
    ) => html`<tr><td><span class="chip ${finding.severity}">${finding.severity}</span></td><td><code>${finding.code}</code></td>
<td class="num">${finding.round === 0 ? "task" : finding.round}</td><td>${shortHex(finding.party)}</td><td class="num">${finding.chunk ?? html`<span class="none">–</span>`}</td><td>${finding.message}</td></tr>
`,
  )}</tbody></table></div></section>`;
}

/** The task's rules, as they stand on the chain, and its specification. */
export function taskSection({ task }: AuditReport): Html {
  return html`<section aria-labelledby="task"><h2 id="task">The task</h2>
<p>Created by ${shortHex(task.creator)}. Initial model ${shortHex(task.initialModelRoot)}, computed from the specification's seed. The rules are fixed on the chain and enforced by the contract.</p>
<div class="wide"><table><thead><tr><th scope="col">Rule</th><th scope="col">Value</th></tr></thead><tbody>${[
    ...rulesInWords(task.rules),
    ...accessInWords(task),
  ].map(
    ([name, value]) => html`<tr><th scope="row">${name}</th><td>${value}</td></tr>
`,
  )}</tbody></table></div>
<h3>Specification</h3><pre tabindex="0">${specText(task.specText)}</pre></section>`;
}

/** How to come to the same verdict, and what was looked at. */
export function repeatSection(report: AuditReport, { command }: { readonly command: string }): Html {
  const { sample } = report;
  const { rules } = report.task;
  const which = sample
    ? `${sample.rounds.length} random rounds of ${sample.of} (${sample.rounds.join(", ") || "none"})`
    : "every round with a result";
  const opened = modeOf(rules).isRecomputable ? "" : ` ${decryptionInWords(report)}`;
  const missed = sample ? `One wrong round is missed with a probability of ${percent(sample.missProbability)}.` : "";
  return html`<section aria-labelledby="repeat"><h2 id="repeat">Repeat this audit</h2>
<p>Anyone can, from an Ethereum endpoint, the federation's address and a source of blobs alone:</p><pre tabindex="0">${command}</pre>
<p>What was done: every event of the task was checked against the others and hashed to the head of its history${report.storageCompared ? ", which is the contract's stored one" : ", which was not found to be the contract's stored one"}; for ${which}, ${wordsOf(rules).looked}${opened} ${missed}</p>
<div class="wide"><table><tbody><tr><th scope="row">Chain</th><td>${report.chainId}</td></tr><tr><th scope="row">Federation</th><td><code>${report.federation}</code></td></tr><tr><th scope="row">Task</th><td>${report.task.taskId}</td></tr>
<tr><th scope="row">Head of the history</th><td><code>${report.historyHead}</code></td></tr><tr><th scope="row">Last model</th><td><code>${report.finalModelRoot}</code></td></tr><tr><th scope="row">Rests on</th><td>${evidenceInWords(report)}</td></tr></tbody></table></div></section>`;
}

function rulesInWords(rules: TaskRules): readonly (readonly [string, string])[] {
  const seconds = (value: number): string => duration(value);
  return [
    ["Mode", rules.mode],
    ["Aggregation", rules.rule],
    ["Parameters", wholeNumber(rules.parameterCount)],
    ["Fixed point", `${rules.fractionBits} fraction bits: steps of ${(2 ** -rules.fractionBits).toExponential(2)}`],
    [
      "Greatest change of a parameter",
      `± ${Number((rules.clipLanes / 2 ** rules.fractionBits).toPrecision(6))} (${wholeNumber(rules.clipLanes)} lanes)`,
    ],
    ["Server learning rate", String(Number((rules.serverRateQ16 / 65536).toPrecision(6)))],
    ["Weight of an update", `1 to ${wholeNumber(rules.maxWeight)}`],
    ["Accepted rounds", String(rules.rounds)],
    ["Updates in a round", `${rules.minUpdates} to ${rules.maxUpdates}`],
    ["Participants drawn", drawInWords(rules)],
    ["Attestations that accept", `${rules.attestationQuorum}, and more than half of those that committed`],
    ...(rules.thresholdPercent > 0
      ? ([["Share of the others that must sign a closing and opens a mask", `${rules.thresholdPercent} %`]] as const)
      : []),
    ["Rounds a participant may join", rules.roundsPerParticipant === 0 ? "all" : String(rules.roundsPerParticipant)],
    ["Aggregators tried in a round", String(rules.attempts)],
    ...(rules.keyWindowS > 0 ? ([["Time for keys", seconds(rules.keyWindowS)]] as const) : []),
    ["Time to commit", seconds(rules.commitWindowS)],
    ["Time to aggregate", seconds(rules.aggregateWindowS)],
    ["Time to attest", seconds(rules.attestWindowS)],
    ["Time to prove an accepted model wrong", seconds(rules.challengeWindowS)],
    ["Bond of an aggregator", bondInWords(rules.aggregatorBondGwei)],
    ["Bond of a participant", bondInWords(rules.participantBondGwei)],
    ["Statement of the data", rules.statementRequired ? "required" : "as each likes"],
  ];
}

function drawInWords({ drawDelayBlocks, participationBps }: TaskRules): string {
  if (drawDelayBlocks === 0) return "all";
  return `${percent(participationBps / 10_000, 0)} of the enrolled, by the block ${drawDelayBlocks} behind the opening`;
}

function bondInWords(amountGwei: number): string {
  return amountGwei === 0 ? "none" : `${wholeNumber(amountGwei)} gwei`;
}

function accessInWords({ access, spec }: AuditReport["task"]): readonly (readonly [string, string])[] {
  const isOpen = access.organisations.length === 0 && access.regions.length === 0 && access.clearance === 0;
  const policies = [
    ["Who may join", isOpen ? undefined : access],
    ["Who may read", spec?.access?.read],
    ["Who may audit", spec?.access?.audit],
  ] as const;
  return policies.flatMap(([name, policy]) => (policy === undefined ? [] : [[name, policyText(policy)] as const]));
}

function specText(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return text;
  }
}
