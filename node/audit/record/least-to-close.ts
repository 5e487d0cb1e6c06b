import { isFedledgerError } from "../../core/errors/error.ts";
import { leastUpdates } from "../../core/record/round-keys.ts";
import type { TaskRules } from "../../core/records.ts";
import type { RoundDraft } from "./task-record.ts";

/** Fewest commitments with which a round is closed; those of the rules alone where a draw is told that no round has. */
export function leastToClose(draft: RoundDraft, rules: TaskRules): number {
  try {
    return leastUpdates(draft, rules);
  } catch (error) {
    if (!isFedledgerError(error, "INVALID_ARGUMENT")) throw error;
    return rules.minUpdates;
  }
}
