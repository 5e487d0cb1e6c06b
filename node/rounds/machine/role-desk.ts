import { isUnavailable } from "../../audit/replay/is-unavailable.ts";
import { bytesToLanes } from "../../core/bytes/lanes.ts";
import { isFedledgerError } from "../../core/errors/error.ts";
import type { ActionResult } from "../actions/action-runner.ts";
import { sendCall } from "../actions/send-call.ts";
import type { ModelSource } from "../blobs/model-source.ts";
import { bytesPatience } from "../blobs/patient-source.ts";
import type { ProposedRound } from "../blobs/proposed-round.ts";
import type { TaskLook } from "../blobs/task-look.ts";
import type { Verdict } from "../court/judge-proposal.ts";
import { judgeProposal, type RoundMemory } from "../court/judge-proposal.ts";
import type { RoundEvent, RoundState } from "../state/round-state.ts";
import type { NodeTimes } from "../steps/node-times.ts";
import { createCollector } from "./collect.ts";
import type { CommonAction } from "./due-in-common.ts";
import { createEntry, type EntryWords } from "./enter-task.ts";
import type { RoleDeps } from "./role-process.ts";

/** Where an action is carried out. */
export interface ActionContext<S extends RoundState, E> {
  readonly state: S;
  readonly signal: AbortSignal;
  readonly emit: (event: E | RoundEvent) => void;
}

/** Carries out what every role does: sends, pushes, takes places, judges, proves, collects, measures. */
export interface RoleDesk {
  /** Resolves when it is done; rejects as Chain and BlobStore do: to be tried again. */
  perform(action: CommonAction, context: ActionContext<RoundState, never>): Promise<ActionResult | undefined>;
}

/** So many patiences of the chain's time a proof rests that the contract had no use for. */
const restPatiences = 6;

/** Between two looks for the bytes of an accepted round that could not be had, milliseconds. */
const lookAgainMs = 15_000;

/**
 * Creates a desk.
 *
 * @param judge how a round is judged by who knows more than its record; undefined where it is judged like any
 */
export function createRoleDesk(
  deps: RoleDeps & { readonly source: ModelSource; readonly times: NodeTimes },
  {
    words,
    judge,
  }: {
    readonly words?: EntryWords;
    readonly judge?: (round: ProposedRound, look: TaskLook) => Promise<Verdict | undefined>;
  } = {},
): RoleDesk {
  const { chain, store, source, clock, log, times, measurePublicly, onProgress } = deps;
  const sending = { chain, log, onProgress };
  const enter = createEntry(sending, words);
  const collect = createCollector(sending);
  const memory: RoundMemory = {};

  async function judged(
    { subject, round }: Extract<CommonAction, { kind: "judge" }>,
    { state, emit }: ActionContext<RoundState, never>,
    look: TaskLook,
  ): Promise<ActionResult | undefined> {
    const startMs = clock.nowMs();
    const again = state.court.judgements.has(subject);
    const patience = bytesPatience(clock, look.view.rules);
    const judging = { store, source, log, onProgress, again, memory, patience };
    const known = await judge?.(round, look);
    const { judgement, faults } = known ?? (await judgeProposal(judging, round, look));
    const isSumOnly = look.view.rules.mode === "encrypted" && known === undefined;
    const durationMs = clock.nowMs() - startMs;
    if (judgement.isRight) {
      onProgress?.({ kind: "recomputed", round: round.round, durationMs, ...(isSumOnly && { isSumOnly }) });
    }
    for (const fault of faults) emit({ kind: "fault", fault });
    emit({ kind: "judged", subject, judgement });
    if (judgement.withheld === undefined && judgement.missing === undefined) return undefined;
    return { repeatMs: round.phase === "proposed" ? times.republishMs : lookAgainMs };
  }

  async function prove(
    { key, call }: Extract<CommonAction, { kind: "prove" }>,
    { state, emit }: ActionContext<RoundState, never>,
    look: TaskLook,
  ): Promise<ActionResult | undefined> {
    try {
      const sent = await sendCall(sending, call, look.signal);
      emit({ kind: "earned", block: sent.minedInBlock });
      return sent;
    } catch (error) {
      // somebody else was faster, or there is nobody left to answer for it; or only a transaction says so that is
      // pending, and may never be mined
      const revert = isFedledgerError(error, "TRANSACTION_REVERTED") ? error.data.error : undefined;
      if (revert !== "NothingToTake" && revert !== "NoLongerProvable") throw error;
      emit({ kind: "refused", key, untilS: state.head!.timestampS + restPatiences * times.patienceS });
      return undefined;
    }
  }

  async function measure(
    { subject, round }: Extract<CommonAction, { kind: "measure" }>,
    { emit }: ActionContext<RoundState, never>,
    look: TaskLook,
  ): Promise<ActionResult | undefined> {
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
    async perform(action, context) {
      const { state, signal } = context;
      const look = { view: state.view!, members: state.members, signal };
      switch (action.kind) {
        case "send":
        case "push":
          return await sendCall(sending, action.call, signal);
        case "enter":
          return await enter(action.role, look);
        case "judge":
          return await judged(action, context, look);
        case "prove":
          return await prove(action, context, look);
        case "collect":
          return await collect(action, context);
        case "measure":
          return await measure(action, context, look);
      }
    },
  };
}

const commonKinds = ["send", "push", "enter", "judge", "prove", "collect", "measure"];

/** Whether an action is one that every role has. */
export function isCommonAction(action: { readonly kind: string }): action is CommonAction {
  return commonKinds.includes(action.kind);
}
