import { hexEquals } from "../core/hex.ts";
import type { Address } from "../core/ids.ts";
import type { Member } from "../core/records.ts";
import type { TaskView } from "../core/task-view.ts";
import type { Head } from "../ports/chain.ts";
import type { NotedPush, Push } from "./push.ts";

/** How long nodes leave a step to those before them. */
export interface PatienceOptions {
  /** Seconds of chain time between one node's turn and the next; well above the chain's block time. */
  readonly patienceS: number;
}

/**
 * Everyone who may push, in the order of their turns: the aggregators (another one begins each round), then the task's
 * participants likewise. A push that names who is first or last puts them there.
 */
export function turnOrder(push: Push, view: TaskView, members: readonly Member[]): readonly Address[] {
  const round = "round" in push.call ? push.call.round : (view.rounds.at(-1)?.round ?? 0);
  const aggregators = members.filter(({ roles }) => roles.includes("aggregator")).map(({ account }) => account);
  const participants = view.enrolled.map(({ participant }) => participant);
  const order = [...rotated(aggregators, round), ...rotated(participants, round)];
  const { first, last } = push;
  const isNamed = (account: Address): boolean =>
    (first !== undefined && hexEquals(account, first)) || (last !== undefined && hexEquals(account, last));
  return [
    ...(first === undefined ? [] : [first]),
    ...order.filter((account, i) => !isNamed(account) && order.findIndex((other) => hexEquals(other, account)) === i),
    ...(last === undefined ? [] : [last]),
  ];
}

/**
 * The second of chain time from which this account should push: at once if it is first in the order, else one patience
 * later for each node before it, participants two more. Accounts outside the order never push: undefined.
 */
export function turnAtS(
  push: NotedPush,
  me: Address,
  view: TaskView,
  members: readonly Member[],
  { patienceS }: PatienceOptions,
): number | undefined {
  const order = turnOrder(push, view, members);
  const rank = order.findIndex((account) => hexEquals(account, me));
  if (rank < 0) return undefined;
  const isAggregator = members.some(({ account, roles }) => hexEquals(account, me) && roles.includes("aggregator"));
  const extra = rank > 0 && !isAggregator ? 2 : 0;
  return push.sinceS + push.waitS + (rank + extra) * patienceS;
}

/** Whether it is this account's turn to push at this head. */
export function isMyTurn(
  push: NotedPush,
  me: Address,
  look: { readonly view: TaskView; readonly head: Head; readonly members: readonly Member[] },
  options: PatienceOptions,
): boolean {
  const atS = turnAtS(push, me, look.view, look.members, options);
  return atS !== undefined && look.head.timestampS >= atS;
}

function rotated<T>(list: readonly T[], by: number): readonly T[] {
  if (list.length === 0) return list;
  const at = by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}
