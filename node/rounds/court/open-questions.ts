import { isUnavailable } from "../../audit/replay/is-unavailable.ts";
import type { BlobStore } from "../../ports/storage.ts";
import type { Clock } from "../../ports/system.ts";
import { gatherUpdates, type UpdateSource } from "../blobs/gather-updates.ts";
import type { ModelSource } from "../blobs/model-source.ts";
import { type BytesPatience, bytesPatience, withPatience } from "../blobs/patient-source.ts";
import { isProposed, type ProposedRound, subjectOf } from "../blobs/proposed-round.ts";
import type { TaskLook } from "../blobs/task-look.ts";
import type { NodeTimes } from "../steps/node-times.ts";
import { isOpenQuestion } from "./court-state.ts";
import type { Verdict } from "./judging.ts";

/** Proposals that could not be judged to the end for want of bytes, and when to look for those again. */
export interface OpenQuestions {
  /**
   * Whether there is something to judge: it is the first look, or some of the updates, or the model, that could not be
   * read are here now, or nobody can say what would come. Asks for those, and for nothing else. Rejects with the look's
   * reason.
   */
  hasNews(round: ProposedRound, look: TaskLook): Promise<boolean>;
  /**
   * How long to wait for another look, milliseconds: twice as long after each one in vain. Undefined where the verdict
   * leaves nothing open. Without a verdict: nothing new was there to judge.
   */
  pauseMs(round: ProposedRound, rules: TaskLook["view"]["rules"], verdict?: Verdict): number | undefined;
  /** How long bytes may take at this look: later ones are shorter. */
  patience(round: ProposedRound, rules: TaskLook["view"]["rules"]): BytesPatience;
}

/** Between the first two looks for the bytes of an accepted round that could not be had, milliseconds. */
const firstPauseMs = 15_000;
/** So many times that is the longest pause. */
const mostPauses = 8;
/** A later look takes so much less time than the first. */
const laterPart = 1 / 4;
/** Proposals that are remembered. */
const mostKnown = 64;

/** What was not to be read: nothing is known of it where it may be something else. */
type Waited = Pick<Verdict, "absent" | "isModelAbsent">;

interface Question extends Waited {
  readonly looksInVain: number;
}

/** The open questions of one process. */
export function createOpenQuestions(deps: {
  readonly store: Pick<BlobStore, "has">;
  readonly source: UpdateSource & Pick<ModelSource, "model">;
  readonly clock: Clock;
  readonly times: Pick<NodeTimes, "republishMs">;
}): OpenQuestions {
  const { clock, times } = deps;
  const questions = new Map<string, Question>();

  const patience: OpenQuestions["patience"] = (round, rules) => {
    const { timeoutMs } = bytesPatience(clock, rules);
    return { clock, timeoutMs: questions.has(subjectOf(round)) ? timeoutMs * laterPart : timeoutMs };
  };

  /** Whether it can be read now. */
  async function isRead(read: () => Promise<unknown>, { signal }: TaskLook): Promise<boolean> {
    try {
      await read();
      return true;
    } catch (error) {
      signal.throwIfAborted();
      if (!isUnavailable(error)) throw error;
      return false;
    }
  }

  /** How long to wait behind so many looks that brought nothing. */
  function pauseAfterMs(
    looksInVain: number,
    round: ProposedRound,
    { attestWindowS }: TaskLook["view"]["rules"],
  ): number {
    const firstMs = isProposed(round) ? times.republishMs : firstPauseMs;
    // an update that comes late is seen in time for the quorum
    const mostMs = isProposed(round) ? Math.max(firstMs, attestWindowS * 125) : firstMs * mostPauses;
    return Math.min(mostMs, firstMs * 2 ** Math.min(looksInVain, 30));
  }

  return {
    patience,
    async hasNews(round, look) {
      const { absent, isModelAbsent } = questions.get(subjectOf(round)) ?? {};
      if (absent === undefined) return true;
      const wait = patience(round, look.view.rules);
      if (isModelAbsent === true) {
        const model = () =>
          withPatience(wait, round.proposal.contentId, look, (part) => deps.source.model(round, part));
        return await isRead(model, look);
      }
      const read = await gatherUpdates(deps, absent, look, wait);
      for (const update of absent) if (await isRead(() => read(update), look)) return true;
      return false;
    },
    pauseMs(round, rules, verdict) {
      const subject = subjectOf(round);
      const before = questions.get(subject);
      questions.delete(subject);
      if (verdict !== undefined && !isOpenQuestion(verdict.judgement)) return undefined;
      const { absent, isModelAbsent } = verdict ?? before ?? {};
      const hasCome = verdict !== undefined && (absent?.length ?? 0) < (before?.absent?.length ?? 0);
      const looksInVain = before === undefined || hasCome ? 0 : before.looksInVain + 1;
      questions.set(subject, { ...(absent && { absent, isModelAbsent: isModelAbsent === true }), looksInVain });
      for (const oldest of [...questions.keys()].slice(0, -mostKnown)) questions.delete(oldest);
      return pauseAfterMs(looksInVain, round, rules);
    },
  };
}
