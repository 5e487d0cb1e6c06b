import { demandId } from "../../node/core/commitment.ts";
import type { Address } from "../../node/core/ids.ts";
import type { Demand } from "../../node/core/records.ts";
import type { DemandView } from "../../node/core/task-view.ts";
import type { ProposedRound } from "../../node/rounds/judge-proposal.ts";

/** An open demand against the round's proposal, for the nodes below the top of its model's tree unless said otherwise. */
export function demandAgainst(
  { round, proposal }: ProposedRound,
  demander: Address,
  changes: Partial<Omit<DemandView, "demand">> & { readonly demand?: Partial<Demand> } = {},
): DemandView {
  const demand: Demand = {
    taskId: 1,
    round,
    proposalHash: proposal.hash,
    kind: "model-nodes",
    place: 1,
    index: 0,
    root: proposal.modelRoot,
    ...changes.demand,
  };
  return { id: demandId(demand), demander, deadlineS: 300, open: true, ...changes, demand };
}
