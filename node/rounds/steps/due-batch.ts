import { modeOf } from "../../core/modes/mode-of.ts";
import { isKeyTimeOver, mayCommit } from "../../core/record/round-keys.ts";
import type { RoundView } from "../../core/record/task-view.ts";
import type { SignedCommitment } from "../../core/records.ts";
import { commitmentsTo, type HeardCommitment, type WordPool } from "../words/word-pool.ts";
import { batchAtS } from "./batch-times.ts";
import { advertisementOf } from "./mask-queries.ts";
import { commitmentOf, isDrawn, placeOf } from "./round-queries.ts";
import { hasBudget, type Surveyed } from "./survey.ts";

/**
 * The signed commitments that should be brought to the chain now, in one transaction; none while it is not time. When
 * with them all of the drawn have committed, or when it is time for one of them: two batches a round at most, where all
 * arrive and nobody restarts.
 */
export function dueBatch(seen: Surveyed, round: RoundView, words: WordPool): readonly SignedCommitment[] {
  const { view, head } = seen;
  if (head.timestampS > round.commitDeadlineS || !isKeyTimeOver(round, view.rules, head.timestampS)) return [];
  const isDue = ({ heardAtS }: HeardCommitment): boolean =>
    head.timestampS >= (batchAtS(round, view.rules, heardAtS) ?? Number.POSITIVE_INFINITY);
  const isTime = (words: readonly HeardCommitment[]): boolean =>
    words.some(isDue) || round.commitments.length + words.length >= mayCommit(round, view.rules, head.timestampS);
  const heard = commitmentsTo(words, round).filter(
    ({ signed }) => commitmentOf(round, signed.participant) === undefined,
  );
  // who may commit is asked only when it is time: it takes some hashes for each
  if (heard.length === 0 || !isTime(heard)) return [];
  const acceptable = heard.filter(({ signed }) => isAcceptable(seen, round, signed));
  return isTime(acceptable) ? acceptable.map(({ signed }) => signed) : [];
}

/** Whether the contract would add it: what it passes over only costs gas. */
function isAcceptable(seen: Surveyed, round: RoundView, { participant, weight }: SignedCommitment): boolean {
  const { view } = seen;
  const isKeyed = modeOf(view.rules).keys !== "each" || advertisementOf(round, participant) !== undefined;
  return (
    isKeyed &&
    placeOf(view, participant)?.leaving === false &&
    isDrawn(view, round, participant) &&
    weight >= 1 &&
    weight <= view.rules.maxWeight &&
    hasBudget(seen, participant)
  );
}
