import { hexEquals } from "../bytes/hex.ts";
import { FedledgerError } from "../errors/error.ts";
import { type Deployment, startValue } from "../words/commitment.ts";
import { initialHistoryHead } from "./history-head.ts";
import type { TaskView } from "./task-view.ts";

/**
 * Refuses a task that its own hashes do not bind: rules, access, specification or initial model beside the first head
 * of the history, a newest round beside its start value. What an endpoint makes up of either is found here, before
 * anybody trains, masks or signs by it: a start value is signed for, so that the round that it stands for must be the
 * one shown.
 *
 * Throws INVALID_HISTORY. (A head that is made up with all that hangs on it passes; nothing signed under it counts on
 * the true chain.)
 */
export function requireBound(view: TaskView, deployment: Deployment): void {
  const { taskId, initialModelRoot: modelRoot, firstHead } = view;
  const reckoned = initialHistoryHead({ ...view, ...deployment, modelRoot });
  if (!hexEquals(firstHead, reckoned))
    throw unbound("TaskCreated", 0, "rules, access, specification and initial model");
  const round = view.rounds.at(-1);
  // before its draw a round has no start value, and nothing is signed for one that has ended
  if (round === undefined || round.phase === "drawing" || round.phase === "invalid") return;
  const start = startValue({ ...deployment, taskId, ...round, historyHead: round.headAtOpening });
  if (!hexEquals(round.start, start)) throw unbound("RoundOpened", round.round, "base, draw and members");
}

function unbound(name: string, round: number, what: string): FedledgerError {
  return new FedledgerError("INVALID_HISTORY", { name, round, reason: `its hash is not that of the ${what} shown` });
}
