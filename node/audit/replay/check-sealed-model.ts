import { chunkTreeRoot } from "../../core/bytes/chunk-tree.ts";
import { hexEquals } from "../../core/bytes/hex.ts";
import { bytesToLanes } from "../../core/bytes/lanes.ts";
import { isFedledgerError } from "../../core/errors/error.ts";
import type { RoundNumber, TaskId } from "../../core/ids.ts";
import type { Proposal } from "../../core/records.ts";
import { sealedFinding } from "./check-update.ts";
import type { FindingInput } from "./findings.ts";
import { isUnavailable } from "./is-unavailable.ts";

/**
 * Opens the sealed blob of a model whose root is right, since nobody but its sender can compute its content id.
 * Undefined where it is that model. Unchecked: MODEL_MISSING, MODEL_SEALED. Violations of its sender: SEAL_BROKEN,
 * MODEL_BYTES_DIFFER.
 *
 * @param input.getModel as of checkRound: gives what was opened
 */
export async function checkSealedModel(input: {
  readonly taskId: TaskId;
  readonly round: RoundNumber;
  readonly proposal: Proposal;
  readonly getModel: ((proposal: Proposal) => Promise<Uint8Array | undefined>) | undefined;
  readonly signal?: AbortSignal | undefined;
}): Promise<FindingInput | undefined> {
  const { taskId, round, proposal, getModel, signal } = input;
  const { aggregator: party, modelRoot, contentId } = proposal;
  let bytes: Uint8Array | undefined;
  try {
    bytes = await getModel?.(proposal);
  } catch (error) {
    signal?.throwIfAborted();
    if (!isUnavailable(error)) throw error;
    if (isFedledgerError(error, "BLOB_SEALED") || isFedledgerError(error, "SEAL_BROKEN")) {
      const named = { taskId, round, participant: party, contentId };
      return sealedFinding(named, { code: "MODEL_SEALED", what: `The model of ${party}`, cause: error });
    }
  }
  if (bytes === undefined) {
    return {
      code: "MODEL_MISSING",
      severity: "unchecked",
      party,
      message: "The bytes of this round's model are nowhere to be had.",
      data: { modelRoot, contentId },
    };
  }
  const isRight =
    bytes.length > 0 && bytes.length % 4 === 0 && hexEquals(chunkTreeRoot(bytesToLanes(bytes)), modelRoot);
  if (isRight) return undefined;
  return {
    code: "MODEL_BYTES_DIFFER",
    party,
    message: "The model is right, but the content id in the proposal names other bytes.",
    data: { expected: modelRoot, actual: contentId },
  };
}
