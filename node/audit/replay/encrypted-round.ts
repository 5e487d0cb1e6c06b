import { chunkBytes, chunkLanes } from "../../core/bytes/chunk-tree.ts";
import { hexEquals } from "../../core/bytes/hex.ts";
import { itemAt } from "../../core/bytes/items.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { Bytes32, Hex } from "../../core/ids.ts";
import type { Commitment, Proposal, TaskRules } from "../../core/records.ts";
import { checkCipher } from "../../privacy/encrypted/cipher-sum.ts";
import { createFindingLog, type Finding, type FindingLog } from "./findings.ts";
import { firstBeyondClip, greatestChange } from "./lane-changes.ts";
import type { RecomputedSum } from "./sums/round-sum.ts";

/**
 * What can be checked of an encrypted update that is what was committed: that it is a ciphertext. What it says, and
 * whether it keeps the clip, nobody sees.
 */
export function checkCipherUpdate(
  lanes: Int32Array,
  {
    bytes,
    commitment,
    rules,
  }: {
    readonly bytes: Uint8Array;
    readonly commitment: Commitment;
    readonly rules: Pick<TaskRules, "parameterCount">;
  },
): { readonly lanes?: Int32Array; readonly findings: readonly Finding[]; readonly informationBits: number } {
  const { taskId, round, participant: party } = commitment;
  try {
    checkCipher(bytes, rules.parameterCount);
    return { lanes, findings: [], informationBits: 8 * bytes.length };
  } catch (error) {
    if (!(error instanceof FedledgerError)) throw error;
    const log = createFindingLog(taskId, round);
    const byte = Number(error.data.byte ?? 0);
    log.add({
      code: "UPDATE_OUT_OF_BOUNDS",
      party,
      chunk: Math.floor(byte / chunkBytes),
      message: `The update of ${party} is no ciphertext: ${error.data.reason}.`,
      data: { byte },
    });
    return { findings: log.findings, informationBits: 0 };
  }
}

type OpenedProposal = Proposal & { readonly openings?: Hex };

/** Compares the sum of a round's ciphertexts with the one that a proposal names: SUM_WRONG where it is another. */
export function judgeSum(log: FindingLog, { aggregator, openings }: OpenedProposal, sumId: Bytes32): void {
  if (openings !== undefined && hexEquals(openings, sumId)) return;
  log.add({
    code: "SUM_WRONG",
    party: aggregator,
    message: `The sum that ${aggregator} proposed is not that of the committed ciphertexts.`,
    data: { expected: sumId, actual: openings },
  });
}

/**
 * Looks at the model of an encrypted round as far as it can be seen without the key: whether the sum on record is the
 * recomputed one, and whether a lane has moved further from the base than any updates within the clip could move it
 * (MODEL_BEYOND_CLIP). That the model is what the sum decrypts to rests on the quorum that attested.
 */
export function judgeUnopened(
  log: FindingLog,
  { rules, proposal, sum, base, model }: UnopenedRound,
): { readonly isSumRight: boolean; readonly movedLanes?: number } {
  const { openings, aggregator: party } = proposal;
  const isSumRight = sum !== undefined && openings !== undefined && hexEquals(sum.contentId, openings);
  if (base === undefined || model === undefined) return { isSumRight };
  const lane = firstBeyondClip(base, model, rules);
  if (lane >= 0) {
    log.add({
      code: "MODEL_BEYOND_CLIP",
      party,
      chunk: Math.floor(lane / chunkLanes),
      message: `Lane ${lane} of the model proposed by ${party} has moved by ${Math.abs(itemAt(model, lane) - itemAt(base, lane))}: no updates within the clip move it so far, so it is not what the sum decrypts to.`,
      data: { lane, clipLanes: rules.clipLanes },
    });
  }
  return { isSumRight, movedLanes: greatestChange(base, model) };
}

/** What {@link judgeUnopened} looks at; what is absent is not here. */
export interface UnopenedRound {
  readonly rules: TaskRules;
  readonly proposal: OpenedProposal;
  readonly sum: RecomputedSum | undefined;
  readonly base: Int32Array | undefined;
  readonly model: Int32Array | undefined;
}
