import { weiOfGwei } from "../../core/bytes/ether.ts";
import { isFedledgerError } from "../../core/errors/error.ts";
import type { Bytes32, Hex } from "../../core/ids.ts";
import { modeOf } from "../../core/modes/mode-of.ts";
import type { TaskView } from "../../core/record/task-view.ts";
import type { ChainCall } from "../../ports/chain.ts";
import { type SendCallDeps, type Sent, sendCall } from "../actions/send-call.ts";

/** What a participant says when it enrols. */
export interface EntryWords {
  /** Hash of its data statement. */
  readonly statement?: Bytes32 | undefined;
  /** Its key for the shares of its first masked round; absent in other modes. */
  readonly shareKey?: (() => Promise<Hex | undefined>) | undefined;
}

/** Takes a place in a task. Resolves when it is taken; rejects as Chain.send does: to be tried again. */
export type EnterTask = (
  role: "participant" | "aggregator",
  look: { readonly view: TaskView; readonly signal: AbortSignal },
) => Promise<Sent>;

/**
 * Takes places with the bond that the task asks for, unless a former one is held there still; says once when the
 * account cannot pay it.
 */
export function createEntry(deps: SendCallDeps, { statement, shareKey }: EntryWords = {}): EnterTask {
  const { chain, onProgress } = deps;
  let isTold = false;

  const callOf = async (
    role: "participant" | "aggregator",
    { taskId, firstHead: first, rules }: TaskView,
    amountWei: bigint,
  ): Promise<ChainCall> => {
    if (role === "aggregator") return { kind: "join", taskId, first, amountWei };
    const key = modeOf(rules).keys === "each" ? await shareKey?.() : undefined;
    return { kind: "enrol", taskId, first, amountWei, ...(statement && { statement }), ...(key && { shareKey: key }) };
  };

  return async (role, { view, signal }) => {
    const { taskId, rules } = view;
    const bondWei = weiOfGwei(role === "aggregator" ? rules.aggregatorBondGwei : rules.participantBondGwei);
    const held = bondWei > 0n ? (await chain.placeOf(taskId, chain.account)).bondWei : 0n;
    const amountWei = held > 0n ? 0n : bondWei;
    try {
      const sent = await sendCall(deps, await callOf(role, view, amountWei), signal);
      if (amountWei > 0n) onProgress?.({ kind: "bond-paid", role, amountWei, gasUsed: sent.gasUsed });
      return sent;
    } catch (error) {
      if (isFedledgerError(error, "INSUFFICIENT_FUNDS") && !isTold && amountWei > 0n) {
        isTold = true;
        onProgress?.({ kind: "bond-unpaid", role, bondWei, missingWei: amountWei });
      }
      throw error;
    }
  };
}
