import { hexEquals } from "../../core/bytes/hex.ts";
import { FedledgerError, isFedledgerError } from "../../core/errors/error.ts";
import type { Bytes32 } from "../../core/ids.ts";
import { initialHistoryHead } from "../../core/record/history-head.ts";
import type { TaskEvent } from "../../core/record/task-events.ts";
import type { Deployment } from "../../core/words/commitment.ts";
import type { EventOf, RecoverSigner, Walk } from "../record/task-record.ts";
import { createFindingLog } from "../replay/findings.ts";

/** Where a walk through a task's events starts: at its creation. Throws INVALID_HISTORY without one. */
export function beginWalk(
  deployment: Deployment,
  events: readonly TaskEvent[],
  recoverSigner: RecoverSigner | undefined,
): Walk {
  const created = events.find((event) => event.name === "TaskCreated");
  if (!created) {
    throw new FedledgerError("INVALID_HISTORY", { name: "TaskCreated", round: 0, reason: "there is no such event" });
  }
  const { taskId, rules, modelRoot, historyHead } = created;
  const log = createFindingLog(taskId, 0);
  const [first] = events;
  if (first !== created) {
    log.add({
      code: "PHASE_ORDER",
      message: "The first event is not the task's creation.",
      data: { first: first?.name },
    });
  }
  const head = headOf(deployment, created);
  const isRight = head !== undefined && hexEquals(head, historyHead);
  if (!isRight) {
    log.add({
      code: "HISTORY_HEAD_WRONG",
      message: "The creation does not hash to the head of the history that was recorded with it.",
      data: { expected: head, actual: historyHead },
    });
  }
  return {
    deployment,
    taskId,
    created,
    rules,
    recoverSigner,
    last: created,
    log,
    rounds: [],
    participants: [],
    aggregators: [],
    leavers: [],
    states: new Map(),
    expelled: [],
    statements: [],
    recorded: [],
    entries: [],
    heads: head === undefined || isRight ? [historyHead] : [head, historyHead],
    models: [modelRoot],
    accepted: 0,
  };
}

/** What the creation hashes to; undefined where its fields fit into no words. */
function headOf(deployment: Deployment, created: EventOf<"TaskCreated">): Bytes32 | undefined {
  try {
    return initialHistoryHead({ ...deployment, ...created });
  } catch (error) {
    if (!isFedledgerError(error, "INVALID_ARGUMENT")) throw error;
    return undefined;
  }
}
