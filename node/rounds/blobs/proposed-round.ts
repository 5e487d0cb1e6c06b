import type { RoundView } from "../../core/record/task-view.ts";

/** A round with a proposal that stands or was accepted. */
export type ProposedRound = RoundView & { readonly proposal: NonNullable<RoundView["proposal"]> };

/** Whether there is a proposal, standing or accepted. */
export function hasProposal(round: RoundView): round is ProposedRound {
  return round.proposal !== undefined && (round.phase === "proposed" || round.phase === "accepted");
}

/** Whether a proposal stands. */
export function isProposed(round: RoundView): round is ProposedRound {
  return round.phase === "proposed" && round.proposal !== undefined;
}

/** Names what a judgement is about: a proposal's hash binds its round's inputs, and what it opens. */
export function subjectOf({ proposal }: ProposedRound): string {
  return proposal.hash.toLowerCase();
}

/** Whether the very proposal was struck. */
export function isStruck({ struck = [], proposal }: ProposedRound): boolean {
  return struck.some(({ attempt }) => attempt === proposal.attempt);
}
