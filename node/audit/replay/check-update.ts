import { chunkLanes, chunkTreeRoot } from "../../core/bytes/chunk-tree.ts";
import { contentIdOf } from "../../core/bytes/content-id.ts";
import { hexEquals } from "../../core/bytes/hex.ts";
import { bytesToLanes } from "../../core/bytes/lanes.ts";
import { type FedledgerError, isFedledgerError } from "../../core/errors/error.ts";
import type { Bytes32 } from "../../core/ids.ts";
import { modeOf } from "../../core/modes/mode-of.ts";
import type { Commitment, TaskRules } from "../../core/records.ts";
import { updateLanesOf } from "../../core/task/blob-length.ts";
import { updateRootOf } from "../../core/words/commitment.ts";
import { checkCipherUpdate } from "./encrypted-round.ts";
import { createFindingLog, type Finding, type FindingLog } from "./findings.ts";
import { scanLanes } from "./lane-changes.ts";

/** What a look at an update's bytes brought. */
export interface UpdateCheck {
  /** The update's lanes; present exactly when there is no finding. A view on the bytes where they are aligned. */
  readonly lanes?: Int32Array;
  /** Root of the lanes, bound to nobody; present with them. */
  readonly lanesRoot?: Bytes32;
  /** At most one: UPDATE_BYTES_DIFFER or UPDATE_OUT_OF_BOUNDS, with the participant as its party. */
  readonly findings: readonly Finding[];
  /**
   * Upper bound of what the lanes tell, in bits: the lanes' magnitudes together; 0 for an update that changes nothing.
   * Of a masked one all bits.
   */
  readonly informationBits: number;
}

/**
 * Checks the bytes of an update against its commitment: length, content id, chunk tree root, then the clip. The lanes
 * of a masked update can be anything: under the mask nobody sees the clip, and only the sum is cut. An encrypted one
 * must be a ciphertext, of which nothing else can be seen.
 *
 * Bytes that have the committed content id but not the root, or the root but not the content id, prove that the
 * participant committed to two different things: a violation. Bytes that have neither prove only that their source
 * gave something else: unchecked.
 */
export async function checkUpdate(input: {
  readonly bytes: Uint8Array;
  readonly commitment: Commitment;
  readonly rules: Pick<TaskRules, "mode" | "parameterCount" | "clipLanes">;
  /** They were opened from a sealed blob, whose bytes were checked against the content id. */
  readonly opened?: boolean | undefined;
}): Promise<UpdateCheck> {
  const { bytes, commitment, rules, opened } = input;
  const { participant: party, updateRoot, contentId } = commitment;
  const log = createFindingLog(commitment.taskId, commitment.round);
  const lanes = bytes.length > 0 && bytes.length % 4 === 0 ? bytesToLanes(bytes) : undefined;
  const lanesRoot = lanes && chunkTreeRoot(lanes);
  const rootMatches = lanesRoot !== undefined && hexEquals(updateRootOf(party, lanesRoot), updateRoot);
  const contentMatches = opened === true || (bytes.length > 0 && hexEquals(await contentIdOf(bytes), contentId));
  if (!rootMatches || !contentMatches || lanes?.length !== updateLanesOf(rules)) {
    tellDifference(log, commitment, { lengthBytes: bytes.length, rootMatches, contentMatches });
    return { findings: log.findings, informationBits: 0 };
  }
  const mode = modeOf(rules);
  if (!mode.isRecomputable) return { ...checkCipherUpdate(lanes, { bytes, commitment, rules }), lanesRoot };
  if (!mode.showsUpdates) return { lanes, lanesRoot, findings: [], informationBits: 8 * bytes.length };
  const { outside, informationBits } = scanLanes(lanes, rules.clipLanes);
  if (outside === -1) return { lanes, lanesRoot, findings: [], informationBits };
  log.add({
    code: "UPDATE_OUT_OF_BOUNDS",
    party,
    chunk: Math.floor(outside / chunkLanes),
    message: `Lane ${outside} of the update of ${party} is ${lanes[outside]}, beyond the clip of ${rules.clipLanes}.`,
    data: { lane: outside, value: lanes[outside], clipLanes: rules.clipLanes },
  });
  return { findings: log.findings, informationBits };
}

function tellDifference(
  log: FindingLog,
  { participant: party, updateRoot, contentId }: Commitment,
  seen: { readonly lengthBytes: number; readonly rootMatches: boolean; readonly contentMatches: boolean },
): void {
  const proven = seen.rootMatches || seen.contentMatches;
  log.add({
    code: "UPDATE_BYTES_DIFFER",
    severity: proven ? "violation" : "unchecked",
    party,
    message: proven
      ? `The update of ${party} is not one thing: its content id, its root and the model's size do not name the same bytes.`
      : `The bytes at hand for the update of ${party} are not those it committed to.`,
    data: { updateRoot, contentId, ...seen },
  });
}

/**
 * The finding for an update that could not be had. Unchecked: UPDATE_BYTES_DIFFER where its source gave other bytes,
 * UPDATE_SEALED where there is no key for it here, else UPDATE_MISSING. A violation: SEAL_BROKEN, where the sealed
 * bytes are those committed to, and nobody can open them.
 */
export function missingUpdate(commitment: Commitment, cause?: unknown): Finding {
  const { taskId, round, participant: party, updateRoot, contentId } = commitment;
  if (isFedledgerError(cause, "BLOB_SEALED") || isFedledgerError(cause, "SEAL_BROKEN")) {
    return sealedFinding(commitment, { code: "UPDATE_SEALED", what: `The update of ${party}`, cause });
  }
  const differs = isFedledgerError(cause, "BLOB_CORRUPT") || isFedledgerError(cause, "BLOB_TOO_LARGE");
  return {
    code: differs ? "UPDATE_BYTES_DIFFER" : "UPDATE_MISSING",
    severity: "unchecked",
    taskId,
    round,
    party,
    message: differs
      ? `The bytes at hand for the update of ${party} are not those it committed to.`
      : `The bytes of the update of ${party} are nowhere to be had.`,
    data: { updateRoot, contentId },
  };
}

/**
 * The finding for a sealed blob that did not open: `code` (unchecked) where there is no key for it here, else
 * SEAL_BROKEN.
 */
export function sealedFinding(
  { taskId, round, participant: party, contentId }: Pick<Commitment, "taskId" | "round" | "participant" | "contentId">,
  told: { readonly code: "UPDATE_SEALED" | "MODEL_SEALED"; readonly what: string; readonly cause: FedledgerError },
): Finding {
  const { code, what, cause } = told;
  const reason = String(cause.data.reason);
  const broken = cause.code === "SEAL_BROKEN";
  return {
    code: broken ? "SEAL_BROKEN" : code,
    severity: broken ? "violation" : "unchecked",
    taskId,
    round,
    party,
    message: broken
      ? `${what} is sealed so that nobody can open it: ${reason}.`
      : `${what} is sealed to the task's members: ${reason}. A grant of one of them opens it.`,
    data: { contentId, reason },
  };
}
