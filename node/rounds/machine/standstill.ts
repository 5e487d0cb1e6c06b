import type { AccountProgress } from "../progress/node-progress.ts";
import type { RoundState } from "../state/round-state.ts";
import { sameWaiting, type Waiting, waitingFor } from "../state/waiting.ts";

/** Says of each look what holds this node up, once for as long as it is the same. */
export function createStandstill(): (state: RoundState) => readonly AccountProgress[] {
  let waiting: Waiting | undefined;
  return (state) => {
    const told: AccountProgress[] = [];
    const waits = waitingFor(state);
    if (waits !== undefined && !sameWaiting(waits, waiting)) told.push(waits);
    waiting = waits;
    return told;
  };
}
