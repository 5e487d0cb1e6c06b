import type { TaskId } from "../ids.ts";
import type { Evidence, Proposal, RoundInputs } from "../records.ts";
import { hashBytes, zeroBytes32 } from "../words/commitment.ts";
import { keyedSlots, slotsOf } from "./round-keys.ts";
import type { RoundView, TaskView } from "./task-view.ts";

/** Of a proposal's view, the proposal alone. */
export function proposalOf({ proposal }: Pick<RoundView, "proposal">): Proposal | undefined {
  if (proposal === undefined) return undefined;
  const { attempt, aggregator, modelRoot, contentId, totalWeight, excluded } = proposal;
  return { attempt, aggregator, modelRoot, contentId, totalWeight, excluded };
}

/**
 * All that a proof needs of a round whose updates are frozen: of its proposal's openings, or of none, with a zero in
 * their place.
 */
export function inputsOf(taskId: TaskId, round: RoundView): RoundInputs {
  const { drawn, totalWeight, acceptedBefore, baseModelRoot, anchor, accumulator, proposal } = round;
  return {
    taskId,
    round: round.round,
    drawn,
    committed: slotsOf(round.commitments),
    keyed: keyedSlots(round),
    totalWeight,
    acceptedBefore,
    baseModelRoot,
    anchor,
    accumulator,
    openingsHash: proposal === undefined ? zeroBytes32 : hashBytes(proposal.openings),
  };
}

/**
 * What a proof against an accepted round, or against a proposal that stands, is about; undefined where there is no
 * proposal.
 */
export function evidenceOf(taskId: TaskId, round: RoundView): Evidence | undefined {
  const proposal = proposalOf(round);
  if (proposal === undefined) return undefined;
  return { inputs: inputsOf(taskId, round), proposal, attesters: round.result?.attesters ?? [] };
}

/**
 * What shows an invalid update apart from any proposal: of a task's newest round, whose updates are frozen, on what the
 * record has now.
 */
export function inputsEvidence(view: Pick<TaskView, "taskId" | "modelRoot" | "accepted">, round: RoundView): Evidence {
  const now = { baseModelRoot: view.modelRoot, acceptedBefore: view.accepted, openingsHash: zeroBytes32 };
  return { inputs: { ...inputsOf(view.taskId, round), ...now }, attesters: [] };
}
