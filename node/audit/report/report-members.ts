import type { Address } from "../../core/ids.ts";
import type { AuditReport } from "../verdict/audit-report.ts";
import { timeText } from "../verdict/provable.ts";
import { type Html, html } from "./html.ts";
import { percent, shortHex, wholeNumber } from "./report-format.ts";

/** What one participant contributed to a task. */
export interface Contribution {
  readonly participant: Address;
  readonly drawn: number;
  readonly committed: number;
  /** Updates that accepted models are made of, void ones not counted. */
  readonly counted: number;
  /** Their weights together. */
  readonly weight: bigint;
  readonly attested: number;
}

/** The contribution of every participant, in the order of enrolment. */
export function contributionsOf(report: AuditReport): Contribution[] {
  const same = (a: Address) => (b: Address) => a.toLowerCase() === b.toLowerCase();
  return report.task.participants.map((participant) => {
    const its = same(participant);
    const updates = report.rounds.flatMap(({ phase, isVoid, updates: all }) =>
      all
        .filter((update) => its(update.participant))
        .map((update) => ({ ...update, final: phase === "accepted" && !isVoid })),
    );
    const counted = updates.filter(({ final, excluded }) => final && !excluded);
    return {
      participant,
      drawn: report.rounds.filter(({ drawn }) => drawn.some(its)).length,
      committed: updates.length,
      counted: counted.length,
      weight: counted.reduce((sum, { weight }) => sum + BigInt(weight), 0n),
      attested: report.rounds.filter(({ attesters }) => attesters.some(its)).length,
    };
  });
}

/** Who contributed, and who aggregated. */
export function membersSection(report: AuditReport): Html {
  const contributions = contributionsOf(report);
  const total = contributions.reduce((sum, { weight }) => sum + weight, 0n);
  const shareOf = (weight: bigint): number => (total === 0n ? 0 : Number((weight * 1_000_000n) / total) / 1_000_000);
  const aggregators = [...new Set(report.rounds.flatMap(({ aggregator }) => aggregator ?? []))];
  return html`<section aria-labelledby="members"><h2 id="members">Who contributed</h2>
${
  contributions.length === 0
    ? html`<p class="empty">Nobody has enrolled.</p>`
    : html`<div class="wide"><table><caption>Rounds in which each participant was drawn, committed, was counted and attested.</caption>
<thead><tr><th scope="col">Participant</th><th scope="col" class="num">Drawn</th><th scope="col" class="num">Committed</th><th scope="col" class="num">Counted</th><th scope="col" class="num">Attested</th><th scope="col" class="num">Weight</th><th scope="col">Share of the weight</th></tr></thead>
<tbody>${contributions.map(
        (
          each,
        ) => html`<tr><th scope="row">${shortHex(each.participant)}</th><td class="num">${each.drawn}</td><td class="num">${each.committed}</td><td class="num">${each.counted}</td><td class="num">${each.attested}</td>
<td class="num">${wholeNumber(each.weight)}</td><td class="share">${percent(shareOf(each.weight))}<i style="width:${(shareOf(each.weight) * 100).toFixed(1)}%"></i></td></tr>
`,
      )}</tbody></table></div>`
}
${
  aggregators.length > 0 &&
  html`<h3>Aggregators</h3><div class="wide"><table><thead><tr><th scope="col">Aggregator</th><th scope="col" class="num">Accepted models</th><th scope="col" class="num">Proposals set aside</th></tr></thead>
<tbody>${aggregators.map(
    (
      aggregator,
    ) => html`<tr><th scope="row">${shortHex(aggregator)}</th><td class="num">${report.rounds.filter((round) => round.phase === "accepted" && !round.isVoid && round.aggregator === aggregator).length}</td>
<td class="num">${report.rounds.flatMap(({ superseded }) => superseded).filter((each) => each.aggregator === aggregator).length}</td></tr>
`,
  )}</tbody></table></div>`
}
${expelledTable(report)}</section>`;
}

/** Who was proven to have broken the rules, by whom, when, and what it cost. */
function expelledTable({ expelled }: AuditReport): Html {
  if (expelled.length === 0) return html``;
  return html`<h3>Expelled</h3><div class="wide"><table><caption>Members that a proof expelled: who proposed or attested a model that was proven wrong, and whose update broke the rules.</caption>
<thead><tr><th scope="col">Member</th><th scope="col" class="num">Round</th><th scope="col">Proven</th><th scope="col">By</th><th scope="col" class="num">Block</th><th scope="col">When</th><th scope="col" class="num">Bond lost, in gwei</th></tr></thead>
<tbody>${expelled.map(
    ({ account, round, kind, prover, blockNumber, timestampS, amountWei }) =>
      html`<tr><th scope="row">${shortHex(account)}</th><td class="num">${round}</td><td>${kind}</td><td>${shortHex(prover)}</td><td class="num">${blockNumber}</td>
<td>${timestampS === undefined ? "–" : timeText(timestampS)}</td><td class="num">${wholeNumber(amountWei / 10n ** 9n)}</td></tr>
`,
  )}</tbody></table></div>`;
}

/** What members stated of their data, and what was put on the task's record; nothing where there is neither. */
export function recordSection({ statements, recorded }: AuditReport): Html {
  if (statements.length === 0 && recorded.length === 0) return html``;
  return html`<section aria-labelledby="record"><h2 id="record">Statements and record</h2>
${
  statements.length > 0 &&
  html`<div class="wide"><table><caption>Hashes of what participants stated of their data when they enrolled.</caption><thead><tr><th scope="col">Participant</th><th scope="col">Statement</th></tr></thead>
<tbody>${statements.map(
    ({ participant, statement }) =>
      html`<tr><th scope="row">${shortHex(participant)}</th><td>${shortHex(statement)}</td></tr>
`,
  )}</tbody></table></div>`
}
${
  recorded.length > 0 &&
  html`<div class="wide"><table><caption>Hashes that members put on the task's record.</caption><thead><tr><th scope="col">Author</th><th scope="col">Kind</th><th scope="col">Hash</th><th scope="col" class="num">Block</th><th scope="col">When</th></tr></thead>
<tbody>${recorded.map(
    ({ author, kind, hash, blockNumber, timestampS }) =>
      html`<tr><th scope="row">${shortHex(author)}</th><td>${recordKinds[kind] ?? kind}</td><td>${shortHex(hash)}</td><td class="num">${blockNumber}</td><td>${timestampS === undefined ? "–" : timeText(timestampS)}</td></tr>
`,
  )}</tbody></table></div>`
}</section>`;
}

const recordKinds: Readonly<Record<number, string>> = { 1: "approval", 2: "incident" };
