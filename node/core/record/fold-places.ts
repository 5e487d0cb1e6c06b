import type { Address } from "../ids.ts";
import { type Draft, impossible, type TaskEventOf } from "./fold-draft.ts";
import { freeingOf, freePlace } from "./freed-places.ts";
import { extendHistory, type HistoryEntry } from "./history-head.ts";
import { type PlaceView, roundInFlight } from "./task-view.ts";

type WithHead = Pick<Draft, "historyHead">;
const grown = ({ historyHead }: WithHead, entry: HistoryEntry): WithHead => ({
  historyHead: extendHistory(historyHead, entry),
});

/** The task with one more participant. Throws INVALID_HISTORY. */
export function enrolled(event: TaskEventOf<"Enrolled">, draft: Draft): Draft {
  const { participant: account, statement, attributesHash } = event;
  expectNewcomer(event, account, draft.enrolled, draft);
  draft.enrolled.push({ account, leaving: false, statement });
  return { ...back(account, draft), ...grown(draft, { kind: "enrolled", account, statement, attributesHash }) };
}

/** The task with one more aggregator. Throws INVALID_HISTORY. */
export function joined(event: TaskEventOf<"Joined">, draft: Draft): Draft {
  const { aggregator: account, attributesHash } = event;
  expectNewcomer(event, account, draft.joined, draft);
  draft.joined.push({ account, leaving: false, idle: false });
  return { ...back(account, draft), ...grown(draft, { kind: "joined", account, attributesHash }) };
}

/** The task without the account among those who left. */
function back(account: Address, draft: Draft): Draft {
  return draft.left?.includes(account) ? { ...draft, left: draft.left.filter((each) => each !== account) } : draft;
}

function expectNewcomer(
  event: TaskEventOf<"Enrolled" | "Joined">,
  account: Address,
  list: readonly PlaceView[],
  { enrolled, joined, expelled = [] }: Draft,
): void {
  const isTheirs = (each: { readonly account: Address }) => each.account === account;
  if ([enrolled, joined].some((places) => places.some(isTheirs))) throw impossible(event, "the account is in the task");
  if (expelled.some(isTheirs)) throw impossible(event, "the account was expelled");
  if (event.index !== list.length) throw impossible(event, `the next free place is ${list.length}`);
}

/** The task with a member that leaves. Throws INVALID_HISTORY. */
export function leaving(event: TaskEventOf<"Leaving">, draft: Draft): Draft {
  const { account } = event;
  if (!startLeaving(account, draft)) throw impossible(event, "the account is not in the task, or leaves it already");
  return { ...draft, ...grown(draft, { kind: "leaving", account }) };
}

/**
 * Marks an account that has a place, and puts it behind those who left before. Whether it has a place, and was not
 * leaving.
 */
export function startLeaving(account: Address, draft: Draft): boolean {
  for (const places of [draft.enrolled, draft.joined] as PlaceView[][]) {
    const at = places.findIndex((each) => each.account === account);
    const place = places[at];
    if (place === undefined) continue;
    if (place.leaving) return false;
    places[at] = { ...place, leaving: true };
    draft.leavers.push({ ofAggregator: places === draft.joined, index: at });
    return true;
  }
  return false;
}

/**
 * The task with a leaving member's place freed, between rounds; the last place of its list moves there, with whatever
 * is known of it. The head grows by one entry for all places that a call frees. Throws INVALID_HISTORY.
 */
export function freed(event: TaskEventOf<"Left">, draft: Draft): Draft {
  const { account } = event;
  if (roundInFlight(draft) !== undefined) throw impossible(event, "a round is in flight");
  const { unfinished, ...others } = draft;
  const before = { ...others, left: [...(draft.left ?? []), account] };
  const call = unfinished?.call === "free-places" ? unfinished : freeingOf(draft);
  const [next, ...rest] = call.rest;
  if (next !== account) throw impossible(event, `the next place to be freed is that of ${next ?? "nobody"}`);
  for (const places of [draft.enrolled, draft.joined] as PlaceView[][]) {
    const at = places.findIndex((place) => place.account === account);
    freePlace(places, at);
  }
  if (rest.length > 0) return { ...before, unfinished: { ...call, rest } };
  return { ...before, leavers: [...call.leavers], ...grown(draft, { kind: "freed", places: call.count }) };
}

/** The task with an aggregator back in the rotation. Throws INVALID_HISTORY. */
export function resumed(event: TaskEventOf<"Resumed">, draft: Draft): Draft {
  const { aggregator: account } = event;
  if (!draft.joined.some((place) => place.account === account && place.idle)) {
    throw impossible(event, "the aggregator is not idle");
  }
  setIdle(account, false, draft);
  return { ...draft, ...grown(draft, { kind: "resumed", account }) };
}

/** Marks an aggregator as one that missed its turn, or not any more. */
export function setIdle(account: Address, idle: boolean, { joined }: Draft): void {
  const at = joined.findIndex((each) => each.account === account);
  const place = joined[at];
  if (place !== undefined) joined[at] = { ...place, idle };
}
