import type { Address, TaskId } from "../../core/ids.ts";
import type { Chain, ChainReader, StoredPlace } from "../../ports/index.ts";
import { createClock } from "../../system/index.ts";

/** What the contract stores of an account in one task. */
export type TaskPlace = StoredPlace & { readonly taskId: TaskId };

/** A bond that became its account's credit. */
export interface ReleasedBond {
  readonly taskId: TaskId;
  readonly bondWei: bigint;
  readonly gasUsed: number;
}

/** The chain's time, seconds since 1970: the newest block's, or this machine's where no block has come for a while. */
export async function chainTimeS(chain: Pick<ChainReader, "head">): Promise<number> {
  return Math.max((await chain.head()).timestampS, Math.floor(createClock().nowMs() / 1000));
}

/** What of an account stands in the tasks that it is, or was, a member of. Asks once for each task. */
export async function placesOf(chain: ChainReader, account: Address): Promise<readonly TaskPlace[]> {
  const places: TaskPlace[] = [];
  for (let taskId = 1; taskId <= (await chain.taskCount()); taskId++) {
    const place = await chain.placeOf(taskId, account);
    if (place.role !== undefined || place.expelled || place.bondWei > 0n) places.push({ taskId, ...place });
  }
  return places;
}

/**
 * Releases all bonds of an account whose time is over: they are its credit then. Anyone may. Rejects with
 * TRANSACTION_REVERTED, INSUFFICIENT_FUNDS, TRANSACTION_STUCK.
 */
export async function releaseBonds(
  chain: Chain,
  account: Address,
  options: {
    readonly onReleased?: ((bond: ReleasedBond) => void) | undefined;
    readonly signal?: AbortSignal | undefined;
  } = {},
): Promise<readonly ReleasedBond[]> {
  const { onReleased, signal } = options;
  const atS = await chainTimeS(chain);
  const due = (await placesOf(chain, account)).filter(
    ({ role, expelled, bondWei, freeFromS }) => role === undefined && !expelled && bondWei > 0n && freeFromS <= atS,
  );
  const released: ReleasedBond[] = [];
  for (const { taskId, bondWei } of due) {
    const { gasUsed } = await chain.send({ kind: "releaseBond", taskId, account }, signal ? { signal } : {});
    released.push({ taskId, bondWei, gasUsed });
    onReleased?.({ taskId, bondWei, gasUsed });
  }
  return released;
}
