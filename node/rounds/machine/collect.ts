import { isFedledgerError } from "../../core/errors/error.ts";
import type { ChainCall } from "../../ports/chain.ts";
import { type SendCallDeps, type Sent, sendCall } from "../actions/send-call.ts";
import type { Purse } from "../court/court-state.ts";
import type { RoundState } from "../state/round-state.ts";
import type { CommonAction } from "./due-in-common.ts";
import type { ActionContext, Performed } from "./machine.ts";

/** Looks at the account's purse, and takes what is free: one transaction a time. */
export type Collect = (
  action: Extract<CommonAction, { kind: "collect" }>,
  context: Pick<ActionContext<RoundState, never>, "state" | "signal" | "emit">,
) => Performed;

/**
 * Creates a collector. What it looks at is what the chain has when it is its turn: another may have released the bond
 * meanwhile. Where the account cannot pay for it, that becomes known, and it is tried again.
 */
export function createCollector(deps: SendCallDeps): Collect {
  const { chain, onProgress } = deps;
  const { account } = chain;
  return async ({ of }, { state, signal, emit }) => {
    const { taskId } = state.view;
    const [place, creditWei] = await Promise.all([chain.placeOf(taskId, account), chain.creditOf(account)]);
    const { bondWei } = place;
    const freeFromS = place.role === undefined ? place.freeFromS : 0;
    const tell = (now: Partial<Purse>) => emit({ kind: "purse", purse: { of, bondWei, freeFromS, creditWei, ...now } });
    const nowS = state.head.timestampS;
    const send = async (call: ChainCall): Promise<Sent> => {
      try {
        return await sendCall(deps, call, signal);
      } catch (error) {
        if (isFedledgerError(error, "INSUFFICIENT_FUNDS")) tell({ isUnpayable: true });
        throw error;
      }
    };
    if (bondWei > 0n && freeFromS > 0 && nowS >= freeFromS) {
      const { minedInBlock, gasUsed } = await send({ kind: "releaseBond", taskId, account });
      onProgress?.({ kind: "bond-released", amountWei: bondWei, gasUsed });
      tell({ bondWei: 0n, freeFromS: 0, creditWei: creditWei + bondWei });
      return { minedInBlock };
    }
    if (creditWei > 0n) {
      const { minedInBlock, gasUsed } = await send({ kind: "withdraw" });
      onProgress?.({ kind: "rewarded", amountWei: creditWei, gasUsed });
      tell({ creditWei: 0n });
      return { minedInBlock };
    }
    tell({});
    return undefined;
  };
}
