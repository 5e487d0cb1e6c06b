import { toHex } from "../../../node/core/bytes/hex.ts";
import type { RoundView, TaskView } from "../../../node/core/record/task-view.ts";
import type { Advertisement, TaskRules } from "../../../node/core/records.ts";
import { accumulatorOf, anchorOf } from "../../../node/core/words/commitment.ts";
import { seedHashOf } from "../../../node/privacy/masking/index.ts";
import type { Unmasking } from "../../../node/rounds/words/mask-messages.ts";
import {
  accounts,
  aggregatingRound,
  commitmentOf,
  hashOf,
  participants,
  roundOf,
  rules,
  viewOf,
} from "./round-states.ts";

/**
 * Rules of a masked task among four: keys until second 100 of a round that is open until second 160, three survivors
 * open it.
 */
export const maskedRules: TaskRules = {
  ...rules,
  mode: "masked",
  clipLanes: 1 << 16,
  minUpdates: 3,
  thresholdPercent: 67,
  keyWindowS: 30,
};

/** The self seed of a slot. */
const seedOfSlot = (slot: number) => new Uint8Array(32).fill(slot + 1);

const signature = `0x${"11".repeat(65)}` as const;

/** The advertisement of a slot. */
export function advertisementFor(slot: number, round = 1): Advertisement {
  return {
    taskId: 1,
    round,
    participant: participants[slot]!,
    slot,
    maskKey: hashOf(64 + slot),
    seedHash: seedHashOf(seedOfSlot(slot)),
    sharesId: hashOf(80 + slot),
    shareKey: hashOf(96 + slot),
  };
}

/** An open masked round in which these slots have advertised, and these committed. */
export function maskedRound(keyed: readonly number[], committed: readonly number[] = []): RoundView {
  const advertisements = keyed.map((slot) => ({ ...advertisementFor(slot), signature }));
  const commitments = committed.map((slot) => commitmentOf(slot));
  const anchor = anchorOf(hashOf(70), advertisements);
  const accumulator = accumulatorOf(anchor, commitments);
  return roundOf({ ...(keyed.length > 0 && { advertisements }), start: hashOf(70), anchor, commitments, accumulator });
}

/** A closed masked round, x assigned from second 200 to second 240. */
export function closedMasked(
  keyed: readonly number[],
  committed: readonly number[],
  changes: Partial<RoundView> = {},
): RoundView {
  const { advertisements = [], anchor, accumulator } = maskedRound(keyed, committed);
  return aggregatingRound(committed, { advertisements, anchor, accumulator, ...changes });
}

/** The masked task with these rounds. */
export function maskedView(...rounds: readonly RoundView[]): TaskView {
  return viewOf(rounds, { rules: maskedRules });
}

/** What the survivor in a slot tells of a closed round; `shares` bytes for each other that has keys. */
export function unmaskingOf(slot: number, round: RoundView, shares: readonly number[]): Unmasking {
  return {
    taskId: 1,
    round: round.round,
    accumulator: round.accumulator,
    participant: participants[slot] ?? accounts.x,
    seed: toHex(seedOfSlot(slot)),
    shares: toHex(Uint8Array.from(shares.flatMap((byte) => new Array<number>(33).fill(byte)))),
  };
}
