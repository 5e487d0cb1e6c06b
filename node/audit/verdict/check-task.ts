import { chunkTreeRoot } from "../../core/bytes/chunk-tree.ts";
import { hexEquals } from "../../core/bytes/hex.ts";
import { isFedledgerError } from "../../core/errors/error.ts";
import { modeOf } from "../../core/modes/mode-of.ts";
import { initialLanes } from "../../core/task/initial-model.ts";
import { rulesFault } from "../../core/task/rules-validity.ts";
import { taskLaneCount } from "../../core/task/task-lanes.ts";
import { canonicalTaskSpec, parseTaskSpecJson, type TaskSpec } from "../../core/task/task-spec.ts";
import { privacyProblems } from "../../privacy/budget/check-privacy.ts";
import type { EventOf } from "../record/task-record.ts";
import { createFindingLog, type Finding, type FindingLog } from "../replay/findings.ts";

/** What a look at a task's creation brought. */
export interface TaskCheck {
  /** RULES_INVALID, RULE_UNSUPPORTED, SPEC_INVALID, INITIAL_MODEL_WRONG, PRIVACY_RULES_WRONG; round 0. */
  readonly findings: readonly Finding[];
  /** The specification; absent when it is not valid. */
  readonly spec?: TaskSpec;
  /** The initial model; present when it has the root on the chain. */
  readonly initialLanes?: Int32Array;
  /** Whether rounds can be recomputed: the rules are in range and of a kind this version computes. */
  readonly computable: boolean;
}

/** Checks a task's creation: rules in range, specification valid and canonical, initial model computed from it. */
export function checkTask(created: EventOf<"TaskCreated">): TaskCheck {
  const { taskId, creator, rules } = created;
  const log = createFindingLog(taskId, 0);
  const fault = rulesFault(rules);
  if (fault) {
    const { error } = fault;
    const field = error === "InvalidRule" ? fault.field : undefined;
    log.add({
      code: "RULES_INVALID",
      party: creator,
      message: `The contract would not have accepted the task's rules: ${error}${field ? ` (${field})` : ""}.`,
      data: { error, field },
    });
  }
  const { mostParameters: most = Number.POSITIVE_INFINITY } = modeOf(rules);
  const supported = rules.parameterCount <= most;
  if (!supported) {
    log.add({
      code: "RULE_UNSUPPORTED",
      severity: "unchecked",
      party: creator,
      message: `Updates of ${rules.parameterCount} parameters are larger than any blob: no round can have a result.`,
      data: { parameterCount: rules.parameterCount, most },
    });
  }
  const computable = supported && fault === undefined;
  const spec = checkSpec(log, created);
  const lanes = spec && fault === undefined ? checkInitialModel(log, created, spec) : undefined;
  if (spec && fault === undefined) checkPrivacy(log, created, spec);
  return { findings: log.findings, ...(spec && { spec }), ...(lanes && { initialLanes: lanes }), computable };
}

function checkSpec(log: FindingLog, { creator, spec: text, rules }: EventOf<"TaskCreated">): TaskSpec | undefined {
  try {
    const spec = parseTaskSpecJson(text);
    const parameterCount = taskLaneCount(spec);
    if (canonicalTaskSpec(spec) === text && parameterCount === rules.parameterCount) return spec;
    log.add({
      code: "SPEC_INVALID",
      party: creator,
      message:
        parameterCount === rules.parameterCount
          ? "The specification on the chain is not in canonical form."
          : `The specification gives ${parameterCount} parameters, the rules say ${rules.parameterCount}.`,
      data: { parameterCount, expected: rules.parameterCount },
    });
  } catch (error) {
    if (!isFedledgerError(error)) throw error;
    log.add({
      code: "SPEC_INVALID",
      party: creator,
      message: `The specification on the chain is not valid: ${error.message}`,
      data: { error: error.code },
    });
  }
  return undefined;
}

function checkInitialModel(
  log: FindingLog,
  { creator, modelRoot, rules }: EventOf<"TaskCreated">,
  spec: TaskSpec,
): Int32Array | undefined {
  try {
    const lanes = initialLanes(spec, rules.fractionBits);
    const expected = chunkTreeRoot(lanes);
    if (hexEquals(expected, modelRoot)) return lanes;
    log.add({
      code: "INITIAL_MODEL_WRONG",
      party: creator,
      message: "The initial model on the chain is not the one that the specification gives.",
      data: { expected, actual: modelRoot },
    });
  } catch (error) {
    if (!isFedledgerError(error)) throw error;
    log.add({
      code: "INITIAL_MODEL_WRONG",
      party: creator,
      message: `The specification gives no initial model: ${error.message}`,
      data: { error: error.code },
    });
  }
  return undefined;
}

/**
 * Whether the contract's rules keep what the specification promises: the rounds a participant may join cost no more
 * than its epsilon.
 */
function checkPrivacy(log: FindingLog, { creator, rules }: EventOf<"TaskCreated">, spec: TaskSpec): void {
  const { privacy } = spec;
  if (privacy === undefined) return;
  for (const { field, reason } of privacyProblems({ ...spec, privacy }, rules)) {
    log.add({
      code: "PRIVACY_RULES_WRONG",
      party: creator,
      message: `The rules do not keep the specification's promise of privacy: ${field} ${reason}.`,
      data: { field },
    });
  }
}
