import type { Hex, TaskId } from "../../../core/ids.ts";
import type { Mode, Proposal, TaskRules } from "../../../core/records.ts";
import { checkOpenings } from "../../../privacy/masking/index.ts";
import type { FindingLog } from "../findings.ts";
import { type MaskableRound, openedRoundOf } from "../masked-round.ts";
import { createEncryptedSum, type OpenSum } from "./encrypted-sum.ts";
import { createMaskedSum } from "./masked-sum.ts";
import { createPlainSum } from "./plain-sum.ts";
import type { RoundSum } from "./round-sum.ts";

/** What a sum is begun with. */
export interface SumInput {
  readonly taskId: TaskId;
  readonly rules: TaskRules;
  readonly round: MaskableRound & { readonly proposal?: Proposal | undefined };
  /** Of a masked round. */
  readonly openings?: Hex | undefined;
  /** Of an encrypted round, for who holds the key. */
  readonly open?: OpenSum | undefined;
}

/**
 * The sum of a round's updates in its task's mode; absent where a masked round has nothing true to open it with. A
 * false opening is told, with its slot. Throws UNSUPPORTED_RULE.
 */
export function beginSum(
  log: FindingLog,
  input: SumInput,
): { readonly sum?: RoundSum; readonly falseOpening?: number } {
  const { rules, open } = input;
  const begin: Readonly<Record<Mode, () => ReturnType<typeof beginSum>>> = {
    transparent: () => ({ sum: createPlainSum(rules) }),
    masked: () => beginMasked(log, input),
    encrypted: () => ({ sum: createEncryptedSum(rules, open) }),
  };
  return begin[rules.mode]();
}

function beginMasked(log: FindingLog, { taskId, rules, round, openings }: SumInput): ReturnType<typeof beginSum> {
  const opened = openedRoundOf(taskId, rules, round, openings);
  if (opened === undefined) return {};
  const falseOpening = checkOpenings(opened.closed, opened.openings);
  if (falseOpening === undefined) return { sum: createMaskedSum(rules, opened) };
  log.add({
    code: "OPENING_FALSE",
    ...(round.proposal && { party: round.proposal.aggregator }),
    message: `The opening of slot ${falseOpening} is not what was advertised for it, so the sum is not what was committed.`,
    data: { slot: falseOpening },
  });
  return { falseOpening };
}
