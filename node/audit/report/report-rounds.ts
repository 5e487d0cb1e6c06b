import type { PublicMetric } from "../../ports/public-test.ts";
import type { AuditReport } from "../verdict/audit-report.ts";
import type { RoundVerdict } from "../verdict/round-verdict.ts";
import { type Html, html } from "./html.ts";
import { lossValue } from "./metric-text.ts";
import { metricOf } from "./report-chart.ts";
import { byteSize, duration, shortHex, wholeNumber } from "./report-format.ts";

const nothing = html`<span class="none">–</span>`;

/** The table of rounds. */
export function roundsSection(report: AuditReport): Html {
  if (report.rounds.length === 0) {
    return html`<section aria-labelledby="rounds"><h2 id="rounds">Rounds</h2><p class="empty">No round has been opened.</p></section>`;
  }
  const metric = metricOf(report);
  const gas = report.rounds.some((round) => round.gas);
  const hasKeys = report.task.rules.keyWindowS > 0;
  return html`<section aria-labelledby="rounds"><h2 id="rounds">Rounds</h2><div class="wide" tabindex="0" role="region" aria-labelledby="rounds"><table>
<caption>Each round of the task, in order. Hashes are shortened; the whole one shows when you point at it. Updates: counted / committed / ${hasKeys && "with keys / "}drawn.</caption>
<thead><tr><th scope="col" class="num">Round</th><th scope="col">Verdict</th><th scope="col" class="num">${metric.name}</th><th scope="col" class="num">Loss</th>
<th scope="col" class="num">Updates</th><th scope="col" class="num">Weight</th><th scope="col" class="num">Attesters</th><th scope="col">Aggregator</th>
<th scope="col">Model root</th><th scope="col">Content id</th><th scope="col" class="num">Checked</th>${gas && html`<th scope="col" class="num">Gas</th>`}<th scope="col" class="num">Time</th></tr></thead>
<tbody>${report.rounds.map((round) => roundRow(round, { tell: metric.tell, gas, hasKeys }))}</tbody></table></div></section>`;
}

function roundRow(
  round: RoundVerdict,
  {
    tell,
    gas,
    hasKeys,
  }: { readonly tell: (metric: PublicMetric) => string; readonly gas: boolean; readonly hasKeys: boolean },
): Html {
  const { testMetric, updates } = round;
  const counted = updates.filter(({ excluded }) => !excluded).length;
  const gasTitle =
    round.gas &&
    `open ${wholeNumber(round.gas.open)}, commitments ${wholeNumber(round.gas.commit)}, close ${wholeNumber(round.gas.close)}, propose ${wholeNumber(round.gas.propose)}, end ${wholeNumber(round.gas.end)}`;
  return html`<tr><th scope="row" class="num">${round.round}</th>
<td>${verdictCell(round)}</td>
<td class="num">${testMetric ? tell(testMetric) : nothing}</td><td class="num">${testMetric ? lossValue(testMetric).toFixed(4) : nothing}</td>
<td class="num">${counted} / ${updates.length} / ${hasKeys && `${round.keys ?? 0} / `}${round.drawn.length}</td><td class="num">${round.totalWeight === undefined ? nothing : wholeNumber(round.totalWeight)}</td>
<td class="num"${round.attesters.length > 0 && html` title="${round.attesters.join("\n")}"`}>${round.attesters.length}</td><td>${shortHex(round.aggregator)}</td>
<td>${shortHex(round.modelRoot)}</td><td>${shortHex(round.modelContentId)}</td><td class="num">${byteSize(round.bytesChecked)}</td>
${gas && html`<td class="num" title="${gasTitle}">${round.gas ? wholeNumber(round.gas.total) : nothing}</td>`}<td class="num">${round.durationS === undefined ? nothing : duration(round.durationS)}</td></tr>
`;
}

/** A round's verdict, and what led to it. */
function verdictCell({
  verdict,
  isDecryptionAttested,
  opened,
  superseded,
  strike,
  aggregator,
  reason,
}: RoundVerdict): Html {
  const refuted = superseded.flatMap((former) => (former.strike ? [{ ...former, strike: former.strike }] : []));
  const aside = superseded.length - refuted.length;
  const proven = [...refuted, ...(strike ? [{ aggregator, strike }] : [])];
  return html`<span class="chip ${verdict === "invalid" ? "ended" : verdict}">${verdict}</span>${isDecryptionAttested && html`<br><small>sum recomputed, decryption attested</small>`}${opened && html`<br><small>sum opened by ${opened.seeds} seeds${opened.keys > 0 && ` and ${opened.keys} keys of who dropped out`}</small>`}${aside > 0 && html`<br><small>${aside} proposal${aside > 1 && "s"} set aside</small>`}${proven.map(
    (each) =>
      html`<br><small>proposal of ${shortHex(each.aggregator)} proven wrong by ${shortHex(each.strike.prover)} (${each.strike.kind})</small>`,
  )}${reason && html`<br><small>${reason}</small>`}`;
}

/** Every committed update, folded away. */
export function updatesSection(report: AuditReport): Html {
  const { updates: count } = report.totals;
  if (count === 0) return html``;
  const rows = report.rounds.flatMap(({ round, updates }) =>
    updates.map(
      (
        update,
      ) => html`<tr><td class="num">${round}</td><td>${shortHex(update.participant)}</td><td class="num">${update.slot}</td><td class="num">${wholeNumber(update.weight)}</td>
<td>${shortHex(update.updateRoot)}</td><td>${shortHex(update.contentId)}</td><td>${update.excluded ? "left out" : "counted"}</td><td><span class="chip ${update.status}">${statusText[update.status]}</span></td></tr>
`,
    ),
  );
  return html`<section aria-labelledby="updates"><h2 id="updates">Updates</h2><details><summary>All ${count} committed updates</summary><div class="wide"><table>
<caption>What each participant committed to, and what its bytes turned out to be.</caption>
<thead><tr><th scope="col" class="num">Round</th><th scope="col">Participant</th><th scope="col" class="num">Slot</th><th scope="col" class="num">Weight</th><th scope="col">Update root</th><th scope="col">Content id</th><th scope="col">In the result</th><th scope="col">Bytes</th></tr></thead>
<tbody>${rows}</tbody></table></div></details></section>`;
}

const statusText = {
  valid: "as committed",
  missing: "missing",
  differs: "other bytes",
  sealed: "sealed",
  invalid: "against the rules",
  "not-asked": "not looked at",
} as const;
