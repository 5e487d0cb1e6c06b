import type { Settings } from "../../config/index.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { Access } from "../../core/records.ts";
import { isWithin, type Policy, parsePolicy, policyText } from "../../core/task/access.ts";
import { parseTaskSpec, type TaskSpec } from "../../core/task/task-spec.ts";

/** Settings that say who may join, read and audit a task. */
export const policySettings = [
  "joinOrganisations",
  "joinRegions",
  "joinClearance",
  "readOrganisations",
  "readRegions",
  "readClearance",
  "auditOrganisations",
  "auditRegions",
  "auditClearance",
] as const;

/** A task's specification with what the settings say of its access, and who may join by the contract. */
export interface TaskAccess {
  readonly spec: TaskSpec;
  /** Absent: whoever has the role. */
  readonly join?: Access;
}

/**
 * The access of a task that is to be created: the specification's own, changed by the settings. Throws INVALID_CONFIG
 * for entries that no attribute can be, and where someone may join who may not read; INVALID_TASK_SPEC.
 */
export function taskAccess(spec: TaskSpec, values: Settings<(typeof policySettings)[number]>): TaskAccess {
  const read = policyOf("read", values.readOrganisations, values.readRegions, values.readClearance);
  const audit = policyOf("audit", values.auditOrganisations, values.auditRegions, values.auditClearance);
  const join = policyOf("join", values.joinOrganisations, values.joinRegions, values.joinClearance);
  const { access: own, ...rest } = spec;
  const access = { ...own, ...(read && { read }), ...(audit && { audit }) };
  if (!isWithin(join, access.read)) {
    throw new FedledgerError("INVALID_CONFIG", {
      name: "access",
      reason: `whoever may join (${policyText(join)}) must be able to read, which asks for ${policyText(access.read)}`,
    });
  }
  return {
    spec: parseTaskSpec({ ...rest, ...((access.read ?? access.audit) && { access }) }),
    ...(join && { join: { organisations: [], regions: [], clearance: 0, ...join } }),
  };
}

function policyOf(
  name: string,
  organisations: readonly string[] = [],
  regions: readonly string[] = [],
  clearance = 0,
): Policy | undefined {
  const policy = {
    ...(organisations.length > 0 && { organisations }),
    ...(regions.length > 0 && { regions }),
    ...(clearance > 0 && { clearance }),
  };
  return Object.keys(policy).length === 0 ? undefined : parsePolicy(`--${name}-…`, policy);
}
