import type { AuditReport } from "../verdict/audit-report.ts";
import { type Html, html } from "./html.ts";
import { shortHex } from "./report-format.ts";

/**
 * What each participant has spent of its privacy budget, in a task with noise, and which opened sums lie close
 * together, in a masked one.
 */
export function privacySection({ privacy, openedPairs }: AuditReport): Html {
  if (privacy === undefined && openedPairs.length === 0) return html``;
  return html`<section aria-labelledby="privacy"><h2 id="privacy">Privacy</h2>${spentPart(privacy)}${pairsPart(openedPairs)}</section>`;
}

function pairsPart(pairs: AuditReport["openedPairs"]): Html {
  if (pairs.length === 0) return html``;
  return html`<div class="wide"><table><caption>Pairs of opened sums over one base that differ by one member: where the others trained alike both times, the difference is that member's update.</caption>
<thead><tr><th scope="col">Rounds</th><th scope="col">Member</th><th scope="col">Base</th></tr></thead>
<tbody>${pairs.map(
    ({ rounds, member, baseModelRoot }) =>
      html`<tr><th scope="row">${rounds[0]} and ${rounds[1]}</th><td>${shortHex(member)}</td><td>${shortHex(baseModelRoot)}</td></tr>
`,
  )}</tbody></table></div>`;
}

function spentPart(privacy: AuditReport["privacy"]): Html {
  if (privacy === undefined) return html``;
  const { unit, mechanism, epsilon, delta, roundsAllowed, roundsInBudget, participants } = privacy;
  const guarded = unit === "participant" ? "all data of a participant" : "one example of a participant";
  return html`<h3>Privacy spent</h3>
<p>What is protected is ${guarded}, by the mechanism <code>${mechanism}</code>: at most ε = ${epsilon} at δ = ${delta}. The budget allows ${roundsInBudget} rounds to each, the rules ${roundsAllowed}, and the contract enforces that.</p>
<div class="wide"><table><caption>ε so far of every participant, for the rounds it committed to. It is computed from the specification; that a participant added its noise is its own affair, and cannot be seen from outside.</caption>
<thead><tr><th scope="col">Participant</th><th scope="col" class="num">Rounds</th><th scope="col" class="num">ε so far</th></tr></thead>
<tbody>${participants.map(
    (each) =>
      html`<tr><th scope="row">${shortHex(each.participant)}</th><td class="num">${each.rounds}</td><td class="num">${each.epsilon.toFixed(3)}</td></tr>
`,
  )}</tbody></table></div>`;
}
