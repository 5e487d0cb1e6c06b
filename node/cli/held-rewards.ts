import { caseHash, proposalHash } from "../core/commitment.ts";
import { hexEquals } from "../core/hex.ts";
import type { Address, Bytes32 } from "../core/ids.ts";
import type { TaskEvent } from "../core/task-events.ts";
import type { ChainReader, HeldReward } from "../ports/chain.ts";

/** A reward of an account that is held, as its challenge or report was won without a reservation. */
export interface OwnHeldReward extends HeldReward {
  readonly caseHash: Bytes32;
}

/** The held rewards of an account in all tasks, found in their histories. Rejects as ChainReader does. */
export async function heldRewardsOf(chain: ChainReader, account: Address): Promise<readonly OwnHeldReward[]> {
  const rewards: OwnHeldReward[] = [];
  for (let taskId = 1; taskId <= (await chain.taskCount()); taskId++) {
    for (const won of casesWonBy(account, await chain.history(taskId))) {
      const held = await chain.heldReward(won);
      if (held !== undefined && hexEquals(held.challenger, account)) rewards.push({ ...held, caseHash: won });
    }
  }
  return rewards;
}

/** The cases that an account won, in the order of the chain; a strike for an unanswered demand is none, as its reward is never held. */
export function casesWonBy(account: Address, history: readonly TaskEvent[]): readonly Bytes32[] {
  const proposals = new Map<number, Bytes32>();
  const won: Bytes32[] = [];
  for (const event of history) {
    if (event.name === "Proposed") {
      proposals.set(event.round, proposalHash(event.taskId, event.round, event.proposal));
    } else if (event.name === "Challenged" && event.kind !== "withheld" && hexEquals(event.challenger, account)) {
      const { taskId, round, kind: challenge, chunkIndex: index } = event;
      won.push(caseHash({ taskId, round, proposalHash: proposals.get(round)!, challenge, index }));
    } else if (event.name === "Misconduct" && hexEquals(event.reporter, account)) {
      const { taskId, round, participant, kind: misconduct } = event;
      won.push(caseHash({ taskId, round, participant, misconduct }));
    }
  }
  return won;
}
