import { hexEquals } from "../../core/bytes/hex.ts";
import type { Address, RoundNumber } from "../../core/ids.ts";
import type { PlaceView, TaskView } from "../../core/record/task-view.ts";
import type { Head } from "../../ports/chain.ts";

/** How long nodes leave a step to those before them. */
export interface PatienceOptions {
  /** Seconds of chain time between one node's turn and the next; well above the chain's block time. */
  readonly patienceS: number;
}

/** Something that several accounts may send, and of which one transaction is enough. */
export interface Turn {
  /** The second of the chain's time at which it was first seen due. */
  readonly sinceS: number;
  /** Whose turn is first differs by round. */
  readonly round: RoundNumber;
  /** Seconds to wait after it became due (default 0). */
  readonly waitS?: number;
  /** Who should send it first, where someone should. */
  readonly first?: Address;
  /** Who should send it last, where someone should. */
  readonly last?: Address;
  /** Whether who has no turn comes before those who have one (default), or behind them. */
  readonly outsiders?: "first" | "last";
  /** Whose turns these are, in an order that begins elsewhere in each round; absent for the task's members. */
  readonly among?: readonly Address[];
  /** The last second at which it counts: all turns come within half of what is left. Absent for none. */
  readonly untilS?: number;
}

/**
 * Those who have a turn, in their order. Of the task's members: the aggregators from another one on in each round,
 * those that missed their last turn behind them, then the participants likewise. Who is leaving has no turn.
 */
export function turnOrder({ round, first, last, among }: Turn, { joined, enrolled }: TaskView): readonly Address[] {
  if (among !== undefined) return rotated(among, round);
  const aggregators = joined.filter(({ leaving }) => !leaving);
  const active = aggregators.filter(({ idle }) => !idle);
  const idle = aggregators.filter((place) => place.idle);
  const participants: readonly PlaceView[] = enrolled.filter(({ leaving }) => !leaving);
  const order = [active, idle, participants].flatMap((places) => rotated<PlaceView>(places, round));
  const isNamed = (account: Address): boolean =>
    [first, last].some((named) => named !== undefined && hexEquals(account, named));
  const others = order.map(({ account }) => account).filter((account) => !isNamed(account));
  return [...(first === undefined ? [] : [first]), ...others, ...(last === undefined ? [] : [last])];
}

/**
 * The second of chain time from which this account should send it: one patience later for each account before it. An
 * account without a turn goes first, as it watches, and is not asked to do anything else; or behind all others, those
 * who are leaving one after another.
 */
export function turnAtS(turn: Turn, me: Address, view: TaskView, { patienceS }: PatienceOptions): number {
  const { sinceS, waitS = 0, untilS = Number.POSITIVE_INFINITY } = turn;
  const leavers = [...view.joined, ...view.enrolled].filter(({ leaving }) => leaving).map(({ account }) => account);
  const order = [...turnOrder(turn, view), ...(turn.outsiders === "last" ? leavers : [])];
  const place = order.findIndex((account) => hexEquals(account, me));
  const rank = place < 0 && turn.outsiders === "last" ? order.length : Math.max(0, place);
  const delayS = waitS + rank * patienceS;
  return sinceS + Math.min(delayS, Math.max(0, Math.floor((untilS - sinceS) / 2)));
}

/** Whether it is this account's turn at this head. */
export function isMyTurn(
  turn: Turn,
  me: Address,
  { view, head }: { readonly view: TaskView; readonly head: Head },
  options: PatienceOptions,
): boolean {
  return head.timestampS >= turnAtS(turn, me, view, options);
}

/** What is due, each with the second at which it was first seen so: kept from `before` while its key stays. */
export function noted<D extends { readonly key: string }>(
  before: readonly (D & { readonly sinceS: number })[],
  due: readonly D[],
  { timestampS }: Head,
): readonly (D & { readonly sinceS: number })[] {
  return due.map((one) => {
    const known = before.find(({ key }) => key === one.key)?.sinceS ?? timestampS;
    return { ...one, sinceS: Math.min(known, timestampS) };
  });
}

function rotated<T>(list: readonly T[], by: number): readonly T[] {
  if (list.length === 0) return list;
  const at = by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}
