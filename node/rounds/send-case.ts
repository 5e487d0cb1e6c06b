import { challengeReservation } from "../core/commitment.ts";
import { isFedledgerError } from "../core/error.ts";
import { toHex } from "../core/hex.ts";
import type { Bytes32 } from "../core/ids.ts";
import type { TaskView } from "../core/task-view.ts";
import type { Chain } from "../ports/chain.ts";
import type { Clock, Log, Random } from "../ports/system.ts";
import type { ActionResult } from "./action-runner.ts";
import type { CaseJournal, OpenCase } from "./case-journal.ts";
import { type CaseCall, caseOf } from "./case-of.ts";
import type { Progress } from "./progress.ts";
import { sendCall } from "./send-call.ts";

/** What sending a case needs. */
export interface SendCaseDeps {
  readonly chain: Chain;
  readonly cases: CaseJournal;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/**
 * Brings a challenge or report, after a reservation in an earlier block where there is to be one, so that nobody who copies it is
 * paid (contracts/interfaces/IRewards.sol). The salt is in the journal before the reservation goes out: after a restart the same
 * reservation is used. Resolves when the call is mined; rejects as Chain.send does.
 *
 * @param look.reserve whether to reserve first: not where there is no reward, or no time for another block
 */
export async function sendCase(
  { chain, cases, clock, random, log, onProgress }: SendCaseDeps,
  call: CaseCall,
  { view, reserve, signal }: { readonly view: TaskView; readonly reserve: boolean; readonly signal: AbortSignal },
): Promise<ActionResult & { readonly gasUsed: number }> {
  const { caseHash, against } = caseOf(call);
  const entry: OpenCase = (await cases.find(caseHash)) ?? { caseHash, round: call.round, against };
  const salt = entry.salt ?? (reserve ? toHex(random.bytes(32)) : undefined);
  if (salt === undefined) {
    await cases.keep(entry);
    return await sendCall({ chain, log, onProgress }, call, signal, view);
  }
  if (reserve && entry.reserved !== true) {
    await cases.keep({ ...entry, salt });
    const gasUsed = await reserveOnChain(chain, challengeReservation(chain.account, salt, caseHash), signal);
    await cases.keep({ ...entry, salt, reserved: true });
    // the contract wants a later second, which the next block of a fast chain may not have
    await clock.sleep(1_000, { signal });
    onProgress?.({ kind: "reserved", round: call.round, gasUsed });
  }
  return await sendCall({ chain, log, onProgress }, { ...call, salt }, signal, view);
}

/** Resolves with the gas that it took: 0 where it was mined before a restart. */
async function reserveOnChain(chain: Chain, reservation: Bytes32, signal: AbortSignal): Promise<number> {
  try {
    return (await chain.send({ kind: "reserveChallenge", reservation }, { signal })).gasUsed;
  } catch (error) {
    if (isFedledgerError(error, "TRANSACTION_REVERTED") && error.data.error === "AlreadyReserved") return 0;
    throw error;
  }
}
