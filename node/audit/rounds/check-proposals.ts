import { hexEquals } from "../../core/bytes/hex.ts";
import { modeOf } from "../../core/modes/mode-of.ts";
import { slotsOf } from "../../core/record/round-keys.ts";
import { proposalHash, zeroBytes32 } from "../../core/words/commitment.ts";
import {
  type EventOf,
  type HashedProposal,
  includedIn,
  type RoundDraft,
  type Walk,
  weightOf,
} from "../record/task-record.ts";
import { checkOpenings } from "./check-keys.ts";

/** A proposal: by the assigned aggregator, in time, over the round's accumulator, of a valid set with its weight. */
export function checkProposal(walk: Walk, draft: RoundDraft, event: EventOf<"Proposed">): void {
  const { proposal, accumulator, openings, attestDeadlineS } = event;
  checkProposer(walk, draft, event);
  if (!draft.accumulators.some((each) => hexEquals(each, accumulator))) {
    draft.log.add({
      code: "ACCUMULATOR_WRONG",
      party: proposal.aggregator,
      message: "The proposal is over another accumulator than the round's.",
      data: { expected: draft.accumulators[0], actual: accumulator },
    });
  }
  checkOpenings(walk, draft, event);
  const hash = proposalHash(walk.taskId, draft.round, accumulator, openings, proposal);
  const hashed: HashedProposal = { ...proposal, hash, openings, attestDeadlineS };
  checkSet(walk, draft, hashed);
  draft.proposal = hashed;
  const place = walk.aggregators.find(({ account }) => hexEquals(account, proposal.aggregator));
  if (place) place.idle = false;
}

function checkProposer({ rules, aggregators }: Walk, draft: RoundDraft, event: EventOf<"Proposed">): void {
  const { proposal, timestampS, attestDeadlineS } = event;
  const { log } = draft;
  const party = proposal.aggregator;
  const assigned = draft.assignments.at(-1);
  // nothing binds assignments: one that is not here was kept back by the endpoint, as far as anybody can tell
  const isKnown = assigned?.attempt === proposal.attempt;
  const isLeaving = aggregators.find(({ account }) => hexEquals(account, party))?.leaving ?? true;
  const isAssigned = isKnown && hexEquals(assigned.aggregator, party);
  if (!assigned || !isAssigned || isLeaving) {
    log.add({
      code: "PROPOSER_NOT_ASSIGNED",
      ...(isKnown && { party }),
      message: !assigned
        ? `${party} proposed without any assignment.`
        : isAssigned
          ? `${party} proposed after it asked to leave, or was expelled.`
          : `${party} proposed in attempt ${proposal.attempt}; attempt ${assigned.attempt} was assigned to ${assigned.aggregator}.`,
      data: { assigned: assigned?.aggregator, attempt: assigned?.attempt, proposedAttempt: proposal.attempt },
    });
  }
  if (timestampS === undefined) return;
  if (isKnown && timestampS > assigned.deadlineS) {
    log.add({
      code: "PROPOSAL_LATE",
      party,
      message: `${party} proposed after its deadline.`,
      data: { deadlineS: assigned.deadlineS, timestampS },
    });
  }
  const expected = timestampS + rules.attestWindowS;
  if (attestDeadlineS === expected) return;
  log.add({
    code: "DEADLINE_WRONG",
    message: "The deadline of the attestations is not the proposal's time and the window.",
    data: { expected, actual: attestDeadlineS },
  });
}

/** The set that a proposal is of: committed updates, enough of them, nothing left out of a sum; and its weight. */
function checkSet({ rules }: Walk, draft: RoundDraft, proposal: HashedProposal): void {
  const { log } = draft;
  const party = proposal.aggregator;
  const committed = slotsOf(draft.commitments);
  const included = includedIn(draft, proposal);
  const isSum = !modeOf(rules).showsUpdates && proposal.excluded !== 0n;
  if ((proposal.excluded & ~committed) !== 0n || included.length < rules.minUpdates || isSum) {
    log.add({
      code: "EXCLUSION_INVALID",
      party,
      message: isSum
        ? `${party} left out updates of a sum that nothing can be left out of.`
        : `${party} left out updates that were never committed, or so many that too few remain.`,
      data: { excluded: proposal.excluded, committed, included: included.length, minUpdates: rules.minUpdates },
    });
  }
  if ([proposal.modelRoot, proposal.contentId].includes(zeroBytes32)) {
    log.add({ code: "AGGREGATE_WRONG", party, message: `${party} proposed no model at all.` });
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
