import { hexEquals } from "../../core/bytes/hex.ts";
import type { Address, RoundNumber } from "../../core/ids.ts";
import { modeOf } from "../../core/modes/mode-of.ts";
import { endedOpen } from "../../core/record/round-keys.ts";
import { hasEnded, isProvable, type RoundView, type TaskView } from "../../core/record/task-view.ts";
import type { TaskRules } from "../../core/records.ts";
import type { Head } from "../../ports/chain.ts";

/** What some rounds of a task come to. */
interface Tally {
  /** How many rounds count against an account's budget, by its address in lower case; empty in a task without one. */
  readonly spent: ReadonlyMap<string, number>;
  /** Strikes that this account proved. */
  readonly proven: number;
  /** The first round in which this account committed. */
  readonly firstOwn?: RoundNumber;
  /** The latest accepted rounds that are not void, two at most, the earlier one first. */
  readonly latest: readonly RoundView[];
}

/**
 * What a look tells of all rounds, reckoned once a look: no message that comes in between walks through rounds that are
 * over. A round is over when it has ended and nothing of it can be proven any more, nor of any round before it.
 */
export interface Survey extends Tally {
  /** The rounds that are not over, ascending; the newest is always among them. */
  readonly live: readonly RoundView[];
  /** What the rounds come to that are over, and how many they are. */
  readonly over: Tally & { readonly count: number; readonly last?: RoundView; readonly atS: number };
}

/** The record as a look shows it, with its survey. */
export interface Surveyed {
  readonly view: TaskView;
  readonly head: Head;
  readonly survey: Survey;
}

const nothing: Tally = { spent: new Map(), proven: 0, latest: [] };

/**
 * The survey of a record by an account. What was over at an earlier look is not looked at again: where a reorganisation
 * has replaced it, or time has gone back, all is reckoned anew.
 */
export function surveyOf(
  { rules, rounds }: Pick<TaskView, "rules" | "rounds">,
  { timestampS: atS }: Pick<Head, "timestampS">,
  me: Address,
  before?: Survey,
): Survey {
  const isKept = before !== undefined && before.over.atS <= atS && rounds[before.over.count - 1] === before.over.last;
  const known = isKept ? before.over : { ...nothing, count: 0 };
  let count = known.count;
  for (let round = rounds[count]; count < rounds.length - 1 && round && isOver(round, atS); round = rounds[++count]);
  const over = tallied(known, rounds.slice(known.count, count), rules, me);
  const live = rounds.slice(count);
  const last = rounds[count - 1];
  return { ...tallied(over, live, rules, me), live, over: { ...over, count, ...(last && { last }), atS } };
}

/**
 * Whether the account may commit in one more round of the task. A masked round that ended before its updates were
 * frozen costs nothing.
 */
export function hasBudget({ view, survey }: Pick<Surveyed, "view" | "survey">, account: Address): boolean {
  const { roundsPerParticipant } = view.rules;
  return roundsPerParticipant === 0 || (survey.spent.get(account.toLowerCase()) ?? 0) < roundsPerParticipant;
}

function isOver(round: RoundView, nowS: number): boolean {
  return hasEnded(round) && !isProvable(round, nowS);
}

function tallied(before: Tally, rounds: readonly RoundView[], rules: TaskRules, me: Address): Tally {
  if (rounds.length === 0) return tallyOf(before);
  const own = before.firstOwn ?? rounds.find((round) => round.commitments.some(isOf(me)))?.round;
  const struck = rounds.flatMap((round) => round.struck ?? []).filter(({ prover }) => hexEquals(prover, me));
  const accepted = rounds.filter(({ phase, void: isVoid }) => phase === "accepted" && isVoid !== true);
  return {
    spent: rules.roundsPerParticipant === 0 ? before.spent : spentIn(before.spent, rounds, rules),
    proven: before.proven + struck.length,
    ...(own !== undefined && { firstOwn: own }),
    latest: [...before.latest, ...accepted].slice(-2),
  };
}

function tallyOf({ spent, proven, firstOwn, latest }: Tally): Tally {
  return { spent, proven, latest, ...(firstOwn !== undefined && { firstOwn }) };
}

function spentIn(
  before: ReadonlyMap<string, number>,
  rounds: readonly RoundView[],
  rules: TaskRules,
): ReadonlyMap<string, number> {
  const spent = new Map(before);
  for (const round of rounds) {
    if (!modeOf(rules).isOpenRoundSpent && endedOpen(round)) continue;
    for (const { participant } of round.commitments) {
      const account = participant.toLowerCase();
      spent.set(account, (spent.get(account) ?? 0) + 1);
    }
  }
  return spent;
}

function isOf(me: Address): (commitment: { readonly participant: Address }) => boolean {
  return ({ participant }) => hexEquals(participant, me);
}
