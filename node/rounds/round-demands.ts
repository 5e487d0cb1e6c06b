import { hexEquals } from "../core/hex.ts";
import type { DemandView, RoundView } from "../core/task-view.ts";
import type { ShownNodes } from "../core/tree-nodes.ts";

/** The open demands against the round's standing proposal: while there are any, it does not become final by time. */
export function openDemandsAgainst(round: Pick<RoundView, "proposal" | "demands">): readonly DemandView[] {
  return against(round).filter(({ open }) => open);
}

/** The nodes of the standing proposal's tree that were shown on the chain. */
export function nodesShown(round: Pick<RoundView, "proposal" | "demands">): readonly ShownNodes[] {
  return against(round).flatMap(({ demand, shown }) =>
    shown !== undefined && "nodes" in shown ? [{ demand, nodes: shown.nodes }] : [],
  );
}

function against({ proposal, demands = [] }: Pick<RoundView, "proposal" | "demands">): readonly DemandView[] {
  if (proposal === undefined) return [];
  return demands.filter(({ demand }) => hexEquals(demand.proposalHash, proposal.hash));
}
