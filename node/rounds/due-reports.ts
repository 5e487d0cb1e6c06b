import { hexEquals } from "../core/hex.ts";
import type { Address } from "../core/ids.ts";
import type { Commitment, InvalidUpdate } from "../core/records.ts";
import { hasEnded, type RoundView, type TaskView } from "../core/task-view.ts";
import type { Head, ReportCall } from "../ports/chain.ts";
import type { PatienceOptions } from "./patience.ts";
import { commitmentOf, isExpelled, needsQuorum, placeOf } from "./round-queries.ts";
import { commitmentsTo, sameUpdate, type WordPool } from "./word-pool.ts";

/** An update whose bytes were seen to break the rules, with the proof. */
export interface UpdateFault {
  readonly commitment: Commitment;
  readonly invalid: InvalidUpdate;
}

/** Misconduct that the contract would take now. */
export interface DueReport {
  /** The same for as long as the same report is due. */
  readonly key: string;
  readonly accused: Address;
  readonly call: ReportCall;
}

/** A report and the second of the chain's time at which it was first seen due. */
export interface NotedReport extends DueReport {
  readonly sinceS: number;
}

/**
 * The misconduct that can be reported now, one report an account at most: two signed commitments to one round and model, one signed and
 * another made, an update beyond the clip, an update that a final proposal left out for a reason that the contract checked.
 *
 * Only of accounts that answer for it, and, where the round's record is needed, only while the contract surely holds it: the second
 * round after it writes over it.
 */
export function dueReports(view: TaskView, words: WordPool, faults: readonly UpdateFault[]): readonly DueReport[] {
  const onRecord = view.rounds.slice(-2).filter((round) => isOnRecord(view, round));
  const all = [...equivocations(words), ...onRecord.flatMap((round) => recorded(view, round, words, faults))].filter(
    ({ accused }) => placeOf(view, accused) !== undefined && !isExpelled(view, accused),
  );
  return all.filter(({ accused }, i) => all.findIndex((other) => hexEquals(other.accused, accused)) === i);
}

/** The reports with the time each was first seen: kept from `before` while its key stays. */
export function noteReports(
  before: readonly NotedReport[],
  due: readonly DueReport[],
  head: Head,
): readonly NotedReport[] {
  return due.map((report) => {
    const known = before.find(({ key }) => key === report.key)?.sinceS ?? head.timestampS;
    return { ...report, sinceS: Math.min(known, head.timestampS) };
  });
}

/**
 * Whether it is this account's turn to send a report: watchers at once, the task's participants one after another behind them, as
 * with challenges; nobody reports itself.
 */
export function isMyTurnToReport(
  { accused, call, sinceS }: NotedReport,
  me: Address,
  { view, head }: { readonly view: TaskView; readonly head: Head },
  { patienceS }: PatienceOptions,
): boolean {
  if (hexEquals(accused, me)) return false;
  const place = placeOf(view, me);
  const turn = place === undefined ? 0 : 1 + ((place.index + call.round) % view.enrolled.length);
  return head.timestampS >= sinceS + turn * patienceS;
}

/** Whether the round is closed, and no round that could open now takes its record's place. */
function isOnRecord(view: TaskView, round: RoundView): boolean {
  if (round.phase === "open" || round.phase === "none") return false;
  const newest = view.rounds.at(-1)!;
  return newest === round || !hasEnded(newest) || newest.round >= view.rules.rounds;
}

function equivocations({ commitments }: WordPool): readonly DueReport[] {
  return [...commitments.values()].flatMap(({ signed: one, other }) => {
    if (other === undefined) return [];
    const { taskId, round, participant: accused } = one;
    return [
      {
        key: `report:${round}:${accused}:equivocation`,
        accused,
        call: { kind: "reportEquivocation", taskId, round, one, other },
      },
    ];
  });
}

function recorded(
  view: TaskView,
  round: RoundView,
  words: WordPool,
  faults: readonly UpdateFault[],
): readonly DueReport[] {
  const { taskId } = view;
  const { commitments } = round;
  const about = { taskId, round: round.round, commitments };
  const reports: DueReport[] = [];
  const report = (call: ReportCall, accused: Address): void => {
    reports.push({ key: `report:${round.round}:${accused}:${call.kind}`, accused, call });
  };
  for (const { signed } of commitmentsTo(words, round)) {
    const made = commitmentOf(round, signed.participant);
    if (made === undefined || sameUpdate(made, signed)) continue;
    report({ kind: "reportDoubleCommitment", ...about, position: commitments.indexOf(made), signed }, made.participant);
  }
  for (const { commitment, invalid } of faults) {
    const position = commitments.findIndex((made) => isSame(made, commitment));
    if (position < 0) continue;
    report({ kind: "reportUpdate", ...about, invalid: { ...invalid, position } }, commitment.participant);
  }
  if (round.phase !== "finalized" || round.proposal === undefined || needsQuorum(view, round)) return reports;
  const { hash: _, challengeDeadlineS: __, ...proposal } = round.proposal;
  for (const [position, { slot, participant }] of commitments.entries()) {
    if (((proposal.excluded >> BigInt(slot)) & 1n) === 0n) continue;
    report({ kind: "reportWithheld", ...about, proposal, position }, participant);
  }
  return reports;
}

function isSame(a: Commitment, b: Commitment): boolean {
  return a.round === b.round && hexEquals(a.participant, b.participant) && hexEquals(a.updateRoot, b.updateRoot);
}
