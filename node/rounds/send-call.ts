import type { Address, RoundNumber } from "../core/ids.ts";
import type { TaskView } from "../core/task-view.ts";
import type { Chain, ChainCall, ReportCall } from "../ports/chain.ts";
import type { Log } from "../ports/system.ts";
import type { ActionResult } from "./action-runner.ts";
import { demandedData, type Progress } from "./progress.ts";

/** Sends a call that was decided on `view`, and tells of it. Resolves when it is mined; rejects as Chain.send does. */
export async function sendCall(
  deps: {
    readonly chain: Chain;
    readonly log: Log;
    readonly onProgress?: ((progress: Progress) => void) | undefined;
  },
  call: ChainCall,
  signal: AbortSignal,
  view: Pick<TaskView, "rounds"> | undefined,
): Promise<ActionResult & { readonly gasUsed: number }> {
  const { gasUsed, blockNumber, transactionHash } = await deps.chain.send(call, { signal });
  deps.log.debug("A transaction was mined", { call: call.kind, gasUsed, blockNumber, transactionHash });
  const progress = progressOf(call, gasUsed, (view?.rounds.length ?? 0) + 1);
  if (progress !== undefined) deps.onProgress?.(progress);
  return { minedInBlock: blockNumber, gasUsed };
}

function progressOf(call: ChainCall, gasUsed: number, nextRound: RoundNumber): Progress | undefined {
  switch (call.kind) {
    case "register":
      return { kind: "registered", gasUsed };
    case "bond":
      return { kind: "bonded", amountWei: call.amountWei, gasUsed };
    case "enrol":
      return { kind: "enrolled", gasUsed };
    case "advertise":
      return { kind: "advertised", round: call.round, gasUsed };
    case "commit":
      return { kind: "committed", round: call.round, gasUsed };
    case "commitBatch":
      return { kind: "batched", round: call.round, commitments: call.signed.length, gasUsed };
    case "reportUpdate":
    case "reportEquivocation":
    case "reportDoubleCommitment":
    case "reportWithheld":
      return { kind: "reported", round: call.round, participant: accusedBy(call), gasUsed };
    case "challengeChunk":
    case "challengeMaskedChunk":
    case "challengeOpening":
    case "challengeUpdate":
    case "challengeWeight":
    case "challengeExclusion":
      return { kind: "challenged", round: call.round, gasUsed };
    case "answerChunk":
    case "answerNodes":
      return { kind: "answered", round: call.demand.round, what: demandedData(call.demand), gasUsed };
    case "returnDemand":
      return { kind: "demand-returned", round: call.demand.round, what: demandedData(call.demand), gasUsed };
    case "strikeUnanswered": {
      const { round } = call.demand;
      const { aggregator } = call.proposal;
      return { kind: "struck", round, aggregator, what: demandedData(call.demand), gasUsed };
    }
    case "openRound":
      return { kind: "pushed", call: call.kind, round: nextRound, gasUsed };
    case "closeRound":
    case "reassign":
    case "finalize":
    case "finalizeUnchallenged":
      return { kind: "pushed", call: call.kind, round: call.round, gasUsed };
    default:
      return undefined;
  }
}

function accusedBy(call: ReportCall): Address {
  switch (call.kind) {
    case "reportUpdate":
      return call.commitments[call.invalid.position]!.participant;
    case "reportWithheld":
      return call.commitments[call.position]!.participant;
    case "reportEquivocation":
      return call.one.participant;
    case "reportDoubleCommitment":
      return call.signed.participant;
  }
}
