import { isUnavailable } from "../../audit/replay/is-unavailable.ts";
import { bytesToLanes } from "../../core/bytes/lanes.ts";
import { isFedledgerError } from "../../core/errors/error.ts";
import { modeOf } from "../../core/modes/mode-of.ts";
import { sendCall } from "../actions/send-call.ts";
import type { ModelSource } from "../blobs/model-source.ts";
import type { ProposedRound } from "../blobs/proposed-round.ts";
import type { TaskLook } from "../blobs/task-look.ts";
import { judgeProposal } from "../court/judge-proposal.ts";
import type { RoundMemory, Verdict } from "../court/judging.ts";
import { createOpenQuestions } from "../court/open-questions.ts";
import type { RoundState } from "../state/round-state.ts";
import type { NodeTimes } from "../steps/node-times.ts";
import { createCollector } from "./collect.ts";
import type { CommonAction } from "./due-in-common.ts";
import { createEntry, type EntryWords } from "./enter-task.ts";
import type { ActionContext, Performed, Performers } from "./machine.ts";
import type { RoleDeps } from "./role-process.ts";

type Context<S extends RoundState> = ActionContext<S, never>;

/**
 * Carries out what every role does: sends, pushes, takes places, judges, proves, collects, measures. Each resolves when
 * it is done, and rejects as Chain and BlobStore do: to be tried again.
 */
export type RoleDesk<S extends RoundState> = Performers<S, never, CommonAction>;

/** So many patiences of the chain's time a proof rests that the contract had no use for. */
const restPatiences = 6;

/** Between two looks for a model that could not be had, milliseconds. */
const lookAgainMs = 15_000;

/**
 * Creates a desk.
 *
 * @param judge how a round is judged by who knows more than its record; undefined where it is judged like any
 */
export function createRoleDesk<S extends RoundState>(
  deps: RoleDeps & { readonly source: ModelSource; readonly times: NodeTimes },
  {
    words,
    judge,
  }: {
    readonly words?: EntryWords;
    readonly judge?: (round: ProposedRound, look: TaskLook, state: S) => Promise<Verdict | undefined>;
  } = {},
): RoleDesk<S> {
  const { chain, store, source, clock, log, times, measurePublicly, onProgress } = deps;
  const sending = { chain, log, onProgress };
  const enter = createEntry(sending, words);
  const collect = createCollector(sending);
  const questions = createOpenQuestions({ store, source, clock, times });
  const memory: RoundMemory = {};

  async function judged(
    { subject, round }: Extract<CommonAction, { kind: "judge" }>,
    { state, look, emit }: Context<S>,
  ): Performed {
    const { rules } = look.view;
    if (!(await questions.hasNews(round, look))) return { repeatMs: questions.pauseMs(round, rules) ?? lookAgainMs };
    const startMs = clock.nowMs();
    const again = state.court.judgements.has(subject);
    const patience = questions.patience(round, rules);
    const judging = { store, source, log, onProgress, again, memory, patience };
    const known = await judge?.(round, look, state);
    const verdict = known ?? (await judgeProposal(judging, round, look));
    const { judgement, faults } = verdict;
    const isSumOnly = !modeOf(rules).isRecomputable && known === undefined;
    const durationMs = clock.nowMs() - startMs;
    if (judgement.isRight) {
      onProgress?.({ kind: "recomputed", round: round.round, durationMs, ...(isSumOnly && { isSumOnly }) });
    }
    for (const fault of faults) emit({ kind: "fault", fault });
    emit({ kind: "judged", subject, judgement });
    const repeatMs = questions.pauseMs(round, rules, verdict);
    return repeatMs === undefined ? undefined : { repeatMs };
  }

  async function prove(
    { key, call }: Extract<CommonAction, { kind: "prove" }>,
    { state, signal, emit }: Context<S>,
  ): Performed {
    try {
      const sent = await sendCall(sending, call, signal);
      emit({ kind: "earned", block: sent.minedInBlock });
      return sent;
    } catch (error) {
      // somebody else was faster, or there is nobody left to answer for it; or only a transaction says so that is
      // pending, and may never be mined
      const revert = isFedledgerError(error, "TRANSACTION_REVERTED") ? error.data.error : undefined;
      if (revert !== "NothingToTake" && revert !== "NoLongerProvable") throw error;
      emit({ kind: "refused", key, untilS: state.head.timestampS + restPatiences * times.patienceS });
      return undefined;
    }
  }

  async function measure(
    { subject, round }: Extract<CommonAction, { kind: "measure" }>,
    { look, emit }: Context<S>,
  ): Performed {
    try {
      const lanes = bytesToLanes(await source.model(round, look));
      const metric = await measurePublicly?.(lanes, { round: round.round, signal: look.signal });
      if (metric !== undefined) onProgress?.({ kind: "public-metric", round: round.round, metric });
    } catch (error) {
      look.signal.throwIfAborted();
      if (!isUnavailable(error)) throw error;
      if (source.reads(look)) return { repeatMs: lookAgainMs };
    }
    emit({ kind: "measured", subject });
    return undefined;
  }

  return {
    async send({ call }, { signal, emit }) {
      const sent = await sendCall(sending, call, signal);
      if (call.kind === "register") emit({ kind: "contact-written", block: sent.minedInBlock });
      return sent;
    },
    push: ({ call }, { signal }) => sendCall(sending, call, signal),
    enter: ({ role }, { look }) => enter(role, look),
    judge: judged,
    prove,
    collect,
    measure,
  };
}
