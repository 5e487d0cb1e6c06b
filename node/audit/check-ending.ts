import { extendHistory, zeroBytes32 } from "../core/commitment.ts";
import { hexEquals } from "../core/hex.ts";
import type { Bytes32 } from "../core/ids.ts";
import { checkClosingTime } from "./check-commitments.ts";
import type { EventOf, RoundDraft, Walk } from "./task-record.ts";

/** A final round: it is the standing proposal that became final, by a quorum of enrolled members or by time. */
export function checkFinalization(walk: Walk, draft: RoundDraft, event: EventOf<"RoundFinalized">): void {
  const { log, proposal } = draft;
  draft.ended = event;
  if (!proposal || !hexEquals(proposal.modelRoot, event.modelRoot)) {
    log.add({
      code: "RESULT_NOT_PROPOSED",
      message: "The final model is not the one that was proposed.",
      data: { expected: proposal?.modelRoot, actual: event.modelRoot },
    });
  }
  checkAttesters(walk, draft, event);
  extendHeads(walk, draft, event.historyHead, {
    phase: "finalized",
    proposalHash: proposal?.hash ?? zeroBytes32,
    reason: "none",
  });
  walk.models = proposal ? [proposal.modelRoot, event.modelRoot] : [event.modelRoot];
}

function checkAttesters(walk: Walk, draft: RoundDraft, event: EventOf<"RoundFinalized">): void {
  const { attesters, evaluations, timestampS } = event;
  const { log, proposal } = draft;
  const { attestationQuorum } = walk.rules;
  const accounts = attesters.map((attester) => attester.toLowerCase());
  const ascending = accounts.every((account, i) => i === 0 || accounts[i - 1]! < account);
  if (evaluations.length !== attesters.length || !ascending) {
    log.add({
      code: "QUORUM_NOT_REACHED",
      message: "The attesters of the final model are not ascending, each with an evaluation.",
      data: { attesters: attesters.length, evaluations: evaluations.length },
    });
  } else if (attesters.length > 0 ? attesters.length < attestationQuorum : proposal && proposal.excluded !== 0n) {
    log.add({
      code: "QUORUM_NOT_REACHED",
      message: `The model became final with ${attesters.length} attestations; it takes ${attestationQuorum}.`,
      data: { attesters: attesters.length, quorum: attestationQuorum, excluded: proposal?.excluded },
    });
  }
  for (const attester of attesters) {
    if (walk.places.get(attester.toLowerCase())?.leaving === false) continue;
    log.add({
      code: "ATTESTER_NOT_ENROLLED",
      party: attester,
      message: `${attester} attested without a place in the task, or after it asked to leave.`,
    });
  }
  const deadlineS = proposal?.challengeDeadlineS;
  if (attesters.length === 0 && deadlineS !== undefined && timestampS !== undefined && timestampS <= deadlineS) {
    log.add({
      code: "STEP_TOO_EARLY",
      message: "The model became final without attestations before the end of the challenge window.",
      data: { deadlineS, timestampS },
    });
  }
}

/** An invalid round: for the reason that its events give, not before its time. The model stays what it was. */
export function checkInvalidation(walk: Walk, draft: RoundDraft, event: EventOf<"RoundInvalidated">): void {
  const { log, proposal, commitments, assignments, superseded } = draft;
  const { attempts, minUpdates } = walk.rules;
  draft.ended = event;
  const tooFew = commitments.length < minUpdates;
  const { challenged } = draft;
  const unended = challenged ? "challenge-won" : proposal ? "not-attested" : "no-proposal";
  const expected = tooFew ? "too-few-updates" : unended;
  // With a bond, or after a won challenge, the attempts need not be used up: there may be nobody else to assign.
  const mayRunOut = walk.bonded || superseded.some(({ challenge }) => challenge !== undefined);
  const spent = assignments.length >= attempts || mayRunOut;
  const possible = tooFew ? assignments.length === 0 : spent && proposal?.excluded !== 0n;
  if (event.reason !== expected || !possible) {
    log.add({
      code: "INVALIDATION_WRONG",
      message: `The round was invalidated as "${event.reason}"; by its events it could only be "${expected}", after all attempts.`,
      data: { expected, actual: event.reason, proposalHash: proposal?.hash, assignments: assignments.length, attempts },
    });
  }
  if (assignments.length === 0) checkClosingTime(draft, event.timestampS, draft.opened.commitDeadlineS);
  else {
    const deadlineS = proposal?.challengeDeadlineS ?? assignments.at(-1)!.deadlineS;
    if (!challenged && event.timestampS !== undefined && event.timestampS <= deadlineS) {
      log.add({
        code: "STEP_TOO_EARLY",
        message: "The round was invalidated before the aggregator's deadline.",
        data: { deadlineS, timestampS: event.timestampS },
      });
    }
  }
  extendHeads(walk, draft, event.historyHead, {
    phase: "invalidated",
    proposalHash: zeroBytes32,
    reason: event.reason,
  });
  if (proposal) draft.superseded.push(proposal);
  draft.proposal = undefined;
}

/** The head after the round must follow from one of the heads that agree with the events so far. */
function extendHeads(
  walk: Walk,
  draft: RoundDraft,
  stated: Bytes32,
  end: Pick<Parameters<typeof extendHistory>[1], "phase" | "proposalHash" | "reason">,
): void {
  const { baseModelRoot } = draft.opened;
  const computed = walk.heads.flatMap((head) =>
    draft.accumulators.map((accumulator) =>
      extendHistory(head, { ...end, round: draft.round, baseModelRoot, accumulator }),
    ),
  );
  if (computed.some((head) => hexEquals(head, stated))) {
    walk.heads = [stated];
    return;
  }
  draft.log.add({
    code: "HISTORY_HEAD_WRONG",
    message: "The events do not hash to the head of the history that was recorded with them.",
    data: { expected: computed[0], actual: stated },
  });
  walk.heads = [computed[0]!, stated];
}
