import { hexEquals } from "../../core/bytes/hex.ts";
import { modeOf } from "../../core/modes/mode-of.ts";
import { isKeyTimeOver, keyDeadlineS, openingsLength } from "../../core/record/round-keys.ts";
import { extendAnchor, zeroBytes32 } from "../../core/words/commitment.ts";
import { isMaskKey } from "../../privacy/masking/index.ts";
import type { EventOf, RoundDraft, Walk } from "../record/task-record.ts";
import type { FindingInput } from "../replay/findings.ts";
import { checkBudget } from "./check-budget.ts";
import { checkRight } from "./check-right.ts";

/** What {@link isKeyTimeOver} asks of a round, of one whose events are read. */
export function keysOf({ advertisements, commitDeadlineS, drawn }: RoundDraft) {
  return { advertisements, commitDeadlineS, drawn };
}

/**
 * One advertisement: in a task with a key window, in it, before any commitment, by a drawn participant that signed it,
 * once, within its budget.
 */
export function checkAdvertisement(walk: Walk, draft: RoundDraft, event: EventOf<"Advertised">): void {
  const { rules, taskId } = walk;
  const { participant, slot, maskKey, seedHash, sharesId, shareKey, signature, timestampS } = event;
  const keys = { maskKey, seedHash, sharesId, shareKey, signature };
  const find = (finding: FindingInput) => draft.log.add({ party: participant, ...finding });
  const deadlineS = keyDeadlineS(keysOf(draft), rules);
  if (rules.keyWindowS === 0 || draft.commitments.length > 0 || !isKey(walk, event)) {
    find({
      code: "ADVERTISEMENT_WRONG",
      message: `${participant} advertised keys in a task without time for them, after commitments, or keys that are none.`,
      data: { keyWindowS: rules.keyWindowS, commitments: draft.commitments.length, maskKey, seedHash, sharesId },
    });
  } else if (timestampS !== undefined && timestampS > deadlineS) {
    find({
      code: "ADVERTISEMENT_LATE",
      message: `${participant} advertised keys after the time for them.`,
      data: { deadlineS, timestampS },
    });
  }
  checkSigner(walk, draft, event);
  checkRight(walk, draft, event, find);
  if (draft.advertisements.some((other) => hexEquals(other.participant, participant) || other.slot === slot)) {
    find({ code: "ADVERTISED_TWICE", message: `${participant} advertised keys twice in one round.` });
  }
  checkBudget(walk, draft, event, find);
  const advertisement = { taskId, round: draft.round, participant, slot, ...keys };
  draft.advertisements.push(advertisement);
  draft.anchors = draft.anchors.map((anchor) => extendAnchor(anchor, advertisement));
  draft.accumulators = draft.accumulators.map((accumulator) => extendAnchor(accumulator, advertisement));
}

/** A commitment in a task with a key window: after it, and in masked tasks by who has advertised. */
export function checkKeyed(
  { rules }: Walk,
  draft: RoundDraft,
  { participant, slot, timestampS }: EventOf<"Committed">,
  find: (finding: FindingInput) => void,
): void {
  const keys = keysOf(draft);
  if (timestampS !== undefined && !isKeyTimeOver(keys, rules, timestampS)) {
    find({
      code: "STEP_TOO_EARLY",
      message: `${participant} committed before the time for keys was over.`,
      data: { deadlineS: keyDeadlineS(keys, rules), timestampS },
    });
  }
  const isKeyed = draft.advertisements.some((each) => each.slot === slot && hexEquals(each.participant, participant));
  if (modeOf(rules).keys !== "each" || isKeyed) return;
  find({ code: "COMMITTED_WITHOUT_KEY", message: `${participant} committed without having advertised keys.` });
}

/** What a proposal opens: nothing in a transparent task, else of the right length. */
export function checkOpenings({ rules }: Walk, draft: RoundDraft, { openings, proposal }: EventOf<"Proposed">): void {
  const expected = openingsLength(draft, rules);
  const actual = (openings.length - 2) / 2;
  if (actual === expected) return;
  draft.log.add({
    code: "OPENINGS_WRONG",
    party: proposal.aggregator,
    message: `${actual} bytes were opened with the proposal; it is ${expected}.`,
    data: { expected, actual },
  });
}

function isKey({ rules }: Walk, { maskKey, seedHash, sharesId, shareKey }: EventOf<"Advertised">): boolean {
  const isMasked = modeOf(rules).keys === "each";
  if ([maskKey, seedHash, sharesId].includes(zeroBytes32)) return false;
  return (!isMasked || isMaskKey(maskKey)) && (shareKey !== zeroBytes32) === isMasked;
}

/** Keys are believed from nobody but their owner: they are signed over the round's start value. */
function checkSigner({ recoverSigner, taskId }: Walk, draft: RoundDraft, event: EventOf<"Advertised">): void {
  if (recoverSigner === undefined) return;
  const { participant, maskKey, seedHash, sharesId, shareKey, signature } = event;
  const keys = { participant, maskKey, seedHash, sharesId, shareKey };
  const { round, start } = draft;
  const signer = recoverSigner({ type: "advertisement", taskId, round, start, ...keys, signature });
  if (signer !== undefined && hexEquals(signer, participant)) return;
  draft.log.add({
    code: "SIGNATURE_WRONG",
    party: participant,
    message: `The keys of ${participant} are not signed by it.`,
    data: { signer },
  });
}
