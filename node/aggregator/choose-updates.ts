import type { Availability, Commitment, TaskRules } from "../core/records.ts";
import type { RoundView } from "../core/task-view.ts";

/** What an aggregator knows when it chooses. */
export interface ChooseUpdatesInput {
  readonly round: Pick<RoundView, "commitments" | "withheld">;
  readonly rules: Pick<TaskRules, "mode" | "holders" | "minUpdates">;
  /** Whether an update's bytes are here, or are not what was committed; undefined while they are missing. */
  readonly factOf: (commitment: Commitment) => "here" | "unusable" | undefined;
  /** Whether this aggregator signed custody for it; undefined while its journal was not asked. */
  readonly custodyOf: (commitment: Commitment) => boolean | undefined;
  /** Words of participants that committed in the round, ascending by holder. */
  readonly words: readonly Availability[];
  /** Whether missing updates have been waited for long enough. */
  readonly isTimeUp: boolean;
}

/** What it may propose: the slots left out, and the words that the contract wants to see; or what it has to know or wait for first. */
export type Choice =
  | { readonly kind: "choice"; readonly excluded: bigint; readonly words: readonly Availability[] }
  /** The journal must be asked about these before they may be left out. */
  | { readonly kind: "recall"; readonly commitments: readonly Commitment[] }
  | { readonly kind: "wait" };

const wait: Choice = { kind: "wait" };

/**
 * Which updates to leave out, by the reasons that the contract knows (contracts/interfaces/IRounds.sol, propose), and without one never an
 * update that this aggregator signed custody for: its own word would strike it.
 *
 * In a task with holders an update is in exactly when enough words name it; it is left out when it was demanded and not shown, or
 * when too few of the words of all but f participants name it. In a task without, what is missing or unusable is left out. In a task that
 * hides updates nothing can be left out, for two sums would show the difference: what is missing is waited for.
 */
export function chooseUpdates(input: ChooseUpdatesInput): Choice {
  const { round, rules, factOf, custodyOf, words } = input;
  const left: Commitment[] = [];
  for (const commitment of round.commitments) {
    const verdict = judge(commitment, input);
    if (verdict === "wait" || (verdict === "out" && rules.mode !== "transparent")) return wait;
    if (verdict === "out") left.push(commitment);
  }
  if (round.commitments.length - left.length < rules.minUpdates) return wait;
  const unexplained = left.filter((commitment) => rules.holders === 0 && !isNamed(round.withheld ?? 0n, commitment));
  const unknown = unexplained.filter((commitment) => custodyOf(commitment) === undefined);
  if (unknown.length > 0) return { kind: "recall", commitments: unknown };
  if (unexplained.some((commitment) => custodyOf(commitment))) return wait;
  const kept = round.commitments.filter((commitment) => !left.includes(commitment));
  // all that is counted must be here, whatever others say
  if (kept.some((commitment) => factOf(commitment) !== "here")) return wait;
  const excluded = left.reduce((bitmap, { slot }) => bitmap | (1n << BigInt(slot)), 0n);
  const isExplained = (excluded & ~(round.withheld ?? 0n)) === 0n;
  return { kind: "choice", excluded, words: isExplained ? fewestFor(kept, words, rules.holders) : words };
}

function judge(commitment: Commitment, { round, rules, factOf, words, isTimeUp }: ChooseUpdatesInput) {
  const fact = factOf(commitment);
  const isWithheld = isNamed(round.withheld ?? 0n, commitment);
  if (rules.holders === 0) {
    if (fact === "here") return "in";
    return fact === "unusable" || isWithheld || isTimeUp ? "out" : "wait";
  }
  const isHeld = words.filter(({ slots }) => isNamed(slots, commitment)).length >= rules.holders;
  if (fact === "here" && isHeld) return "in";
  if (isWithheld) return "out";
  const isExcusable = !isHeld && words.length > round.commitments.length - rules.holders;
  return isExcusable && (fact === "unusable" || isTimeUp) ? "out" : "wait";
}

/** The fewest words, or nearly, by which every update is held by enough: those that name the most come first. Still ascending by holder. */
function fewestFor(
  commitments: readonly Commitment[],
  words: readonly Availability[],
  holders: number,
): readonly Availability[] {
  if (holders === 0) return [];
  const nameCount = (word: Availability): number => commitments.filter((one) => isNamed(word.slots, one)).length;
  const taken = new Set<Availability>();
  const isShort = (commitment: Commitment): boolean =>
    [...taken].filter(({ slots }) => isNamed(slots, commitment)).length < holders;
  for (const word of [...words].sort((a, b) => nameCount(b) - nameCount(a))) {
    if (commitments.some((commitment) => isNamed(word.slots, commitment) && isShort(commitment))) taken.add(word);
  }
  return words.filter((word) => taken.has(word));
}

function isNamed(slots: bigint, { slot }: Commitment): boolean {
  return ((slots >> BigInt(slot)) & 1n) === 1n;
}
