import { hexEquals } from "../bytes/hex.ts";
import { FedledgerError } from "../errors/error.ts";
import type { Bytes32, RoundNumber } from "../ids.ts";
import type { Phase } from "../records.ts";
import { type Deployment, startValue } from "../words/commitment.ts";
import { initialHistoryHead } from "./history-head.ts";
import { roundInFlight, type TaskView } from "./task-view.ts";

/**
 * Refuses a task that its own hashes do not bind: rules, access, specification or initial model beside the first head
 * of the history, a newest round beside its start value. What an endpoint makes up of either is found here, before
 * anybody trains, masks or signs by it: a start value is signed for, so that the round that it stands for must be the
 * one shown.
 *
 * Throws INVALID_HISTORY. (A head that is made up with all that hangs on it passes; nothing signed under it counts on
 * the true chain.)
 */
export function requireBound(view: TaskView, deployment: Deployment): void {
  const { taskId, initialModelRoot: modelRoot, firstHead } = view;
  const reckoned = initialHistoryHead({ ...view, ...deployment, modelRoot });
  if (!hexEquals(firstHead, reckoned))
    throw unbound("TaskCreated", 0, "rules, access, specification and initial model");
  const round = view.rounds.at(-1);
  // before its draw a round has no start value, and nothing is signed for one that has ended
  if (round === undefined || round.phase === "drawing" || round.phase === "invalid") return;
  const start = startValue({ ...deployment, taskId, ...round, historyHead: round.headAtOpening });
  if (!hexEquals(round.start, start)) throw unbound("RoundOpened", round.round, "base, draw and members");
}

function unbound(name: string, round: number, what: string): FedledgerError {
  return new FedledgerError("INVALID_HISTORY", { name, round, reason: `its hash is not that of the ${what} shown` });
}

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
