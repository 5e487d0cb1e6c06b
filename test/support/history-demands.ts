import { createChunkTree } from "../../node/core/chunk-tree.ts";
import { demandId, proposalHash } from "../../node/core/commitment.ts";
import type { Demand } from "../../node/core/records.ts";
import { nodesBelow } from "../../node/core/tree-nodes.ts";
import { assignment, challenge, type OpenRound, type Proposed } from "./history-steps.ts";
import type { Unplaced, Writer } from "./history-writer.ts";

/** Demands the top of the proposed model's tree, and shows it. */
export function demandModel(writer: Writer, { round }: OpenRound, { proposal, lanes }: Proposed): void {
  const { taskId, members, rules } = writer;
  const tree = createChunkTree(lanes);
  const root = proposal.modelRoot;
  const demand: Demand = {
    taskId,
    round,
    proposalHash: proposalHash(taskId, round, proposal),
    kind: "model-nodes",
    place: tree.depth,
    index: 0,
    root,
  };
  writer.nowS += 1;
  writer.mine(members[2]!, demanded(writer, demand));
  writer.nowS += 3;
  const challengeDeadlineS = writer.nowS + rules.challengeWindowS;
  const by = { demandId: demandId(demand), shownBy: proposal.aggregator, challengeDeadlineS };
  writer.mine(proposal.aggregator, {
    name: "NodesShown",
    taskId,
    round,
    ...by,
    nodes: nodesBelow(tree, tree.depth, 0),
  });
}

/** Demands a chunk of the first update, which is not shown: the proposal is struck, and another aggregator assigned. */
export function strikeUnanswered(writer: Writer, open: OpenRound, { proposal }: Proposed): void {
  const { taskId, members, rules } = writer;
  const { round, committed } = open;
  const { slot, updateRoot: root } = committed[0]!;
  const demand: Demand = {
    taskId,
    round,
    proposalHash: proposalHash(taskId, round, proposal),
    kind: "update-chunk",
    place: slot,
    index: 1,
    root,
  };
  const demander = members[1]!;
  writer.nowS += 1;
  writer.mine(demander, { ...demanded(writer, demand), demander } as Unplaced);
  writer.nowS += rules.challengeWindowS + 1;
  const returned: Unplaced = { name: "DemandReturned", taskId, round, demandId: demandId(demand), demander };
  const struck = challenge(writer, open, proposal, "withheld", 1);
  open.attempt++;
  writer.mine(demander, returned, ...struck, ...assignment(writer, open));
}

function demanded({ taskId, nowS, rules, members }: Writer, demand: Demand): Unplaced {
  const deadlineS = nowS + rules.challengeWindowS;
  const { round } = demand;
  return { name: "Demanded", taskId, round, demandId: demandId(demand), demander: members[2]!, demand, deadlineS };
}
