import { extendAccumulator } from "../../node/core/commitment.ts";
import type { Advertisement, TaskRules } from "../../node/core/records.ts";
import type { RoundView, TaskView } from "../../node/core/task-view.ts";
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

/** The advertisement of a slot; all of a round say the same. */
export function keyFor(slot: number, round = 1): Advertisement {
  const key = { maskKey: hashOf(64), seedHash: hashOf(65), sharesId: hashOf(66) };
  return { taskId: 1, round, participant: participants[slot]!, slot, ...key };
}

/** An open encrypted round in which these slots have advertised, the first one dealing the key, and these committed. */
export function encryptedRound(keyed: readonly number[], committed: readonly number[] = []): RoundView {
  const advertisements = keyed.map((slot) => keyFor(slot));
  const commitments = committed.map((slot) => commitmentOf(slot));
  const accumulator = commitments.reduce(extendAccumulator, advertisements.reduce(extendAccumulator, hashOf(70)));
  return roundOf({ ...(keyed.length > 0 && { advertisements }), commitments, accumulator });
}

/** A closed encrypted round, x assigned from second 200 to second 240. */
export function closedEncrypted(
  committed: readonly number[] = [0, 1, 2, 3],
  changes: Partial<RoundView> = {},
): RoundView {
  const { advertisements = [], accumulator } = encryptedRound([0, 1, 2, 3], committed);
  return aggregatingRound(committed, { advertisements, accumulator, ...changes });
}

/** The same at a proposal by x, whose sum is {@link hashOf}(52). */
export function proposedEncrypted() {
  const { proposal, ...round } = proposedRound();
  const { advertisements = [], accumulator } = closedEncrypted();
  return { ...round, advertisements, accumulator, proposal: { ...proposal, openings: hashOf(52) } };
}

/** The encrypted task with these rounds. */
export function encryptedView(...rounds: readonly RoundView[]): TaskView {
  return viewOf(rounds, { rules: encryptedRules });
}
