import { hexEquals } from "../../core/bytes/hex.ts";
import type { Address } from "../../core/ids.ts";
import { modeOf } from "../../core/modes/mode-of.ts";
import { endedOpen } from "../../core/record/round-keys.ts";
import type { EventOf, RoundDraft, RoundRecord, Walk } from "../record/task-record.ts";
import type { FindingInput } from "../replay/findings.ts";

/** A round as far as budgets ask. */
type Counted = Pick<RoundRecord, "phase" | "assignments" | "commitments">;

/**
 * Whether a round in which a participant committed counts against its budget: a masked one that ended while it was open
 * does not, as nothing of it was opened by anybody.
 */
function countsInBudget({ phase, assignments }: Counted, rules: Pick<Walk["rules"], "mode">): boolean {
  const assignment = assignments.at(-1);
  return modeOf(rules).isOpenRoundSpent || !endedOpen({ phase, ...(assignment && { assignment }) });
}

/** Rounds in which an account has spent of its budget. */
export function roundsSpent(rounds: readonly Counted[], rules: Pick<Walk["rules"], "mode">, account: Address): number {
  return rounds.filter(
    (round) =>
      countsInBudget(round, rules) && round.commitments.some(({ participant }) => hexEquals(participant, account)),
  ).length;
}

/** Keys or a commitment within the budget. */
export function checkBudget(
  { rounds, rules }: Walk,
  draft: RoundDraft,
  { name, participant }: EventOf<"Advertised" | "Committed">,
  find: (finding: FindingInput) => void,
): void {
  const budget = rules.roundsPerParticipant;
  if (budget === 0) return;
  const used = roundsSpent(
    rounds.filter((round) => round !== draft),
    rules,
    participant,
  );
  if (used < budget) return;
  const did = name === "Committed" ? "committed" : "advertised keys";
  find({
    code: "BUDGET_EXCEEDED",
    message: `${participant} ${did} although it has spent ${used} rounds; its budget is ${budget}.`,
    data: { used, budget },
  });
}
