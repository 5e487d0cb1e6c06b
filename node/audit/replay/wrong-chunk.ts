import { trimBounds, trimOf } from "../../aggregation/index.ts";
import { createChunkTree } from "../../core/bytes/chunk-tree.ts";
import { concatBytes, hexEquals } from "../../core/bytes/hex.ts";
import { bytesToLanes, lanesToBytes } from "../../core/bytes/lanes.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { Bytes32 } from "../../core/ids.ts";
import type { RoundView } from "../../core/record/task-view.ts";
import type { Commitment, ProvenChunk, TaskRules, WrongChunk } from "../../core/records.ts";
import { updateRootOf } from "../../core/words/commitment.ts";

/** What {@link wrongChunkAt} works on. */
export interface WrongLeafInput {
  readonly rules: TaskRules;
  readonly round: Pick<RoundView, "baseModelRoot">;
  /** The commitments that the proposal counts. */
  readonly included: readonly Commitment[];
  /** The model that the round started from; not modified. */
  readonly baseLanes: Int32Array;
  /** The proposed model's leaf of a chunk, and its path. */
  readonly leaf: { readonly index: number; readonly node: Bytes32; readonly path: readonly Bytes32[] };
  readonly getUpdate: (commitment: Commitment) => Promise<Uint8Array>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * What shows a leaf of a proposed model beside what it should have been made of; whether it is wrong is not judged.
 * Rejects as `getUpdate` does, and with BLOB_CORRUPT for bytes that are not the committed ones.
 */
export async function wrongChunkAt(input: WrongLeafInput): Promise<WrongChunk> {
  const { rules, round, included, baseLanes, leaf, getUpdate, signal } = input;
  const chunkIndex = leaf.index;
  const updates: ProvenChunk[] = [];
  for (const commitment of included) {
    signal?.throwIfAborted();
    const rootOf = (root: Bytes32): Bytes32 => updateRootOf(commitment.participant, root);
    updates.push(provenChunk(bytesToLanes(await getUpdate(commitment)), commitment.updateRoot, chunkIndex, rootOf));
  }
  const trim = trimOf(rules, updates.length);
  return {
    chunkIndex,
    base: provenChunk(baseLanes, round.baseModelRoot, chunkIndex),
    updates,
    resultLeaf: leaf.node,
    resultProof: leaf.path,
    ...(trim !== undefined && { bounds: boundsOf(updates, trim) }),
  };
}

/** The bounds that the contract counts against, least kept lanes before greatest. */
export function boundsOf(updates: readonly ProvenChunk[], trim: number): Uint8Array {
  const { lows, highs } = trimBounds(
    updates.map(({ chunk }) => bytesToLanes(chunk.slice())),
    trim,
  );
  return concatBytes(lanesToBytes(lows), lanesToBytes(highs));
}

function provenChunk(
  lanes: Int32Array,
  root: Bytes32,
  index: number,
  committed: (root: Bytes32) => Bytes32 = (own) => own,
): ProvenChunk {
  const tree = createChunkTree(lanes);
  if (!hexEquals(committed(tree.root), root)) {
    throw new FedledgerError("BLOB_CORRUPT", { contentId: root, reason: "its lanes do not have the committed root" });
  }
  return { chunk: tree.chunk(index), proof: tree.proof(index) };
}
