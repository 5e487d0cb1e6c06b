import { isFedledgerError } from "../core/error.ts";
import { hexEquals } from "../core/hex.ts";
import type { TaskView } from "../core/task-view.ts";
import type { Chain, Head } from "../ports/chain.ts";
import type { CaseJournal, OpenCase } from "./case-journal.ts";

/** What became of a case: it is done with, or its reward is held until a second of the chain's time. */
export type Settlement =
  | { readonly kind: "closed" }
  | { readonly kind: "held"; readonly amountWei: bigint; readonly untilS: number };

/** Cases that are decided on the chain, whoever won them, and whose reward is to be looked for. */
export function decidedCases(cases: readonly OpenCase[], view: TaskView): readonly OpenCase[] {
  return cases.filter(({ round, against }) => {
    if ("participant" in against) {
      return (view.misconduct ?? []).some(({ participant }) => hexEquals(participant, against.participant));
    }
    const about = view.rounds.find((each) => each.round === round);
    return about?.phase !== "proposed" || !hexEquals(about.proposal?.hash ?? "", against.proposalHash);
  });
}

/**
 * Takes the reward of a decided case where it is held: by this node's reservation where somebody else's copy landed first, and as the
 * challenger once nobody may claim it any more. The case is out of the journal when it is closed. Rejects as Chain does.
 */
export async function settleCase(
  { chain, cases }: { readonly chain: Chain; readonly cases: CaseJournal },
  { caseHash, salt }: OpenCase,
  head: Head,
  signal: AbortSignal,
): Promise<Settlement> {
  const held = await chain.heldReward(caseHash);
  if (held !== undefined) {
    const isOurs = hexEquals(held.challenger, chain.account);
    const claimed = salt !== undefined && (await claim(chain, { kind: "claimReward", caseHash, salt }, signal));
    if (!claimed && isOurs) {
      const { amountWei, collectableFromS: untilS } = held;
      if (head.timestampS < untilS) return { kind: "held", amountWei, untilS };
      await claim(chain, { kind: "collectReward", caseHash }, signal);
    }
  }
  await cases.close(caseHash);
  return { kind: "closed" };
}

/** Whether the reward was there for this account. */
async function claim(chain: Chain, call: Parameters<Chain["send"]>[0], signal: AbortSignal): Promise<boolean> {
  try {
    await chain.send(call, { signal });
    return true;
  } catch (error) {
    const revert = isFedledgerError(error, "TRANSACTION_REVERTED") ? error.data.error : undefined;
    if (revert === "NotReserved" || revert === "NoRewardHeld") return false;
    throw error;
  }
}
