import { chunkLanes, chunkTreeRoot } from "../../core/bytes/chunk-tree.ts";
import { hexEquals } from "../../core/bytes/hex.ts";
import { itemAt } from "../../core/bytes/items.ts";
import { bytesToLanes } from "../../core/bytes/lanes.ts";
import type { Bytes32, RoundNumber, TaskId } from "../../core/ids.ts";
import type { Proposal } from "../../core/records.ts";
import { checkSealedModel } from "./check-sealed-model.ts";
import type { FindingLog } from "./findings.ts";
import { isUnavailable } from "./is-unavailable.ts";

/** A model that was recomputed from a round's updates. */
export interface RecomputedModel {
  readonly lanes: Int32Array;
  readonly modelRoot: Bytes32;
  readonly contentId: Bytes32;
}

/** What {@link compareModel} looks for the proposed model with. */
export interface ModelComparison {
  readonly taskId: TaskId;
  readonly round: RoundNumber;
  /** The task's blobs are sealed, so that the content id says nothing of what is in them. */
  readonly sealed?: boolean | undefined;
  readonly getModel?: (proposal: Proposal) => Promise<Uint8Array | undefined>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Compares a proposed model with the recomputed one, and tells where it differs, as far as the proposed bytes can be
 * had.
 */
export async function compareModel(
  log: FindingLog,
  proposal: Proposal,
  recomputed: RecomputedModel,
  { taskId, round, sealed, getModel, signal }: ModelComparison,
): Promise<void> {
  const party = proposal.aggregator;
  if (hexEquals(proposal.modelRoot, recomputed.modelRoot)) {
    if (sealed) {
      const finding = await checkSealedModel({ taskId, round, proposal, getModel, signal });
      if (finding) log.add(finding);
      return;
    }
    if (hexEquals(proposal.contentId, recomputed.contentId)) return;
    log.add({
      code: "MODEL_BYTES_DIFFER",
      party,
      message: "The model is right, but the content id in the proposal names other bytes.",
      data: { expected: recomputed.contentId, actual: proposal.contentId },
    });
    return;
  }
  const first = firstDifference(recomputed.lanes, await proposedLanes(proposal, getModel, signal));
  log.add({
    code: "AGGREGATE_WRONG",
    party,
    ...(first && { chunk: Math.floor(first.lane / chunkLanes) }),
    message: first
      ? `The model proposed by ${party} is not what the rule makes of the updates: lane ${first.lane} is ${first.actual}, not ${first.expected}.`
      : `The model proposed by ${party} is not what the rule makes of the updates.`,
    data: {
      expected: recomputed.modelRoot,
      actual: proposal.modelRoot,
      lane: first?.lane,
      expectedLane: first?.expected,
      actualLane: first?.actual,
    },
  });
}

/** The lanes behind the proposed root, or undefined where they are not to be had. */
async function proposedLanes(
  proposal: Proposal,
  getModel: ModelComparison["getModel"],
  signal: AbortSignal | undefined,
): Promise<Int32Array | undefined> {
  try {
    const bytes = await getModel?.(proposal);
    if (bytes === undefined || bytes.length === 0 || bytes.length % 4 !== 0) return undefined;
    const lanes = bytesToLanes(bytes);
    return hexEquals(chunkTreeRoot(lanes), proposal.modelRoot) ? lanes : undefined;
  } catch (error) {
    signal?.throwIfAborted();
    if (!isUnavailable(error)) throw error;
    return undefined;
  }
}

function firstDifference(expected: Int32Array, actual: Int32Array | undefined) {
  if (actual?.length !== expected.length) return undefined;
  const lane = expected.findIndex((value, i) => value !== actual[i]);
  return lane === -1 ? undefined : { lane, expected: itemAt(expected, lane), actual: itemAt(actual, lane) };
}
