import { hexEquals } from "../../core/bytes/hex.ts";
import type { Address, RoundNumber, TaskId } from "../../core/ids.ts";
import type { Journal } from "../../ports/system.ts";
import { type ProposedRound, subjectOf } from "../../rounds/blobs/proposed-round.ts";

/**
 * Which proposals this participant recomputed and found right, so that a restart need not recompute what is final; and
 * from which round on it was to, so that a restart takes nothing of that away.
 */
export interface CheckedJournal {
  /** Writes it down. */
  enter(round: ProposedRound): Promise<void>;
  /** Those of these rounds' proposals that were entered, or that this account attested to, by subjectOf. */
  among(rounds: readonly ProposedRound[]): Promise<readonly string[]>;
  /** The earliest first round that it was ever told, this one too; written down. */
  firstRound(round: RoundNumber): Promise<RoundNumber>;
}

/** The record in a journal: one entry a round, the subject of the proposal that was right last. */
export function createCheckedJournal(
  journal: Pick<Journal, "get" | "put">,
  { taskId, me }: { readonly taskId: TaskId; readonly me: Address },
): CheckedJournal {
  const keyOf = ({ round }: ProposedRound): string => `checked/${taskId}/${round}`;
  const firstKey = `first-round/${taskId}`;
  return {
    async firstRound(round) {
      const bytes = await journal.get(firstKey);
      const before = bytes && Number(new TextDecoder().decode(bytes));
      if (before !== undefined && before <= round) return before;
      await journal.put(firstKey, new TextEncoder().encode(String(round)));
      return round;
    },
    enter: (round) => journal.put(keyOf(round), new TextEncoder().encode(subjectOf(round))),
    async among(rounds) {
      const found: string[] = [];
      for (const round of rounds) {
        const subject = subjectOf(round);
        // whoever signed had recomputed it
        const isSigned = round.result?.attesters.some((attester) => hexEquals(attester, me)) === true;
        const bytes = isSigned ? undefined : await journal.get(keyOf(round));
        if (isSigned || (bytes && new TextDecoder().decode(bytes) === subject)) found.push(subject);
      }
      return found;
    },
  };
}
