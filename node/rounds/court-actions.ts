import type { Address } from "../core/ids.ts";
import { roundsInFlight, type TaskView } from "../core/task-view.ts";
import type { Chain, Head } from "../ports/chain.ts";
import type { Log, Random } from "../ports/system.ts";
import type { ActionResult } from "./action-runner.ts";
import { answerTo } from "./answer-demand.ts";
import type { AnswerAction } from "./answer-turn.ts";
import { type DemandAction, dueDemands, dueReturns, dueStrikes, type EndDemandAction } from "./demand-turn.ts";
import type { Judgement, ProposedRound } from "./judge-proposal.ts";
import type { ModelSource, TaskLook } from "./model-source.ts";
import type { PatienceOptions } from "./patience.ts";
import type { Progress } from "./progress.ts";
import { sendCall } from "./send-call.ts";
import { createBondReader, sendDemand } from "./send-demand.ts";

/**
 * What whoever challenges does about data that it cannot get: demand it, strike who does not show it, and take its own bonds back.
 *
 * @param judgementOf what recomputing the round's standing proposal came to; undefined before
 */
export function dueDemandActions(
  me: Address,
  look: { readonly view: TaskView; readonly head: Head },
  judgementOf: (round: ProposedRound) => Judgement | undefined,
  options: PatienceOptions,
): readonly (DemandAction | EndDemandAction)[] {
  const demands = roundsInFlight(look.view).flatMap((round) => {
    // ciphertexts are of another length than what the contract can have shown
    if (look.view.rules.mode === "encrypted") return [];
    if (round.phase !== "proposed" || round.proposal === undefined) return [];
    const proposed = round as ProposedRound;
    const judgement = judgementOf(proposed);
    return judgement === undefined ? [] : dueDemands(me, { ...look, round: proposed }, judgement, options);
  });
  return [...demands, ...dueStrikes(me, look, options), ...dueReturns(me, look.view)];
}

/** Carries out demands and answers. */
export interface CourtClerk {
  /** Resolves when the call is mined, or when there is nothing to send; rejects as Chain and BlobStore do. */
  perform(action: DemandAction | AnswerAction, look: TaskLook): Promise<ActionResult | undefined>;
}

/** What an account may have in demands of a task that did not come back, unless said otherwise: 1 ether. */
export const defaultDemandBudgetWei = 10n ** 18n;

/** Between two looks for bytes that would answer a demand, milliseconds. */
const lookAgainMs = 15_000;

/** Creates a clerk; `budgetWei` is the most that its account may have in demands of the task that did not come back. */
export function createCourtClerk(deps: {
  readonly chain: Chain;
  readonly source: ModelSource;
  readonly random: Random;
  readonly log: Log;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly budgetWei?: bigint;
}): CourtClerk {
  const { chain, source, log, onProgress, budgetWei = 0n } = deps;
  const bonds = createBondReader(chain);
  return {
    async perform(action, look) {
      if (action.kind === "demand") return await sendDemand({ ...deps, budgetWei }, bonds, action, look);
      const call = await answerTo(source, action, look);
      if (call !== undefined) return await sendCall({ chain, log, onProgress }, call, look.signal, look.view);
      log.debug("A demand cannot be answered from the bytes under the content id", { demand: action.demand.id });
      return { repeatMs: lookAgainMs };
    },
  };
}
