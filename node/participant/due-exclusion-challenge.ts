import { hexEquals } from "../core/hex.ts";
import type { ProposedRound } from "../rounds/judge-proposal.ts";
import { commitmentOf } from "../rounds/round-queries.ts";
import { custodyKey, type ParticipantAction, type ParticipantState } from "./participant-state.ts";

/**
 * The proof against a proposal that leaves out this participant's update although the proposer signed that it keeps it, where the
 * contract knows no reason for it. At once: only this participant has the word.
 */
export function dueExclusionChallenge(
  { me, view, options, custody }: ParticipantState,
  round: ProposedRound,
): readonly ParticipantAction[] {
  const commitment = commitmentOf(round, me);
  const { hash, challengeDeadlineS: _, ...proposal } = round.proposal;
  if (!options.challenge || commitment === undefined) return [];
  const slot = 1n << BigInt(commitment.slot);
  if ((proposal.excluded & slot) === 0n) return [];
  // left out for a reason that the contract has checked
  if (view!.rules.holders > 0 || ((round.withheld ?? 0n) & slot) !== 0n) return [];
  const words = custody.get(custodyKey(commitment));
  if (words === undefined) return [{ kind: "recall", key: `recall:${custodyKey(commitment)}`, commitment }];
  const word = words.find(({ aggregator }) => hexEquals(aggregator, proposal.aggregator));
  if (word === undefined) return [];
  const { commitments } = round;
  const about = { taskId: view!.taskId, round: round.round, proposal, commitments };
  const call = {
    kind: "challengeExclusion",
    ...about,
    position: commitments.indexOf(commitment),
    custody: word,
  } as const;
  return [{ kind: "send", key: `challenge-exclusion:${hash}`, call }];
}
