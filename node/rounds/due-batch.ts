import type { SignedCommitment } from "../core/records.ts";
import type { RoundView, TaskView } from "../core/task-view.ts";
import type { Head } from "../ports/chain.ts";
import { batchAtS } from "./batch-times.ts";
import type { Push } from "./push.ts";
import { commitmentOf, hasBudget, isDrawn, placeOf } from "./round-queries.ts";
import { commitmentsTo, type HeardCommitment, type WordPool } from "./word-pool.ts";

/**
 * Bringing the signed commitments that were heard to the chain, all in one transaction: when with them all of the drawn have committed, or when it
 * is time for one of them. Two batches a round at most, where they arrive and nobody restarts.
 */
export function dueBatch(view: TaskView, round: RoundView, head: Head, words: WordPool): Push | undefined {
  if (head.timestampS > round.commitDeadlineS) return undefined;
  const heard = commitmentsTo(words, round).filter(({ signed }) => isAcceptable(view, round, signed));
  const isDue = ({ heardAtS }: HeardCommitment): boolean =>
    head.timestampS >= (batchAtS(round, view.rules, heardAtS) ?? Number.POSITIVE_INFINITY);
  const isWhole = round.commitments.length + heard.length >= round.drawn;
  if (heard.length === 0 || !(isWhole || heard.some(isDue))) return undefined;
  const signed = heard.map((one) => one.signed);
  return {
    key: `batch:${round.round}`,
    call: { kind: "commitBatch", taskId: view.taskId, round: round.round, signed },
    waitS: 0,
  };
}

/** Whether the contract would add it: one that it refuses would take the whole batch down with it. */
function isAcceptable(view: TaskView, round: RoundView, { participant, weight }: SignedCommitment): boolean {
  return (
    commitmentOf(round, participant) === undefined &&
    placeOf(view, participant)?.leaving === false &&
    isDrawn(view, round, participant) &&
    weight >= 1 &&
    weight <= view.rules.maxWeight &&
    hasBudget(view, participant)
  );
}
