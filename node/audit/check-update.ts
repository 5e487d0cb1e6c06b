import { chunkLanes, chunkTreeRoot } from "../core/chunk-tree.ts";
import { updateRootOf } from "../core/commitment.ts";
import { contentIdOf } from "../core/content-id.ts";
import { isFedledgerError } from "../core/error.ts";
import { hexEquals } from "../core/hex.ts";
import { bytesToLanes } from "../core/lanes.ts";
import type { Commitment, TaskRules } from "../core/records.ts";
import { createFindingLog, type Finding } from "./findings.ts";

/** What a look at an update's bytes brought. */
export interface UpdateCheck {
  /** The update's lanes; present exactly when there is no finding. A view on the bytes where they are aligned. */
  readonly lanes?: Int32Array;
  /** At most one: UPDATE_BYTES_DIFFER or UPDATE_OUT_OF_BOUNDS, with the participant as its party. */
  readonly findings: readonly Finding[];
  /** Upper bound of what the lanes tell, in bits: the lanes' magnitudes together; 0 for an update that changes nothing. */
  readonly informationBits: number;
}

/**
 * Checks the bytes of an update against its commitment: length, content id, chunk tree root, then the clip.
 *
 * Bytes that have the committed content id but not the root, or the root but not the content id, prove that the
 * participant committed to two different things: a violation. Bytes that have neither prove only that their source
 * gave something else: unchecked.
 */
export async function checkUpdate(input: {
  readonly bytes: Uint8Array;
  readonly commitment: Commitment;
  readonly rules: Pick<TaskRules, "parameterCount" | "clipLanes">;
}): Promise<UpdateCheck> {
  const { bytes, commitment, rules } = input;
  const { participant: party, updateRoot, contentId } = commitment;
  const log = createFindingLog(commitment.taskId, commitment.round);
  const lanes = bytes.length > 0 && bytes.length % 4 === 0 ? bytesToLanes(bytes) : undefined;
  const rootMatches = lanes !== undefined && hexEquals(updateRootOf(party, chunkTreeRoot(lanes)), updateRoot);
  const contentMatches = bytes.length > 0 && hexEquals(await contentIdOf(bytes), contentId);
  if (!rootMatches || !contentMatches || lanes?.length !== rules.parameterCount) {
    const proven = rootMatches || contentMatches;
    log.add({
      code: "UPDATE_BYTES_DIFFER",
      severity: proven ? "violation" : "unchecked",
      party,
      message: proven
        ? `The update of ${party} is not one thing: its content id, its root and the model's size do not name the same bytes.`
        : `The bytes at hand for the update of ${party} are not those it committed to.`,
      data: { updateRoot, contentId, lengthBytes: bytes.length, rootMatches, contentMatches },
    });
    return { findings: log.findings, informationBits: 0 };
  }
  const { outside, informationBits } = scan(lanes, rules.clipLanes);
  if (outside === -1) return { lanes, findings: [], informationBits };
  log.add({
    code: "UPDATE_OUT_OF_BOUNDS",
    party,
    chunk: Math.floor(outside / chunkLanes),
    message: `Lane ${outside} of the update of ${party} is ${lanes[outside]}, beyond the clip of ${rules.clipLanes}.`,
    data: { lane: outside, value: lanes[outside], clipLanes: rules.clipLanes },
  });
  return { findings: log.findings, informationBits };
}

/** The finding for an update that could not be had: UPDATE_BYTES_DIFFER where its source gave other bytes, else UPDATE_MISSING; both unchecked. */
export function missingUpdate(commitment: Commitment, cause?: unknown): Finding {
  const { taskId, round, participant: party, updateRoot, contentId } = commitment;
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

/** The first lane beyond the clip (-1: none), and the bits of the magnitudes of all lanes that are not cut to the clip. */
function scan(lanes: Int32Array, clipLanes: number): { outside: number; informationBits: number } {
  let outside = -1;
  let informationBits = 0;
  for (let i = 0; i < lanes.length; i++) {
    const magnitude = Math.abs(lanes[i]!);
    if (magnitude > clipLanes && outside === -1) outside = i;
    if (magnitude < clipLanes) informationBits += 32 - Math.clz32(magnitude);
  }
  return { outside, informationBits };
}
