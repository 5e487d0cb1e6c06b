import { hexEquals } from "../../core/bytes/hex.ts";
import type { Address, Bytes32, RoundNumber } from "../../core/ids.ts";
import { modeOf } from "../../core/modes/mode-of.ts";
import type { TaskView } from "../../core/record/task-view.ts";
import type { TaskRules } from "../../core/records.ts";
import type { RoundRecord } from "../record/task-record.ts";

/**
 * Two rounds over one base whose sums were opened, and whose updates are of the same members but one: together they may
 * tell that one's update.
 */
export interface OpenedPair {
  readonly rounds: readonly [RoundNumber, RoundNumber];
  readonly member: Address;
  readonly baseModelRoot: Bytes32;
}

/** What of a round says whose sum was opened. */
interface OpenedSum {
  readonly round: RoundNumber;
  readonly baseModelRoot: Bytes32;
  readonly members: readonly Address[];
}

/**
 * The pairs of a masked task's rounds. A round whose updates were frozen counts as opened, whatever became of it: seeds
 * are gossip, so an aggregator that proposes nothing may have its sum. Empty in other modes.
 */
export function openedPairs(rules: Pick<TaskRules, "mode">, rounds: readonly RoundRecord[]): readonly OpenedPair[] {
  const opened = rounds.filter(({ assignments }) => assignments.length > 0);
  return pairsOf(
    rules,
    opened.map(({ round, opened: { baseModelRoot }, commitments }) => {
      return { round, baseModelRoot, members: commitments.map(({ participant }) => participant) };
    }),
  );
}

/** {@link openedPairs} of a task as its events tell it. */
export function openedPairsOf({ rules, rounds }: Pick<TaskView, "rules" | "rounds">): readonly OpenedPair[] {
  const opened = rounds.filter(({ assignment }) => assignment !== undefined);
  return pairsOf(
    rules,
    opened.map(({ round, baseModelRoot, commitments }) => {
      return { round, baseModelRoot, members: commitments.map(({ participant }) => participant) };
    }),
  );
}

function pairsOf(rules: Pick<TaskRules, "mode">, sums: readonly OpenedSum[]): readonly OpenedPair[] {
  // only sums that were opened tell a difference, and only masks are opened on the record
  if (modeOf(rules).keys !== "each") return [];
  return sums.flatMap((one, at) =>
    sums.slice(at + 1).flatMap((other): OpenedPair[] => {
      if (!hexEquals(one.baseModelRoot, other.baseModelRoot)) return [];
      const apart = [...without(one, other), ...without(other, one)];
      const [member] = apart;
      if (apart.length !== 1 || member === undefined) return [];
      return [{ rounds: [one.round, other.round], member, baseModelRoot: one.baseModelRoot }];
    }),
  );
}

function without(one: OpenedSum, other: OpenedSum): readonly Address[] {
  return one.members.filter((member) => !other.members.some((each) => hexEquals(each, member)));
}
