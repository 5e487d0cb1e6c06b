import { hexEquals } from "../../node/core/bytes/hex.ts";
import type { Address } from "../../node/core/ids.ts";
import { finalFromS, type RoundView, roundInFlight, type TaskView } from "../../node/core/record/task-view.ts";
import { isDrawn } from "../../node/rounds/steps/round-queries.ts";
import type { Lie } from "../support/malicious/lie.ts";
import { type Attack, roundOfLie } from "./attack.ts";
import type { Cast } from "./cast.ts";
import type { Absences } from "./run-federation.ts";

/** What is known when it is asked whether only time can move a run on. */
export interface Standing {
  readonly view: TaskView;
  readonly nowS: number;
  readonly attack: Attack | undefined;
  readonly cast: Cast;
  readonly lies: readonly Lie[];
  readonly absences: Absences;
}

/**
 * The second beyond which the chain's clock is to be moved, as everybody waits for it; undefined where something else
 * can happen.
 */
export function jumpTo({ view, nowS, attack, cast, lies, absences }: Standing): number | undefined {
  const round = roundInFlight(view);
  const { liars } = cast;
  if (round === undefined) {
    // what was accepted is final when its window has passed, unless a proof of a lie is under way
    const isProven = !attack?.ending.rolledBack || view.rounds.some((one) => one.void);
    return view.complete && isProven ? finalFromS(view) - 1 : undefined;
  }
  const lie = roundOfLie(attack);
  const missing = missingFrom(round, { view, attack, cast, absences });
  if (isOnlyLacking(view, round, missing)) return round.commitDeadlineS;
  return round.round === lie ? attack?.waitsFor?.({ view, round, nowS, lies, liars }) : undefined;
}

/** The accounts that will not commit in this round. */
function missingFrom(
  { round }: RoundView,
  { view, attack, cast, absences }: Pick<Standing, "view" | "attack" | "cast" | "absences">,
): readonly Address[] {
  const { participant, friends } = cast.liars;
  const who = { participant: [participant], friends, all: cast.participants };
  const absent = absences.flatMap((one) => (one.rounds.includes(round) ? who[one.who] : []));
  // who is caught misses the rounds after the lie; moved on sooner, the clock would call up all provers at once
  const isCaught = attack?.ending.misconduct === undefined || view.expelled !== undefined;
  if (attack?.participant && isCaught && round > roundOfLie(attack)) absent.push(participant);
  if (attack?.endpoint && round === roundOfLie(attack)) absent.push(participant);
  return absent;
}

/** Whether only the commitments of these are missing, and one of them is. */
function isOnlyLacking(view: TaskView, round: RoundView, missing: readonly Address[]): boolean {
  if (round.phase !== "open") return false;
  const isIn = (who: Address) => round.commitments.some(({ participant }) => hexEquals(participant, who));
  const lacking = view.enrolled
    .filter(({ account, leaving }) => !leaving && isDrawn(view, round, account) && !isIn(account))
    .map(({ account }) => account);
  return lacking.length > 0 && lacking.every((one) => missing.some((who) => hexEquals(who, one)));
}
