import type { RoundView, TaskView } from "../../../node/core/record/task-view.ts";
import type { Advertisement, TaskRules } from "../../../node/core/records.ts";
import { accumulatorOf, anchorOf, zeroBytes32 } from "../../../node/core/words/commitment.ts";
import {
  aggregatingRound,
  commitmentOf,
  hashOf,
  participants,
  proposedRound,
  roundOf,
  rules,
  viewOf,
} from "./round-states.ts";

/** Rules of an encrypted task among four: keys until second 100 of a round that is open until second 160. */
export const encryptedRules: TaskRules = { ...rules, mode: "encrypted", clipLanes: 1 << 16, keyWindowS: 30 };

const signature = `0x${"11".repeat(65)}` as const;

/** The advertisement of a slot; all of a round say the same. */
export function keyFor(slot: number, round = 1): Advertisement {
  const key = { maskKey: hashOf(64), seedHash: hashOf(65), sharesId: hashOf(66), shareKey: zeroBytes32 };
  return { taskId: 1, round, participant: participants[slot]!, slot, ...key };
}

/** An open encrypted round in which these slots have advertised, the first one dealing the key, and these committed. */
export function encryptedRound(keyed: readonly number[], committed: readonly number[] = []): RoundView {
  const advertisements = keyed.map((slot) => ({ ...keyFor(slot), signature }));
  const commitments = committed.map((slot) => commitmentOf(slot));
  const anchor = anchorOf(hashOf(70), advertisements);
  const accumulator = accumulatorOf(anchor, commitments);
  return roundOf({ ...(keyed.length > 0 && { advertisements }), start: hashOf(70), anchor, commitments, accumulator });
}

/** A closed encrypted round, x assigned from second 200 to second 240. */
export function closedEncrypted(
  committed: readonly number[] = [0, 1, 2, 3],
  changes: Partial<RoundView> = {},
): RoundView {
  const { advertisements = [], anchor, accumulator } = encryptedRound([0, 1, 2, 3], committed);
  return aggregatingRound(committed, { advertisements, anchor, accumulator, ...changes });
}

/** The same at a proposal by x, whose sum is {@link hashOf}(52). */
export function proposedEncrypted() {
  const { advertisements = [], anchor, accumulator } = closedEncrypted();
  const round = proposedRound(0n, { advertisements, anchor, accumulator });
  return { ...round, proposal: { ...round.proposal, openings: hashOf(52) } };
}

/** The encrypted task with these rounds. */
export function encryptedView(...rounds: readonly RoundView[]): TaskView {
  return viewOf(rounds, { rules: encryptedRules });
}
