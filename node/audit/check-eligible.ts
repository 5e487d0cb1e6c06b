import { admits, attributesText, policyText } from "../core/access.ts";
import { hexEquals } from "../core/hex.ts";
import type { AttributeChange } from "../core/records.ts";
import type { EventPosition, TaskEvent } from "../core/task-events.ts";
import type { Walk } from "./task-record.ts";

/**
 * Checks of a restricted task that everyone who got a place was eligible by what admins had said of the account until then. What they said is in
 * events of the federation that no history head binds: it rests on the endpoint, as members and roles do.
 */
export function checkEligible(
  walk: Walk,
  events: readonly TaskEvent[],
  changes: readonly AttributeChange[] | undefined,
): void {
  const access = walk.restricted?.access;
  if (access === undefined) return;
  const placed = new Set<string>();
  for (const event of events) {
    if (event.name === "Left") placed.delete(event.participant.toLowerCase());
    if (event.name !== "Enrolled" || placed.has(event.participant.toLowerCase())) continue;
    const { participant } = event;
    placed.add(participant.toLowerCase());
    if (changes === undefined) {
      walk.log.add({
        code: "PARTICIPANT_NOT_ELIGIBLE",
        severity: "unchecked",
        party: participant,
        message: `The task is for ${policyText(access)}; what was said of ${participant} when it enrolled is not at hand.`,
      });
      continue;
    }
    const last = changes.findLast((change) => hexEquals(change.account, participant) && isBefore(change, event));
    if (admits(access, last?.attributes)) continue;
    const has = attributesText(last?.attributes);
    walk.log.add({
      code: "PARTICIPANT_NOT_ELIGIBLE",
      party: participant,
      message: `${participant} enrolled with ${has}; the task is for ${policyText(access)}.`,
      data: { has, blockNumber: event.blockNumber },
    });
  }
}

function isBefore(one: Pick<EventPosition, "blockNumber" | "logIndex">, other: EventPosition): boolean {
  return (
    one.blockNumber < other.blockNumber || (one.blockNumber === other.blockNumber && one.logIndex < other.logIndex)
  );
}
