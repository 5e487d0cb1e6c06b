import { hexEquals } from "../../core/bytes/hex.ts";
import { quorumOf } from "../../core/record/quorum.ts";
import { turnOf } from "../../core/record/rotation.ts";
import type { Reason } from "../../core/records.ts";
import { hashBytes } from "../../core/words/commitment.ts";
import { extendHeads, stateHead } from "../record/audit-head.ts";
import { leastToClose } from "../record/least-to-close.ts";
import {
  acceptedHash,
  type EventOf,
  inputsOf,
  noBytes,
  type RoundDraft,
  slotBit,
  type Walk,
} from "../record/task-record.ts";
import { checkStepTime, missTurn, reasonNow, standingOf, unexpelledIn } from "./check-assignment.ts";
import { checkClosingTime } from "./check-commitments.ts";

/**
 * An accepted round: it is the standing proposal, by a quorum of those that committed, in time, and provable for the
 * window.
 */
export function checkAcceptance(walk: Walk, draft: RoundDraft, event: EventOf<"RoundAccepted">): void {
  const { log, proposal, round, anchors, accumulators } = draft;
  const { timestampS, provableUntilS, modelRoot, historyHead } = event;
  draft.ended = event;
  if (!proposal || !hexEquals(proposal.modelRoot, modelRoot)) {
    log.add({
      code: "RESULT_NOT_PROPOSED",
      message: "The accepted model is not the one that was proposed.",
      data: { expected: proposal?.modelRoot, actual: modelRoot },
    });
  }
  if (proposal && timestampS !== undefined && timestampS > proposal.attestDeadlineS) {
    log.add({
      code: "ACCEPTED_LATE",
      message: "The proposal was accepted after the deadline of its attestations.",
      data: { deadlineS: proposal.attestDeadlineS, timestampS },
    });
  }
  const windowS = walk.rules.challengeWindowS;
  if (timestampS !== undefined && provableUntilS !== timestampS + windowS) {
    log.add({
      code: "DEADLINE_WRONG",
      message: "The time until which the round can be proven wrong is not that of its acceptance and the window.",
      data: { expected: timestampS + windowS, actual: provableUntilS },
    });
  }
  checkAttesters(walk, draft, event);
  const openingsHash = hashBytes(proposal?.openings ?? noBytes);
  const entries = anchors.flatMap((anchor) =>
    accumulators.map((accumulator) => {
      const inputs = inputsOf(walk.taskId, draft, { anchor, accumulator, openingsHash });
      return { kind: "accepted", round, wordHash: acceptedHash(inputs, proposal?.hash, event) } as const;
    }),
  );
  extendHeads(walk, ...entries);
  stateHead(walk, log, historyHead);
  walk.accepted++;
  walk.models = proposal ? [proposal.modelRoot, modelRoot] : [modelRoot];
}

/** Whoever attested committed in the round, is not expelled, and counts once; together they are a quorum. */
function checkAttesters({ rules }: Walk, draft: RoundDraft, { attesters }: EventOf<"RoundAccepted">): void {
  const seen = new Set<string>();
  for (const attester of attesters) {
    const commitment = draft.commitments.find(({ participant }) => hexEquals(participant, attester));
    const isExpelled = commitment !== undefined && (draft.expelled & slotBit(commitment)) !== 0n;
    const key = attester.toLowerCase();
    if (commitment === undefined || isExpelled || seen.has(key)) {
      draft.log.add({
        code: "ATTESTER_WRONG",
        party: attester,
        message: `${attester} attested without having committed in the round, after it was expelled, or twice.`,
      });
    } else seen.add(key);
  }
  const left = unexpelledIn(draft);
  if (left < rules.minUpdates) {
    draft.log.add({
      code: "TOO_FEW_UPDATES",
      message: `The round was accepted with ${left} updates of accounts that are not expelled; it takes ${rules.minUpdates}.`,
      data: { updates: left, minUpdates: rules.minUpdates },
    });
  }
  const quorum = quorumOf(draft, rules);
  if (seen.size >= quorum) return;
  draft.log.add({
    code: "QUORUM_NOT_REACHED",
    message: `The model was accepted with ${seen.size} attestations that count; it takes ${quorum}.`,
    data: { attesters: attesters.length, counted: seen.size, quorum },
  });
}

/** An invalid round: for the reason that its events give, not before its time. The model stays what it was. */
export function checkInvalid(walk: Walk, draft: RoundDraft, event: EventOf<"RoundInvalid">): void {
  const { round, anchors, accumulators, proposal } = draft;
  const { reason } = event;
  const isDrawing = draft.phase === "drawing";
  draft.ended = event;
  const struck = walk.proof?.draft === draft;
  // what the proof that is being told ends this round for: a round before it is rolled back
  const isRolledBack = walk.proof?.struck !== undefined && !struck;
  const expected = expectedReason(walk, draft, { isDrawing, struck, isRolledBack, event });
  if (!expected.includes(reason)) {
    draft.log.add({
      code: "INVALIDATION_WRONG",
      message: `The round ended as "${reason}"; by its events it could only be ${expected.map((each) => `"${each}"`).join(" or ") || "continued"}.`,
      data: { expected: expected.join(","), actual: reason, assignments: draft.assignments.length },
    });
  }
  const standing = standingOf(draft, struck);
  const entries = anchors.flatMap((anchor) =>
    accumulators.map((accumulator) => ({ kind: "invalid", round, reason, anchor, accumulator, standing }) as const),
  );
  extendHeads(walk, ...entries);
  stateHead(walk, draft.log, event.historyHead);
  if (proposal) draft.superseded.push(proposal);
  draft.proposal = undefined;
}

function expectedReason(
  walk: Walk,
  draft: RoundDraft,
  step: {
    readonly isDrawing: boolean;
    readonly struck: boolean;
    readonly isRolledBack: boolean;
    readonly event: EventOf<"RoundInvalid">;
  },
): readonly Reason[] {
  const { rules } = walk;
  const { timestampS } = step.event;
  if (step.isRolledBack) return ["rolled-back"];
  // that the block is out of reach, the contract has checked
  if (step.isDrawing) return ["no-draw"];
  const updates = unexpelledIn(draft);
  if (draft.assignments.length === 0) {
    checkClosingTime(walk, draft, timestampS);
    if (updates < leastToClose(draft, rules)) return ["too-few-updates"];
    return nobodyAt(walk, draft, 0) ? ["no-aggregator"] : [];
  }
  const now = reasonNow(draft, step.struck);
  if (updates < rules.minUpdates) return ["too-few-updates"];
  if (now === "no-proposal") missTurn(walk, draft);
  if (!step.struck) checkStepTime(draft, timestampS);
  if (draft.assignments.length >= rules.attempts) return [now];
  return nobodyAt(walk, draft, draft.assignments.length) ? ["no-aggregator"] : [];
}

function nobodyAt({ aggregators }: Walk, { round, opened }: RoundDraft, attempt: number): boolean {
  return turnOf({ round, attempt, count: opened.aggregators }, aggregators) === undefined;
}
