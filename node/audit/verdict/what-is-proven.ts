import type { TaskRecord } from "../record/task-record.ts";
import type { Finding, FindingCode } from "../replay/findings.ts";
import type { RoundVerdict } from "./round-verdict.ts";

/**
 * What is found where something is wrong that no stored word binds: times, deadlines, places, turns, amounts and
 * signatures as the events show them. The contract has checked all of it. So whoever told the events made it up, and
 * nothing else that follows from the events alone is sure.
 */
const toldOnly: ReadonlySet<FindingCode> = new Set([
  "PHASE_ORDER",
  "BASE_MODEL_WRONG",
  "DRAW_WRONG",
  "DEADLINE_WRONG",
  "STEP_TOO_EARLY",
  "ADVERTISEMENT_LATE",
  "SIGNATURE_WRONG",
  "COMMITMENT_LATE",
  "COMMITTED_SET_WRONG",
  "ASSIGNMENT_WRONG",
  "PROPOSAL_LATE",
  "RESULT_NOT_PROPOSED",
  "ACCEPTED_LATE",
  "STRIKE_WRONG",
  "ROLL_BACK_WRONG",
  "INVALIDATION_WRONG",
  "EXPULSION_WRONG",
  "BOND_WRONG",
  "STORAGE_MISMATCH",
]);

/**
 * The record, whose findings are violations, and name accounts, only where the stored head proves what was done. Where
 * its events are not those of the head, or say beside it what the contract would have refused, they are unchecked.
 */
export function provenRecord(record: TaskRecord): TaskRecord {
  const all = [...record.findings, ...record.rounds.flatMap(({ findings }) => findings)];
  if (record.isBound && !all.some(isTold)) return record;
  const rounds = record.rounds.map((round) => ({ ...round, findings: round.findings.map(unproven) }));
  return { ...record, rounds, findings: record.findings.map(unproven) };
}

/** Findings of what the first head binds, as far as the creation is that head's. */
export function provenFindings({ isBound }: TaskRecord, findings: readonly Finding[]): readonly Finding[] {
  return isBound ? findings : findings.map(unproven);
}

/** Of a proposal whose assignment was not told nothing is known either; a closing, and a place, are not bound. */
function isTold({ code, party, data }: Finding): boolean {
  if (toldOnly.has(code) || data.isUnbound === true) return true;
  return party === undefined && (code === "PROPOSER_NOT_ASSIGNED" || code === "TOTAL_WEIGHT_WRONG");
}

/** The verdict on a round of a record, as far as its events are those of the stored head. */
export function provenVerdict({ isBound }: TaskRecord, verdict: RoundVerdict): RoundVerdict {
  if (isBound) return verdict;
  const judged = verdict.verdict === "violation" ? "unchecked" : verdict.verdict;
  return { ...verdict, verdict: judged, findings: verdict.findings.map(unproven) };
}

/** A finding that rests on whoever told the events. */
function unproven({ party: _, ...finding }: Finding): Finding {
  return { ...finding, severity: "unchecked" };
}
