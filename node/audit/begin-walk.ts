import { type Deployment, initialHistoryHead } from "../core/commitment.ts";
import { FedledgerError } from "../core/error.ts";
import type { TaskEvent } from "../core/task-events.ts";
import { createFindingLog } from "./findings.ts";
import type { RecoverSigner, Walk } from "./task-record.ts";

/** Where a walk through a task's events starts: at its creation, and who may enrol, if only some may. Throws INVALID_HISTORY without a creation. */
export function beginWalk(
  deployment: Deployment,
  events: readonly TaskEvent[],
  recoverSigner: RecoverSigner | undefined,
): Walk {
  const created = events.find((event) => event.name === "TaskCreated");
  if (!created) {
    throw new FedledgerError("INVALID_HISTORY", { name: "TaskCreated", round: 0, reason: "there is no such event" });
  }
  const { taskId, rules, modelRoot, spec } = created;
  const next = events[events.indexOf(created) + 1];
  const restricted = next?.name === "AccessRestricted" ? next : undefined;
  const access = restricted?.access;
  const log = createFindingLog(taskId, 0);
  if (events[0] !== created) {
    log.add({
      code: "PHASE_ORDER",
      message: "The first event is not the task's creation.",
      data: { first: events[0]!.name },
    });
  }
  return {
    deployment,
    taskId,
    created,
    rules,
    ...(restricted && { restricted }),
    recoverSigner,
    last: created,
    log,
    rounds: [],
    demands: new Map(),
    locked: new Map(),
    expelled: new Set(),
    misconduct: [],
    ends: [],
    places: new Map(),
    participants: new Map(),
    used: new Map(),
    heads: [initialHistoryHead({ ...deployment, taskId, rules, modelRoot, spec, access })],
    models: [modelRoot],
  };
}
