import { chunkLanes, createChunkTree } from "../../core/bytes/chunk-tree.ts";
import { hexEquals } from "../../core/bytes/hex.ts";
import { modeOf } from "../../core/modes/mode-of.ts";
import type { Commitment, InvalidUpdate, TaskRules } from "../../core/records.ts";
import { updateRootOf } from "../../core/words/commitment.ts";

/**
 * What shows that a committed update has a lane beyond the clip: the first such chunk. Undefined when it has none, or
 * these are not the bytes behind the committed root: a root without its bytes proves nothing. And undefined of hidden
 * updates: of masked ones a lane may be anything, and of ciphertexts nothing can be seen.
 *
 * @param commitments all of the round, in the order of the chain, `commitment` among them
 */
export function updateFault(
  lanes: Int32Array,
  commitment: Commitment,
  commitments: readonly Commitment[],
  rules: Pick<TaskRules, "mode" | "parameterCount" | "clipLanes">,
): InvalidUpdate | undefined {
  if (!modeOf(rules).showsUpdates) return undefined;
  const position = commitments.findIndex(({ slot }) => slot === commitment.slot);
  const lane = lanes.findIndex((value) => Math.abs(value) > rules.clipLanes);
  if (position < 0 || lane < 0 || lanes.length !== rules.parameterCount) return undefined;
  const tree = createChunkTree(lanes);
  if (!hexEquals(updateRootOf(commitment.participant, tree.root), commitment.updateRoot)) return undefined;
  const chunkIndex = Math.floor(lane / chunkLanes);
  return { position, chunkIndex, update: { chunk: tree.chunk(chunkIndex), proof: tree.proof(chunkIndex) } };
}
