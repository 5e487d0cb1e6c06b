import type { Address, RoundNumber, TaskId } from "../../core/ids.ts";

/**
 * Everything an audit can find. The set is closed; docs/audit.md explains each.
 *
 * Of the record alone (no blobs needed), then of the blobs.
 */
export const findingCodes = [
  // the task
  "RULES_INVALID",
  "SPEC_INVALID",
  "INITIAL_MODEL_WRONG",
  "PRIVACY_RULES_WRONG",
  "RULE_UNSUPPORTED",
  // the record
  "PHASE_ORDER",
  "BASE_MODEL_WRONG",
  "DRAW_WRONG",
  "DEADLINE_WRONG",
  "STEP_TOO_EARLY",
  "PARTICIPANT_NOT_ENROLLED",
  "PARTICIPANT_NOT_ELIGIBLE",
  "PARTICIPANT_NOT_DRAWN",
  "STATEMENT_MISSING",
  "ADVERTISEMENT_LATE",
  "ADVERTISED_TWICE",
  "ADVERTISEMENT_WRONG",
  "SIGNATURE_WRONG",
  "COMMITTED_WITHOUT_KEY",
  "COMMITMENT_LATE",
  "COMMITTED_TWICE",
  "BUDGET_EXCEEDED",
  "WEIGHT_OUT_OF_RANGE",
  "ACCUMULATOR_WRONG",
  "COMMITTED_SET_WRONG",
  "TOTAL_WEIGHT_WRONG",
  "TOO_FEW_UPDATES",
  "ASSIGNMENT_WRONG",
  "PROPOSER_NOT_ASSIGNED",
  "PROPOSAL_LATE",
  "EXCLUSION_INVALID",
  "OPENINGS_WRONG",
  "RESULT_NOT_PROPOSED",
  "ACCEPTED_LATE",
  "ATTESTER_WRONG",
  "QUORUM_NOT_REACHED",
  "INVALIDATION_WRONG",
  "STRIKE_WRONG",
  "ROLL_BACK_WRONG",
  "EXPULSION_WRONG",
  "BOND_WRONG",
  "HISTORY_HEAD_WRONG",
  "STORAGE_MISMATCH",
  "CODE_DIFFERS",
  "STATE_UNPROVEN",
  "ENDPOINTS_DISAGREE",
  // the bytes
  "UPDATE_MISSING",
  "UPDATE_BYTES_DIFFER",
  "UPDATE_SEALED",
  "UPDATE_OUT_OF_BOUNDS",
  "UPDATE_COPIED",
  "UPDATE_REPLAYED",
  "INCLUSION_UNJUSTIFIED",
  "EXCLUSION_UNJUSTIFIED",
  "OPENING_FALSE",
  "SUM_OUT_OF_BOUNDS",
  "SUM_WRONG",
  "AGGREGATE_WRONG",
  "MODEL_BEYOND_CLIP",
  "MODEL_BYTES_DIFFER",
  "MODEL_MISSING",
  "MODEL_SEALED",
  "SEAL_BROKEN",
  "BLOBS_SEALED",
] as const;

/** A code of {@link findingCodes}. */
export type FindingCode = (typeof findingCodes)[number];

/**
 * `violation`: the record or the bytes prove it, whoever looks. `unchecked`: what was at hand neither proves nor
 * excludes it; another source of bytes may settle it. Neither is ever reported as fine.
 */
export type Severity = "violation" | "unchecked";

/** Plain data of a finding: hashes, numbers, accounts. Never lanes. */
export type FindingData = Readonly<Record<string, string | number | bigint | boolean | undefined>>;

/** One thing that is not as it must be. */
export interface Finding {
  readonly code: FindingCode;
  readonly severity: Severity;
  readonly taskId: TaskId;
  /** 0 where it concerns the task as a whole. */
  readonly round: RoundNumber;
  /** Whose act it concerns; absent where the record does not say. */
  readonly party?: Address;
  /** First wrong chunk of 64 lanes, from 0. */
  readonly chunk?: number;
  /** One sentence for a person. */
  readonly message: string;
  readonly data: FindingData;
}

/** What a whole audit, or one round of it, came to. */
export type Verdict = "verified" | "violation" | "unchecked";

/** The verdict of findings together: a violation outweighs everything unchecked. */
export function verdictOf(findings: readonly Finding[]): Verdict {
  if (findings.some(({ severity }) => severity === "violation")) return "violation";
  return findings.length > 0 ? "unchecked" : "verified";
}

/** The exit code of a verdict: 0 verified, 3 violation, 4 unchecked. */
export function exitCodeOf(verdict: Verdict): 0 | 3 | 4 {
  return verdict === "verified" ? 0 : verdict === "violation" ? 3 : 4;
}

/** What a {@link FindingLog} needs to know of one finding. */
export type FindingInput = Pick<Finding, "code" | "message"> &
  Partial<Pick<Finding, "severity" | "party" | "chunk" | "data">>;

/** Collects the findings of one round; severity is `violation` unless said otherwise. */
export interface FindingLog {
  readonly findings: readonly Finding[];
  add(finding: FindingInput): void;
}

/** An empty collection for a round of a task (round 0: the task as a whole). */
export function createFindingLog(taskId: TaskId, round: RoundNumber): FindingLog {
  const findings: Finding[] = [];
  return {
    findings,
    add: ({ severity = "violation", data = {}, ...rest }) => findings.push({ ...rest, severity, taskId, round, data }),
  };
}
