import { chunkCountOf } from "../core/chunk-tree.ts";
import { proposalHash } from "../core/commitment.ts";
import { hexEquals } from "../core/hex.ts";
import type { ChallengeKind, Commitment } from "../core/records.ts";
import { leastUpdates } from "../core/round-keys.ts";
import { checkAssignedBond } from "./check-bonds.ts";
import { checkWithheld } from "./check-demands.ts";
import { isOpenedFalsely, takeOpenings } from "./check-keys.ts";
import { checkReasons } from "./check-reasons.ts";
import type { Finding, FindingData } from "./findings.ts";
import { type EventOf, type HashedProposal, includedIn, type RoundDraft, slotBit, type Walk } from "./task-record.ts";

/** An assignment: the next attempt of a round with enough updates, in time, while nothing stands that could be final. */
export function checkAssignment(walk: Walk, draft: RoundDraft, event: EventOf<"AggregatorAssigned">): void {
  const { rules } = walk;
  const { log, assignments, proposal, commitments, challenged } = draft;
  const previous = assignments.at(-1);
  if (event.attempt !== assignments.length || event.attempt >= rules.attempts) {
    log.add({
      code: "ASSIGNMENT_WRONG",
      party: event.aggregator,
      message: `Attempt ${event.attempt} was assigned where attempt ${assignments.length} of ${rules.attempts} was due.`,
      data: { expected: assignments.length, actual: event.attempt, attempts: rules.attempts },
    });
  }
  const least = leastUpdates(draft, rules);
  if (commitments.length < least) {
    log.add({
      code: "TOO_FEW_UPDATES",
      message: `The round went on with ${commitments.length} updates; it takes ${least}.`,
      data: { updates: commitments.length, minUpdates: least },
    });
  }
  if (proposal && !proposal.needsQuorum) {
    log.add({
      code: "ASSIGNMENT_WRONG",
      party: event.aggregator,
      message: "Another aggregator was assigned although a proposal stood that time alone would make final.",
      data: { proposalHash: proposal.hash },
    });
  }
  const deadlineS = proposal?.challengeDeadlineS ?? previous?.deadlineS;
  if (event.timestampS !== undefined) {
    if (!challenged && deadlineS !== undefined && event.timestampS <= deadlineS) {
      log.add({
        code: "STEP_TOO_EARLY",
        message: "Another aggregator was assigned before the deadline of the one before.",
        data: { deadlineS, timestampS: event.timestampS },
      });
    }
    const expected = event.timestampS + rules.aggregateWindowS;
    if (event.deadlineS !== expected) {
      log.add({
        code: "DEADLINE_WRONG",
        message: "The aggregator's deadline is not the assignment's time and the window.",
        data: { expected, actual: event.deadlineS },
      });
    }
  }
  checkAssignedBond(walk, event);
  if (challenged) checkDescendant(walk, draft);
  if (proposal) draft.superseded.push(proposal);
  draft.proposal = undefined;
  draft.challenged = undefined;
  assignments.push(event);
}

/** Once a proposal is struck, the round that was opened on it ends before its own goes on. */
export function checkDescendant(walk: Walk, draft: RoundDraft): void {
  const descendant = walk.rounds[draft.round];
  if (descendant?.ancestor === undefined || descendant.ended !== undefined) return;
  descendant.log.add({
    code: "INVALIDATION_WRONG",
    message: `Round ${descendant.round} went on although the proposal that it was opened on was struck.`,
    data: { ancestor: descendant.ancestor },
  });
}

/** A proposal: by the assigned aggregator, in time, of a valid set with its weight. */
export function checkProposal(walk: Walk, draft: RoundDraft, event: EventOf<"Proposed">): void {
  const { rules, taskId } = walk;
  const { proposal } = event;
  const { log } = draft;
  const party = proposal.aggregator;
  const assigned = draft.assignments.at(-1);
  if (!assigned || assigned.attempt !== proposal.attempt || !hexEquals(assigned.aggregator, proposal.aggregator)) {
    log.add({
      code: "PROPOSER_NOT_ASSIGNED",
      party,
      message: assigned
        ? `${party} proposed in attempt ${proposal.attempt}; attempt ${assigned.attempt} was assigned to ${assigned.aggregator}.`
        : `${party} proposed without any assignment.`,
      data: { assigned: assigned?.aggregator, attempt: assigned?.attempt, proposedAttempt: proposal.attempt },
    });
  }
  if (event.timestampS !== undefined) {
    if (assigned && event.timestampS > assigned.deadlineS) {
      log.add({
        code: "PROPOSAL_LATE",
        party,
        message: `${party} proposed after its deadline.`,
        data: { deadlineS: assigned.deadlineS, timestampS: event.timestampS },
      });
    }
    const expected = event.timestampS + rules.challengeWindowS;
    if (event.challengeDeadlineS !== expected) {
      log.add({
        code: "DEADLINE_WRONG",
        message: "The end of the challenge window is not the proposal's time and the window.",
        data: { expected, actual: event.challengeDeadlineS },
      });
    }
  }
  const hash = proposalHash(taskId, draft.round, proposal);
  const isUnexplained = checkReasons(walk, draft, event);
  const hashed: HashedProposal = {
    ...proposal,
    hash,
    challengeDeadlineS: event.challengeDeadlineS,
    needsQuorum: isUnexplained || rules.mode === "encrypted",
    ...takeOpenings(walk, draft, event),
  };
  checkSet(walk, draft, hashed);
  draft.proposal = hashed;
}

/**
 * A won challenge: of the standing proposal, which it strikes. Whether a chunk or an update was wrong is for whoever recomputes the
 * round; what the record tells of the other kinds is judged here.
 */
export function checkChallenge(walk: Walk, draft: RoundDraft, event: EventOf<"Challenged">): void {
  const { log, proposal } = draft;
  const { challenger, aggregator, kind } = event;
  const find = (message: string, data: FindingData) =>
    log.add({ code: "CHALLENGE_WRONG", party: challenger, message, data: { aggregator, ...data } });
  if (!proposal || !hexEquals(proposal.aggregator, aggregator)) {
    find(`${challenger} won a challenge against ${aggregator}, which had no proposal standing.`, {
      standing: proposal?.aggregator,
    });
  }
  if (proposal && kind === "wrong-weight" && proposal.totalWeight === weightOf(includedIn(draft, proposal))) {
    find(`${challenger} won a challenge against the total weight of ${proposal.aggregator}, which is right.`, {
      totalWeight: proposal.totalWeight,
    });
  }
  if (proposal && kind === "left-out" && !isLeftOut(draft, proposal, event.chunkIndex)) {
    find(`${challenger} won a challenge for an update that ${proposal.aggregator} did not leave out.`, {
      slot: event.chunkIndex,
    });
  }
  if (event.chunkIndex !== 0 && (kind === "wrong-weight" || event.chunkIndex >= chunkLimit(walk, kind))) {
    find(`${challenger} won a challenge about a place that there is not.`, { chunkIndex: event.chunkIndex });
  }
  if (!canProve(walk, draft, event)) {
    find(`${challenger} won a challenge of ${kind} against ${aggregator} that this record gives no ground for.`, {
      kind,
      chunkIndex: event.chunkIndex,
    });
  }
  if (kind === "withheld") checkWithheld(walk, draft, event);
  const round = event.round;
  if (walk.rules.aggregatorBondGwei !== 0)
    walk.awaited = { name: "Slashed", round, account: aggregator, challenger, isPlace: false };
  if (proposal) draft.superseded.push({ ...proposal, challenge: event });
  draft.proposal = undefined;
  draft.challenged = event;
}

/** One more than the greatest index that a challenge of this kind can name. */
function chunkLimit({ rules }: Walk, kind: ChallengeKind): number {
  if (kind === "left-out" || kind === "false-opening") return 64;
  return kind === "withheld" ? 2 ** 32 : chunkCountOf(rules.parameterCount);
}

/** Whether a challenge of this kind can be won in the task's mode; of a false opening, whether it is one. */
function canProve(walk: Walk, draft: RoundDraft, { kind, chunkIndex }: EventOf<"Challenged">): boolean {
  const { mode } = walk.rules;
  const openings = draft.proposal?.openings;
  if (kind === "false-opening") {
    return mode === "masked" && openings !== undefined && isOpenedFalsely(walk, draft, openings, chunkIndex);
  }
  // nothing is left out of a sum; ciphertexts are another length than the chunks that a proof shows
  if (mode === "encrypted") return kind === "wrong-weight" || kind === "withheld";
  return mode === "transparent" || kind !== "left-out";
}

/** Whether a slot is left out for no reason that the contract checked: what an aggregator keeps and others cannot get may be left out. */
function isLeftOut({ commitments, withheld }: RoundDraft, proposal: HashedProposal, slot: number): boolean {
  const commitment = commitments.find((each) => each.slot === slot);
  return (
    proposal.needsQuorum && commitment !== undefined && (proposal.excluded & ~withheld & slotBit(commitment)) !== 0n
  );
}

function checkSet(walk: Walk, draft: RoundDraft, proposal: HashedProposal): void {
  const { log, commitments } = draft;
  const party = proposal.aggregator;
  const committed = commitments.reduce((bits, { slot }) => bits | (1n << BigInt(slot)), 0n);
  const included = includedIn(draft, proposal);
  const mayExclude = walk.rules.mode === "transparent" || proposal.excluded === 0n;
  if ((proposal.excluded & ~committed) !== 0n || included.length < walk.rules.minUpdates || !mayExclude) {
    log.add({
      code: "EXCLUSION_INVALID",
      party,
      message: mayExclude
        ? `${party} left out updates that were never committed, or so many that too few remain.`
        : `${party} left out updates of a sum that nothing can be left out of.`,
      data: {
        excluded: proposal.excluded,
        committed,
        included: included.length,
        minUpdates: walk.rules.minUpdates,
      },
    });
  }
  const totalWeight = weightOf(included);
  if (totalWeight === proposal.totalWeight) return;
  log.add({
    code: "TOTAL_WEIGHT_WRONG",
    party,
    message: `The proposal's total weight is ${proposal.totalWeight}; the included updates weigh ${totalWeight}.`,
    data: { expected: totalWeight, actual: proposal.totalWeight, proposalHash: proposal.hash },
  });
}

/**
 * The round's findings without those that a won challenge has settled: the wrong weight of a proposal that was struck for it
 * is what the record is there to show, and nothing of it became a result.
 */
export function unsettledFindings({ log, superseded }: RoundDraft): readonly Finding[] {
  const struck = superseded.filter(({ challenge }) => challenge?.kind === "wrong-weight").map(({ hash }) => hash);
  return log.findings.filter(
    ({ code, data }) => code !== "TOTAL_WEIGHT_WRONG" || !struck.some((hash) => hash === data.proposalHash),
  );
}

function weightOf(commitments: readonly Commitment[]): bigint {
  return commitments.reduce((sum, { weight }) => sum + BigInt(weight), 0n);
}
