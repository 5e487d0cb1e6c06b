import { hexEquals } from "../core/hex.ts";
import type { Address } from "../core/ids.ts";
import { type EventOf, type RoundDraft, slotBit, type Walk } from "./task-record.ts";

/**
 * Whether a proposal leaves out an update for no reason that the contract checks, so that it needs a quorum. In a task with
 * holders there is no such proposal: the words that came with it must show that every included update is held, and every other one
 * is not, or was demanded and not shown (docs/protocol.md section 5).
 */
export function checkReasons(walk: Walk, draft: RoundDraft, event: EventOf<"Proposed">): boolean {
  const { excluded, aggregator: party } = event.proposal;
  const unexplained = excluded & ~draft.withheld;
  const { holders } = walk.rules;
  if (holders === 0) return unexplained !== 0n;
  const held = heldSlots(walk, draft, event);
  if (held === undefined) return false;
  const committed = draft.commitments.reduce((bits, commitment) => bits | slotBit(commitment), 0n);
  const lacking = committed & ~excluded & ~held;
  if (lacking !== 0n) {
    draft.log.add({
      code: "AVAILABILITY_WRONG",
      party,
      message: `${party} included updates that fewer than ${holders} participants had said they hold.`,
      data: { slots: lacking, holders },
    });
  }
  const words = event.words!.length;
  if ((unexplained & held) === 0n && (unexplained === 0n || words + holders > draft.commitments.length)) return false;
  draft.log.add({
    code: "EXCLUSION_INVALID",
    party,
    message: `${party} left out updates that are held, or had the word of too few to leave any out.`,
    data: { excluded, held, words, commitments: draft.commitments.length, holders },
  });
  return false;
}

/** The slots that enough of the words name; undefined where the words are not at hand. */
function heldSlots(walk: Walk, draft: RoundDraft, { words, proposal }: EventOf<"Proposed">): bigint | undefined {
  const { recoverSigner, rules, taskId } = walk;
  const { round, log, accumulators } = draft;
  if (words === undefined || recoverSigner === undefined) {
    log.add({
      code: "AVAILABILITY_UNCHECKED",
      severity: "unchecked",
      party: proposal.aggregator,
      message:
        "The words on availability that came with the proposal are not at hand, so that what it includes and leaves out was not judged by them.",
      data: { round },
    });
    return undefined;
  }
  const counts = new Map<bigint, number>();
  let previous = "";
  for (const { slots, signature } of words) {
    const word = { type: "availability", taskId, round, slots, signature, holder: proposal.aggregator } as const;
    const signers = accumulators.map((accumulator) => recoverSigner({ ...word, accumulator }));
    const holder = signers.find((signer) => signer && isCommitted(draft, signer) && signer.toLowerCase() > previous);
    if (holder === undefined) {
      log.add({
        code: "AVAILABILITY_WRONG",
        party: proposal.aggregator,
        message:
          "A word on availability is not signed by a participant that committed in the round, or they are not ascending.",
        data: { slots, signer: signers[0] },
      });
      continue;
    }
    previous = holder.toLowerCase();
    for (const commitment of draft.commitments) {
      const bit = slotBit(commitment);
      if ((slots & bit) !== 0n) counts.set(bit, (counts.get(bit) ?? 0) + 1);
    }
  }
  return [...counts].reduce((bits, [bit, count]) => (count >= rules.holders ? bits | bit : bits), 0n);
}

function isCommitted({ commitments }: RoundDraft, account: Address): boolean {
  return commitments.some(({ participant }) => hexEquals(participant, account));
}
