import { hexEquals } from "../../core/bytes/hex.ts";
import type { EventOf, RoundDraft, Walk } from "../record/task-record.ts";
import type { FindingInput } from "../replay/findings.ts";
import { slotIn } from "./check-opening.ts";

/**
 * Whether an account may take part in the round: it has a place, is not leaving, is drawn, and has the slot of the
 * draw.
 */
export function checkRight(
  walk: Walk,
  draft: RoundDraft,
  event: EventOf<"Advertised" | "Committed">,
  find: (finding: FindingInput) => void,
): void {
  const { participant, slot } = event;
  const did = event.name === "Committed" ? "committed" : "advertised keys";
  const place = walk.participants.find(({ account }) => hexEquals(account, participant));
  if (!place || place.leaving) {
    find({
      code: "PARTICIPANT_NOT_ENROLLED",
      message: place
        ? `${participant} ${did} after it asked to leave, or was expelled.`
        : `${participant} ${did} without a place in the task.`,
    });
  }
  if (!place || !draft.drawTrusted) return;
  const expected = slotIn(draft, participant);
  if (expected === undefined || expected >= draft.opened.drawn) {
    find({
      code: "PARTICIPANT_NOT_DRAWN",
      message: `${participant} ${did} without being drawn for this round.`,
      data: { slot: expected, drawn: draft.opened.drawn },
    });
  } else if (slot !== expected) {
    find({
      code: "DRAW_WRONG",
      message: `${participant} has slot ${slot}; the draw gives it ${expected}.`,
      data: { expected, actual: slot },
    });
  }
}
