import { hexEquals } from "../core/hex.ts";
import type { Address } from "../core/ids.ts";
import type { TaskView } from "../core/task-view.ts";
import type { Head } from "../ports/chain.ts";
import type { CaseCall } from "./case-of.ts";
import type { ProposedRound } from "./judge-proposal.ts";

/**
 * The second of chain time from which this account should send the proof it has: watchers at once, and the task's participants
 * one after another behind them, all before half of the challenge window has passed. A proof that comes second only costs gas.
 */
export function challengeAtS(
  me: Address,
  { view, round }: { readonly view: Pick<TaskView, "enrolled" | "rules">; readonly round: ProposedRound },
  { patienceS }: { readonly patienceS: number },
): number {
  const { challengeWindowS } = view.rules;
  const proposedAtS = round.proposal.challengeDeadlineS - challengeWindowS;
  const place = view.enrolled.findIndex(({ participant }) => hexEquals(participant, me));
  if (place < 0) return proposedAtS;
  const turn = 1 + ((place + round.round) % view.enrolled.length);
  return proposedAtS + Math.min(turn * patienceS, Math.floor(challengeWindowS / 2));
}

/** Whether it is this account's turn to challenge at this head. */
export function isMyTurnToChallenge(
  me: Address,
  look: { readonly view: TaskView; readonly head: Head; readonly round: ProposedRound },
  options: { readonly patienceS: number },
): boolean {
  return look.head.timestampS >= challengeAtS(me, look, options);
}

/** Some blocks of a public chain, seconds. */
const someBlocksS = 36;

/**
 * Whether a challenge or report should be reserved first: there is a bond to win a part of, and, for a challenge, time for more than one
 * block before the window ends.
 */
export function isWorthReserving(
  call: CaseCall,
  { view, head }: { readonly view: Pick<TaskView, "rules" | "rounds">; readonly head: Head },
): boolean {
  const { aggregatorBondGwei, participantBondGwei, challengeWindowS } = view.rules;
  if (!("proposal" in call) || call.kind === "reportWithheld") return participantBondGwei > 0;
  const standing = view.rounds.find(({ round }) => round === call.round)?.proposal;
  if (aggregatorBondGwei === 0 || standing?.attempt !== call.proposal.attempt) return false;
  return head.timestampS + Math.min(someBlocksS, Math.floor(challengeWindowS / 4)) <= standing.challengeDeadlineS;
}
