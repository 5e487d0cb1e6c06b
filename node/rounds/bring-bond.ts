import { isFedledgerError } from "../core/error.ts";
import type { TaskView } from "../core/task-view.ts";
import type { BondState, Chain } from "../ports/chain.ts";
import type { Log } from "../ports/system.ts";
import type { ActionResult } from "./action-runner.ts";
import type { Progress } from "./progress.ts";
import { sendCall } from "./send-call.ts";

/** Adds what an account's bond lacks. Rejects as Chain.send does: to be tried again. */
export type BringBond = (
  bondWei: bigint,
  look: { readonly view: TaskView | undefined; readonly signal: AbortSignal },
) => Promise<ActionResult | undefined>;

/**
 * Brings the bond of a role, and says once when the account cannot pay it.
 *
 * @param counted what of the account's bond covers it
 */
export function createBondBringer(
  deps: {
    readonly chain: Chain;
    readonly log: Log;
    readonly onProgress?: ((progress: Progress) => void) | undefined;
  },
  role: "aggregator" | "participant",
  counted: (bond: BondState) => bigint,
): BringBond {
  const { chain, onProgress } = deps;
  let isTold = false;
  return async (bondWei, { view, signal }) => {
    const missingWei = bondWei - counted(await chain.bondOf(chain.account));
    if (missingWei <= 0n) return undefined;
    try {
      return await sendCall(deps, { kind: "bond", amountWei: missingWei }, signal, view);
    } catch (error) {
      if (isFedledgerError(error, "INSUFFICIENT_FUNDS") && !isTold) {
        isTold = true;
        onProgress?.({ kind: "bond-unpaid", role, bondWei, missingWei });
      }
      throw error;
    }
  };
}
