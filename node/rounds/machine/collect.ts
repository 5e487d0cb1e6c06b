import type { ActionResult } from "../actions/action-runner.ts";
import { type SendCallDeps, sendCall } from "../actions/send-call.ts";
import type { Purse } from "../court/court-state.ts";
import type { RoundEvent, RoundState } from "../state/round-state.ts";
import type { CommonAction } from "./due-in-common.ts";

/** Looks at the account's purse, and takes what is free: one transaction a time. */
export type Collect = (
  action: Extract<CommonAction, { kind: "collect" }>,
  context: { readonly state: RoundState; readonly signal: AbortSignal; readonly emit: (event: RoundEvent) => void },
) => Promise<ActionResult | undefined>;

/**
 * Creates a collector. What it looks at is what the chain has when it is its turn: another may have released the bond
 * meanwhile.
 */
export function createCollector(deps: SendCallDeps): Collect {
  const { chain, onProgress } = deps;
  const { account } = chain;
  return async ({ of }, { state, signal, emit }) => {
    const { taskId } = state.view!;
    const [place, creditWei] = await Promise.all([chain.placeOf(taskId, account), chain.creditOf(account)]);
    const { bondWei } = place;
    const freeFromS = place.role === undefined ? place.freeFromS : 0;
    const tell = (now: Partial<Purse>) => emit({ kind: "purse", purse: { of, bondWei, freeFromS, creditWei, ...now } });
    const nowS = state.head!.timestampS;
    if (bondWei > 0n && freeFromS > 0 && nowS >= freeFromS) {
      const { minedInBlock, gasUsed } = await sendCall(deps, { kind: "releaseBond", taskId, account }, signal);
      onProgress?.({ kind: "bond-released", amountWei: bondWei, gasUsed });
      tell({ bondWei: 0n, freeFromS: 0, creditWei: creditWei + bondWei });
      return { minedInBlock };
    }
    if (creditWei > 0n) {
      const { minedInBlock, gasUsed } = await sendCall(deps, { kind: "withdraw" }, signal);
      onProgress?.({ kind: "rewarded", amountWei: creditWei, gasUsed });
      tell({ creditWei: 0n });
      return { minedInBlock };
    }
    tell({});
    return undefined;
  };
}
