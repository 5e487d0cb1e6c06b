import { hexEquals } from "../core/hex.ts";
import type { Address } from "../core/ids.ts";
import type { Commitment, Demand } from "../core/records.ts";
import type { DemandView, TaskView } from "../core/task-view.ts";
import type { PlacedNode } from "../core/tree-nodes.ts";
import type { DemandCall, Head } from "../ports/chain.ts";
import { challengeAtS } from "./challenge-turn.ts";
import type { Judgement, ProposedRound } from "./judge-proposal.ts";
import type { PatienceOptions } from "./patience.ts";
import { openDemandsAgainst } from "./round-demands.ts";

/** Something to demand of the proposer now: nodes of its model's tree, or a chunk, drawn when it is sent, of an update that nobody gives. */
export type DemandAction = { readonly kind: "demand"; readonly key: string; readonly round: ProposedRound } & (
  | { readonly node: PlacedNode }
  | { readonly commitment: Commitment }
);

/** A call that ends a demand. */
export interface EndDemandAction {
  readonly kind: "send";
  readonly key: string;
  readonly call: Extract<DemandCall, { kind: "strikeUnanswered" | "returnDemand" }>;
}

interface Look {
  readonly view: TaskView;
  readonly head: Head;
}

/** So many accounts demand a chunk of the same update: each draws its own. */
const mostDemanders = 3;

/** Seconds that bytes may take to appear, after this account's turn to challenge has come. */
function patienceOf({ rules }: Pick<TaskView, "rules">, { patienceS }: PatienceOptions): number {
  return Math.min(patienceS, Math.floor(rules.challengeWindowS / 4));
}

/**
 * What this account should demand now, by what recomputing the proposal came to: the next node of a model that cannot be had, and a
 * chunk of each included update that cannot be had. The first demand waits for its turn to challenge and a patience more, the next ones
 * follow the answers; nothing is demanded twice, or after the window.
 */
export function dueDemands(
  me: Address,
  look: Look & { readonly round: ProposedRound },
  { next, missing = [] }: Pick<Judgement, "next" | "missing">,
  options: PatienceOptions,
): readonly DemandAction[] {
  const { view, head, round } = look;
  const { hash, challengeDeadlineS } = round.proposal;
  const demands = (round.demands ?? []).filter(({ demand }) => hexEquals(demand.proposalHash, hash));
  const hasBegun = demands.some(({ demander }) => hexEquals(demander, me));
  if (!hasBegun && head.timestampS < challengeAtS(me, look, options) + patienceOf(view, options)) return [];
  if (head.timestampS > challengeDeadlineS) return [];
  const actions: DemandAction[] = [];
  if (next !== undefined && !demands.some(({ demand }) => isForNode(demand, next))) {
    const key = `demand:${hash}:${next.height}:${next.index}`;
    actions.push({ kind: "demand", key, round, node: next });
  }
  for (const commitment of missing) {
    const same = demands.filter(({ demand: { kind, place } }) => kind === "update-chunk" && place === commitment.slot);
    if (same.length >= mostDemanders || same.some(({ demander }) => hexEquals(demander, me))) continue;
    actions.push({ kind: "demand", key: `demand:${hash}:update:${commitment.slot}`, round, commitment });
  }
  return actions;
}

/** Demands left unanswered, to strike the proposal for: this account's own at once, others' when their makers had the time to. */
export function dueStrikes(
  me: Address,
  { view, head }: Look,
  { patienceS }: PatienceOptions,
): readonly EndDemandAction[] {
  const place = view.enrolled.findIndex(({ participant }) => hexEquals(participant, me));
  return view.rounds.slice(-2).flatMap((round) => {
    if (round.phase !== "proposed" || round.proposal === undefined) return [];
    const { hash: _, challengeDeadlineS: __, ...proposal } = round.proposal;
    return openDemandsAgainst(round)
      .filter(({ demander, deadlineS }) => {
        const wait = hexEquals(demander, me) ? 0 : (2 + place) * patienceS;
        return head.timestampS > deadlineS + wait;
      })
      .map(({ id, demand }) => ({
        kind: "send",
        key: `strike:${id}`,
        call: { kind: "strikeUnanswered", demand, proposal },
      }));
  });
}

/** This account's demands whose proposal is no longer to be decided: their bonds come back. */
export function dueReturns(me: Address, { rounds }: Pick<TaskView, "rounds">): readonly EndDemandAction[] {
  return rounds.flatMap((round) => {
    const standing = round.phase === "proposed" ? openDemandsAgainst(round) : [];
    return (round.demands ?? [])
      .filter((demand: DemandView) => demand.open && !standing.includes(demand) && hexEquals(demand.demander, me))
      .map(({ id, demand }) => ({ kind: "send", key: `return:${id}`, call: { kind: "returnDemand", demand } }));
  });
}

function isForNode(demand: Demand, { height, index, node }: PlacedNode): boolean {
  return (
    demand.kind === "model-nodes" && demand.place === height && demand.index === index && hexEquals(demand.root, node)
  );
}
