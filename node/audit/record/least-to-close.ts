import { isFedledgerError } from "../../core/errors/error.ts";
import { lacksKeys, leastUpdates } from "../../core/record/round-keys.ts";
import type { TaskRules } from "../../core/records.ts";
import type { RoundDraft } from "./task-record.ts";

/** Fewest commitments with which a round is closed; those of the rules alone where a draw is told that no round has. */
export function leastToClose(draft: RoundDraft, rules: TaskRules): number {
  return told(() => leastUpdates(draft, rules), rules.minUpdates);
}

/** Whether a round may be closed for want of keys; not where a draw is told that no round has. */
export function isShortOfKeys(draft: RoundDraft, rules: TaskRules, nowS: number): boolean {
  return told(() => lacksKeys(draft, rules, nowS), false);
}

/** What is reckoned from what an endpoint told, which may be nothing that a contract lets happen. */
function told<T>(reckon: () => T, otherwise: T): T {
  try {
    return reckon();
  } catch (error) {
    if (!isFedledgerError(error, "INVALID_ARGUMENT")) throw error;
    return otherwise;
  }
}
