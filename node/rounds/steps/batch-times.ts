import type { RoundView } from "../../core/record/task-view.ts";
import type { TaskRules } from "../../core/records.ts";

type Window = Pick<RoundView, "commitDeadlineS">;
type Rules = Pick<TaskRules, "commitWindowS">;

/**
 * The second from which a signed commitment that was heard at `heardAtS` should be brought to the chain with the
 * others: a third of the commit window for those heard by then, half of it for the next ones. Undefined for later ones,
 * which wait for nothing but the last of the drawn: their participants commit themselves.
 */
export function batchAtS({ commitDeadlineS }: Window, { commitWindowS }: Rules, heardAtS: number): number | undefined {
  const openedAtS = commitDeadlineS - commitWindowS;
  const first = openedAtS + Math.floor(commitWindowS / 3);
  const last = lastBatchAtS({ commitDeadlineS }, { commitWindowS });
  return heardAtS <= first ? first : heardAtS <= last ? last : undefined;
}

/** The second after which signing for a batch comes too late. */
export function lastBatchAtS({ commitDeadlineS }: Window, { commitWindowS }: Rules): number {
  return commitDeadlineS - Math.ceil(commitWindowS / 2);
}

/**
 * The second from which a participant brings its commitment to the chain itself, whatever it has signed: half of the
 * time that was left when it signed. So nobody can drop it in silence.
 */
export function commitAtS({ commitDeadlineS }: Window, signedAtS: number): number {
  return signedAtS + Math.floor(Math.max(0, commitDeadlineS - signedAtS) / 2);
}
