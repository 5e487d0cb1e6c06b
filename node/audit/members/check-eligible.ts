import { hexEquals } from "../../core/bytes/hex.ts";
import type { EventPosition, TaskEvent } from "../../core/record/task-events.ts";
import type { Access, AttributeChange } from "../../core/records.ts";
import { admits, attributesText, noAttributes, policyText } from "../../core/task/access.ts";
import { attributesHash } from "../../core/words/commitment.ts";
import type { EventOf, Walk } from "../record/task-record.ts";

/**
 * Checks that whoever got a place was let in by what admins had said of the account until then, and that this is what
 * the history binds: each place's entry has the hash of it. What they said is in events of the federation, which that
 * hash makes as sure as the task's own.
 */
export function checkEligible(
  walk: Walk,
  events: readonly TaskEvent[],
  changes: readonly AttributeChange[] | undefined,
): void {
  const { access } = walk.created;
  const isOpen = isOpenTo(access);
  for (const event of events) {
    if (event.name !== "Enrolled" && event.name !== "Joined") continue;
    const account = event.name === "Enrolled" ? event.participant : event.aggregator;
    if (changes === undefined) {
      if (isOpen) continue;
      walk.log.add({
        code: "PARTICIPANT_NOT_ELIGIBLE",
        severity: "unchecked",
        party: account,
        message: `The task is for ${policyText(access)}; what was said of ${account} when it took its place is not at hand.`,
      });
      continue;
    }
    const said = changes.findLast(
      (change) => hexEquals(change.account, account) && isBefore(change, event),
    )?.attributes;
    const isBound = hexEquals(attributesHash(said ?? noAttributes), event.attributesHash);
    if (isBound && admits(access, said)) continue;
    walk.log.add(wrong(event, { account, has: attributesText(said), isBound, access }));
  }
}

/** Whether a policy asks for nothing. */
function isOpenTo({ organisations, regions, clearance }: Access): boolean {
  return organisations.length === 0 && regions.length === 0 && clearance === 0;
}

function wrong(
  { blockNumber }: EventOf<"Enrolled" | "Joined">,
  seen: { readonly account: `0x${string}`; readonly has: string; readonly isBound: boolean; readonly access: Access },
) {
  const { account, has, isBound, access } = seen;
  // what the history binds is not what was told: it is the source that lacks something, and the account may be right
  return {
    code: "PARTICIPANT_NOT_ELIGIBLE",
    severity: isBound ? "violation" : "unchecked",
    party: account,
    message: isBound
      ? `${account} took a place with ${has}; the task is for ${policyText(access)}.`
      : `The attributes that ${account} took its place with, which the history binds, are not at hand: what was told is ${has}.`,
    data: { has, blockNumber },
  } as const;
}

function isBefore(one: Pick<EventPosition, "blockNumber" | "logIndex">, other: EventPosition): boolean {
  return (
    one.blockNumber < other.blockNumber || (one.blockNumber === other.blockNumber && one.logIndex < other.logIndex)
  );
}
