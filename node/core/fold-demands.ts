import { impossible, type TaskEventOf } from "./impossible-event.ts";
import type { DemandView, RoundView } from "./task-view.ts";

/** What a strike for an unanswered demand says of the round: the demand is spent, and an update that was not shown may be left out. */
export function unshown(round: RoundView, event: TaskEventOf<"Challenged">): Pick<RoundView, "demands" | "withheld"> {
  const isGround = (demand: DemandView) =>
    !demand.open && demand.shown === undefined && demand.demand.proposalHash === round.proposal!.hash;
  const ground = round.demands?.findLast((demand) => isGround(demand) && demand.demand.index === event.chunkIndex);
  if (ground === undefined) throw impossible(event, "nothing was demanded in vain");
  const { kind, place: slot } = ground.demand;
  return kind === "update-chunk" ? { withheld: (round.withheld ?? 0n) | (1n << BigInt(slot)) } : {};
}

/** The round after an event of one of its demands. Throws INVALID_HISTORY. */
export function demanded(
  event: TaskEventOf<"Demanded" | "ChunkShown" | "NodesShown" | "DemandReturned">,
  round: RoundView,
): RoundView {
  const { demands = [] } = round;
  const known = demands.find(({ id }) => id === event.demandId);
  if (event.name === "Demanded") {
    if (known !== undefined) throw impossible(event, "it was demanded already");
    const { demandId: id, demander, demand, deadlineS } = event;
    return { ...round, demands: [...demands, { id, demander, demand, deadlineS, open: true }] };
  }
  if (!known?.open) throw impossible(event, "no such demand is open");
  const ended: DemandView = { ...known, open: false, ...shownBy(event) };
  const after = { ...round, demands: demands.map((demand) => (demand === known ? ended : demand)) };
  if (event.name === "DemandReturned" || round.proposal === undefined) return after;
  return { ...after, proposal: { ...round.proposal, challengeDeadlineS: event.challengeDeadlineS } };
}

function shownBy(event: TaskEventOf<"ChunkShown" | "NodesShown" | "DemandReturned">): Pick<DemandView, "shown"> {
  if (event.name === "DemandReturned") return {};
  return { shown: event.name === "ChunkShown" ? { chunk: event.shown } : { nodes: event.nodes } };
}
