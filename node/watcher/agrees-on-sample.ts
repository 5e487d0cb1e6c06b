import { ruleByName } from "../aggregation/index.ts";
import { includedCommitments, isWeightWrong } from "../audit/challenge-proof.ts";
import { isUnavailable } from "../audit/is-unavailable.ts";
import { chunkCountOf, chunkLanes, chunkTreeRoot } from "../core/chunk-tree.ts";
import { updateRootOf } from "../core/commitment.ts";
import { hexEquals } from "../core/hex.ts";
import { bytesToLanes } from "../core/lanes.ts";
import type { Random } from "../ports/system.ts";
import type { ProposedRound } from "../rounds/judge-proposal.ts";
import type { ModelSource, TaskLook } from "../rounds/model-source.ts";
import { randomBelow } from "../rounds/random-below.ts";
import { chunksToDraw, drawChunks, type SampleSize } from "./chunk-sample.ts";

/**
 * Whether the proposal is right where random chunks of it were recomputed. They are drawn now, after it is on the chain, from
 * randomness that the proposer cannot know. False asks for the whole round: something differs, is not to be had, the rule does not
 * work chunk by chunk, or the updates are hidden: masks cost the same for a chunk as for many.
 *
 * All bytes are fetched whole and checked against their content ids, as blobs have no ranges, and the roots of base and model are
 * recomputed. What is saved is in proportion: the aggregation and the clip outside the drawn chunks, and the hashing of updates, of
 * which each one's root is recomputed with the probability with which a chunk is drawn.
 * Rejects as ModelSource.baseOf does.
 */
export async function agreesOnSample(
  { source, random, size }: { readonly source: ModelSource; readonly random: Random; readonly size: SampleSize },
  round: ProposedRound,
  look: TaskLook,
): Promise<boolean> {
  const { rules } = look.view;
  const { proposal } = round;
  const rule = ruleByName(rules.rule);
  const included = includedCommitments(round);
  const isHidden = rules.mode !== "transparent";
  if (isHidden || !rule.chunkLocal || included.length === 0 || isWeightWrong(round)) return false;
  const count = chunkCountOf(rules.parameterCount);
  const drawn = chunksToDraw(size, count);
  const chunks = drawChunks(count, drawn, random);
  try {
    const model = bytesToLanes(await source.model(round, look));
    if (model.length !== rules.parameterCount || !hexEquals(chunkTreeRoot(model), proposal.modelRoot)) return false;
    const base = lanesOf(await source.baseOf(round.round, look), chunks);
    const aggregation = rule.create({ ...rules, parameterCount: base.length });
    for (const commitment of included) {
      look.signal.throwIfAborted();
      const lanes = bytesToLanes(await source.update(commitment, look));
      if (lanes.length !== rules.parameterCount) return false;
      const isHashed = randomBelow(count, random) < drawn;
      const { participant, updateRoot } = commitment;
      if (isHashed && !hexEquals(updateRootOf(participant, chunkTreeRoot(lanes)), updateRoot)) return false;
      const part = lanesOf(lanes, chunks);
      if (part.some((lane) => Math.abs(lane) > rules.clipLanes)) return false;
      aggregation.add(part, commitment.weight);
    }
    const right = aggregation.finish(base);
    const proposed = lanesOf(model, chunks);
    return right.every((lane, i) => lane === proposed[i]);
  } catch (error) {
    look.signal.throwIfAborted();
    if (!isUnavailable(error)) throw error;
    return false;
  }
}

/** The lanes of these chunks, one after another; the last chunk of a vector may be short. */
function lanesOf(lanes: Int32Array, chunks: readonly number[]): Int32Array {
  const parts = chunks.map((index) => lanes.subarray(index * chunkLanes, (index + 1) * chunkLanes));
  const joined = new Int32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
