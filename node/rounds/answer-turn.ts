import { hexEquals } from "../core/hex.ts";
import type { Address } from "../core/ids.ts";
import type { Member } from "../core/records.ts";
import { type DemandView, roundsInFlight, type TaskView } from "../core/task-view.ts";
import type { Head } from "../ports/chain.ts";
import type { ProposedRound } from "./judge-proposal.ts";
import type { PatienceOptions } from "./patience.ts";

/** A demand that this node should answer now, if it has what is asked for. */
export interface AnswerAction {
  readonly kind: "answer";
  readonly key: string;
  readonly round: ProposedRound;
  readonly demand: DemandView;
}

/**
 * The demands whose turn it is for this account to answer: whoever proposed answers at once, the other aggregators, the participants
 * and the rest one after another behind it, all within half of the time there is. Nobody answers its own demand.
 */
export function dueAnswers(
  me: Address,
  { view, head, members }: { readonly view: TaskView; readonly head: Head; readonly members: readonly Member[] },
  { patienceS }: PatienceOptions,
): readonly AnswerAction[] {
  return roundsInFlight(view).flatMap((round) => {
    const { proposal } = round;
    if (round.phase !== "proposed" || proposal === undefined) return [];
    const wait = Math.min(
      rankOf(me, proposal.aggregator, view, members) * patienceS,
      Math.floor(view.rules.challengeWindowS / 2),
    );
    return (round.demands ?? [])
      .filter(({ demand, open }) => open && hexEquals(demand.proposalHash, proposal.hash))
      .filter(({ demander }) => !hexEquals(demander, me))
      .filter(({ deadlineS }) => head.timestampS <= deadlineS)
      .filter(({ deadlineS }) => head.timestampS >= deadlineS - view.rules.challengeWindowS + wait)
      .map((demand) => ({ kind: "answer", key: `answer:${demand.id}`, round: round as ProposedRound, demand }));
  });
}

function rankOf(me: Address, proposer: Address, { enrolled }: TaskView, members: readonly Member[]): number {
  const aggregators = members.filter(({ roles }) => roles.includes("aggregator")).map(({ account }) => account);
  const order = [proposer, ...aggregators, ...enrolled.map(({ participant }) => participant)]
    .map((account) => account.toLowerCase())
    .filter((account, i, all) => all.indexOf(account) === i);
  const rank = order.indexOf(me.toLowerCase());
  return rank < 0 ? order.length : rank;
}
