import { checkRound } from "../../audit/replay/check-round.ts";
import { isSealed } from "../../core/task/blob-length.ts";
import { gatherUpdates } from "../blobs/gather-updates.ts";
import type { ProposedRound } from "../blobs/proposed-round.ts";
import type { TaskLook } from "../blobs/task-look.ts";
import { isAbsent, type JudgeProposalDeps, tell, unreadOf, type Verdict } from "./judging.ts";

/**
 * What can be judged of an encrypted round without the key: its sum. Nothing of it can be proven on the chain; a quorum
 * decides.
 */
export async function judgeSum(deps: JudgeProposalDeps, round: ProposedRound, look: TaskLook): Promise<Verdict> {
  const { taskId, rules } = look.view;
  const check = await checkRound({
    taskId,
    rules,
    round,
    baseLanes: undefined,
    getUpdate: await gatherUpdates(deps, round.commitments, look, deps.patience),
    sealed: isSealed(look.view),
    signal: look.signal,
  });
  const missing = check.updates.filter(({ status }) => isAbsent(status)).map(({ commitment }) => commitment);
  if (missing.length > 0) return { judgement: { isRight: false, missing }, faults: [], absent: unreadOf(check) };
  if (check.findings.length > 0) tell(deps, round, check.findings);
  const isRight = check.findings.length === 0;
  // who holds the key opens the sum before it attests: a round that was accepted may stand as proposed again
  return { judgement: { isRight, ...(round.phase === "accepted" && { isSumOnly: true }) }, faults: [] };
}
