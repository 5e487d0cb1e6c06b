import { hexEquals } from "../bytes/hex.ts";
import type { Bytes32, RoundNumber } from "../ids.ts";
import type { Phase } from "../records.ts";
import { roundInFlight, type TaskView } from "./task-view.ts";

/** What the contract stores of a task and of its newest round. */
export interface StoredTask {
  /** 0 before the first. */
  readonly round: RoundNumber;
  readonly phase: Phase;
  /** Accepted rounds that are not void. */
  readonly accepted: number;
  readonly modelRoot: Bytes32;
  /** Of the newest round: the anchor where nobody has committed. */
  readonly accumulator: Bytes32;
  readonly historyHead: Bytes32;
  /** While Proposed the hash of the proposal that stands; else of no meaning here. */
  readonly pending: Bytes32;
  /** Last second of the step that the round in flight is at; of no meaning while Drawing. */
  readonly deadlineS: number;
}

/**
 * What of a task, as its events tell it, is not what the contract stores at the same block, in words; empty where the
 * events are all there, and in their order. The head binds whatever has ended and every place. Of the round in flight
 * the accumulator binds keys and commitments, and the hash the proposal (docs/protocol/record.md).
 */
export function differingFrom(view: TaskView, stored: StoredTask): readonly string[] {
  const newest = view.rounds.at(-1);
  const running = roundInFlight(view);
  const isSame = (reckoned: Bytes32 | undefined, value: Bytes32) =>
    reckoned === undefined || hexEquals(reckoned, value);
  const hasDraw = running !== undefined && running.phase !== "drawing";
  const facts: readonly (readonly [string, boolean])[] = [
    ["history head", isSame(view.historyHead, stored.historyHead)],
    ["model root", isSame(view.modelRoot, stored.modelRoot)],
    ["accepted rounds", view.accepted === stored.accepted],
    ["round", (newest?.round ?? 0) === stored.round],
    ["phase", (newest?.phase ?? "none") === stored.phase],
    ["accumulator", !hasDraw || isSame(running.accumulator, stored.accumulator)],
    ["proposal", running?.phase !== "proposed" || isSame(running.proposal?.hash, stored.pending)],
    ["deadline", !hasDraw || deadlineOf(running) === stored.deadlineS],
    ["a call that is told by halves", view.unfinished === undefined],
  ];
  return facts.flatMap(([name, agrees]) => (agrees ? [] : [name]));
}

function deadlineOf({ phase, commitDeadlineS, assignment, proposal }: TaskView["rounds"][number]): number | undefined {
  if (phase === "aggregating") return assignment?.deadlineS;
  return phase === "proposed" ? proposal?.attestDeadlineS : commitDeadlineS;
}
