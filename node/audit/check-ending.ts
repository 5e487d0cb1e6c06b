import { extendHistory, zeroBytes32 } from "../core/commitment.ts";
import { hexEquals } from "../core/hex.ts";
import type { Bytes32 } from "../core/ids.ts";
import { leastUpdates } from "../core/round-keys.ts";
import { checkEndedBonds } from "./check-bonds.ts";
import { checkClosingTime } from "./check-commitments.ts";
import { openDemands } from "./check-demands.ts";
import { checkDescendant } from "./check-proposals.ts";
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
  const earlier = walk.rounds.find((other) => other.round < draft.round && other.ended === undefined);
  if (earlier) {
    log.add({
      code: "PHASE_ORDER",
      message: `Round ${draft.round} became final before round ${earlier.round} had ended.`,
      data: { earlier: earlier.round },
    });
  }
  checkAttesters(walk, draft, event);
  checkEndedBonds(walk, event);
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
  } else if (attesters.length > 0 ? attesters.length < attestationQuorum : proposal?.needsQuorum) {
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
  const open = attesters.length === 0 ? openDemands(walk, draft).length : 0;
  if (open > 0) {
    log.add({
      code: "DEMAND_WRONG",
      message: `The model became final by time while ${open} demands were not answered.`,
      data: { open },
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
  const { proposal } = draft;
  draft.ended = event;
  if (event.reason === "ancestor-invalid") checkFall(walk, draft);
  else {
    checkReason(walk, draft, event);
    checkTime(walk, draft, event);
    if (draft.challenged) checkDescendant(walk, draft);
  }
  checkEndedBonds(walk, event);
  extendHeads(walk, draft, event.historyHead, {
    phase: "invalidated",
    proposalHash: zeroBytes32,
    reason: event.reason,
  });
  if (proposal) draft.superseded.push(proposal);
  draft.proposal = undefined;
}

/** A round that falls with the proposal it was opened on: that was struck just before. */
function checkFall({ rounds }: Walk, draft: RoundDraft): void {
  const before = rounds[draft.round - 2];
  const struck = before?.superseded.at(-1);
  const falls =
    draft.ancestor !== undefined &&
    before?.challenged !== undefined &&
    before.ended === undefined &&
    hexEquals(struck?.hash ?? "", draft.ancestor);
  if (falls) return;
  draft.log.add({
    code: "INVALIDATION_WRONG",
    message: "The round was invalidated for the proposal that it was opened on, which had not just been struck.",
    data: { ancestor: draft.ancestor, struck: struck?.hash },
  });
}

function checkReason(walk: Walk, draft: RoundDraft, { reason }: EventOf<"RoundInvalidated">): void {
  const { log, proposal, commitments, assignments, superseded, challenged } = draft;
  const { attempts, aggregatorBondGwei } = walk.rules;
  const tooFew = commitments.length < leastUpdates(draft, walk.rules);
  const unended = challenged ? "challenge-won" : proposal ? "not-attested" : "no-proposal";
  const expected = tooFew ? "too-few-updates" : unended;
  // With a bond, or after a won challenge, the attempts need not be used up: there may be nobody else to assign.
  const mayRunOut = aggregatorBondGwei !== 0 || superseded.some(({ challenge }) => challenge !== undefined);
  const spent = assignments.length >= attempts || (mayRunOut && assignments.length > 0);
  const possible = tooFew ? assignments.length === 0 : spent && proposal?.needsQuorum !== false;
  if (reason === expected && possible) return;
  log.add({
    code: "INVALIDATION_WRONG",
    message: `The round was invalidated as "${reason}"; by its events it could only be "${expected}", after all attempts.`,
    data: { expected, actual: reason, proposalHash: proposal?.hash, assignments: assignments.length, attempts },
  });
}

function checkTime(walk: Walk, draft: RoundDraft, { timestampS }: EventOf<"RoundInvalidated">): void {
  const { log, proposal, assignments, challenged } = draft;
  if (assignments.length === 0) {
    checkClosingTime(walk, draft, timestampS);
    return;
  }
  const deadlineS = proposal?.challengeDeadlineS ?? assignments.at(-1)!.deadlineS;
  if (challenged || timestampS === undefined || timestampS > deadlineS) return;
  log.add({
    code: "STEP_TOO_EARLY",
    message: "The round was invalidated before the aggregator's deadline.",
    data: { deadlineS, timestampS },
  });
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
