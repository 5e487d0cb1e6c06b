import { ruleByName } from "../aggregation/index.ts";
import {
  chunkLanes,
  chunkLeaf,
  chunkTreeRoot,
  createChunkTree,
  type LeafTree,
  rootOfLeaf,
  verifyChunk,
} from "../core/chunk-tree.ts";
import { updateRootOf } from "../core/commitment.ts";
import { FedledgerError } from "../core/error.ts";
import { hexEquals } from "../core/hex.ts";
import type { Bytes32 } from "../core/ids.ts";
import { bytesToLanes, lanesToBytes } from "../core/lanes.ts";
import type { Commitment, InvalidUpdate, Proposal, ProvenChunk, TaskRules, WrongChunk } from "../core/records.ts";
import type { RoundView } from "../core/task-view.ts";

/** What every proof against a proposal is about; a RoundView at a proposal fits. */
export interface ChallengedRound extends Pick<RoundView, "round" | "baseModelRoot" | "commitments"> {
  readonly proposal: Proposal;
}

/** What {@link proveWrongChunk} works on. */
export interface WrongChunkInput {
  readonly rules: TaskRules;
  readonly round: ChallengedRound;
  /** The model that the round started from; not modified. */
  readonly baseLanes: Int32Array;
  /** The model as the included updates give it (RoundCheck.lanes); not modified. */
  readonly recomputed: Int32Array;
  /** The proposed model's tree: of its published blob (createChunkTree) or of its leaf hashes alone (createLeafTree). */
  readonly proposed: LeafTree;
  /** The blob of an included update. */
  readonly getUpdate: (commitment: Commitment) => Promise<Uint8Array>;
  readonly signal?: AbortSignal | undefined;
}

/** The commitments that the round's proposal counts, in the order of the chain. */
export function includedCommitments({ commitments, proposal }: ChallengedRound): readonly Commitment[] {
  return commitments.filter(({ slot }) => ((proposal.excluded >> BigInt(slot)) & 1n) === 0n);
}

/** Whether the proposal's total weight is not the sum of the weights it counts: provable from the commitments alone. */
export function isWeightWrong(round: ChallengedRound): boolean {
  const sum = includedCommitments(round).reduce((total, { weight }) => total + BigInt(weight), 0n);
  return sum !== round.proposal.totalWeight;
}

/**
 * The proof that the proposed model's first wrong chunk is wrong; undefined when no chunk is. One update is in memory at a time.
 *
 * The contract needs the aggregator's committed leaf and its path, and they come from the published blob: a proposal whose
 * blob is withheld cannot be shown wrong chunk by chunk. Nobody attests to such a proposal either.
 * Throws INVALID_ARGUMENT when `proposed` is not the tree of the proposal's root, and LENGTH_MISMATCH or BLOB_CORRUPT when an
 * update's bytes are not the committed ones; rejects as `getUpdate` does.
 */
export async function proveWrongChunk(input: WrongChunkInput): Promise<WrongChunk | undefined> {
  const { round, baseLanes, recomputed, proposed, getUpdate, signal } = input;
  if (!hexEquals(proposed.root, round.proposal.modelRoot)) {
    throw new FedledgerError("INVALID_ARGUMENT", {
      name: "proposed.root",
      value: proposed.root,
      expected: round.proposal.modelRoot,
    });
  }
  const chunkIndex = firstDifferentLeaf(createChunkTree(recomputed), proposed);
  if (chunkIndex === undefined) return undefined;
  const updates: ProvenChunk[] = [];
  for (const commitment of includedCommitments(round)) {
    signal?.throwIfAborted();
    updates.push(provenUpdateChunk(bytesToLanes(await getUpdate(commitment)), commitment, chunkIndex));
  }
  return {
    chunkIndex,
    base: provenChunk(baseLanes, round.baseModelRoot, chunkIndex),
    updates,
    resultLeaf: proposed.leaf(chunkIndex),
    resultProof: proposed.proof(chunkIndex),
  };
}

/**
 * Whether the contract would take the proof: every chunk stands in its committed vector, and the rule gives another chunk
 * than the aggregator committed to. The twin of the contract's check, asked before a challenge is sent.
 */
export function holdsAgainst(wrong: WrongChunk, rules: TaskRules, round: ChallengedRound): boolean {
  const { chunkIndex, base, updates, resultLeaf, resultProof } = wrong;
  const { parameterCount } = rules;
  const included = includedCommitments(round);
  const stands = (root: Bytes32, { chunk, proof }: ProvenChunk): boolean =>
    verifyChunk({ root, parameterCount, index: chunkIndex, chunk, proof });
  if (updates.length !== included.length || included.length === 0 || !stands(round.baseModelRoot, base)) return false;
  const isCommitted = ({ participant, updateRoot }: Commitment, update: ProvenChunk): boolean => {
    const root = rootOfLeaf(parameterCount, chunkIndex, chunkLeaf(chunkIndex, update.chunk), update.proof);
    return hexEquals(updateRootOf(participant, root), updateRoot) && stands(root, update);
  };
  if (!included.every((commitment, i) => isCommitted(commitment, updates[i]!))) return false;
  const root = rootOfLeaf(parameterCount, chunkIndex, resultLeaf, resultProof);
  if (!hexEquals(root, round.proposal.modelRoot)) return false;
  const rule = ruleByName(rules.rule);
  const aggregation = rule.create({ ...rules, parameterCount: chunkLanes });
  for (const [i, { weight }] of included.entries()) aggregation.add(bytesToLanes(updates[i]!.chunk.slice()), weight);
  const right = lanesToBytes(aggregation.finish(bytesToLanes(base.chunk.slice())));
  return rule.chunkLocal && !hexEquals(chunkLeaf(chunkIndex, right), resultLeaf);
}

/**
 * The proof that an included update has a lane beyond the clip; undefined when it has none, is not included, or these are not
 * the bytes behind the committed root: a root without its bytes proves nothing.
 */
export function proveInvalidUpdate(
  bytes: Uint8Array,
  commitment: Commitment,
  rules: Pick<TaskRules, "parameterCount" | "clipLanes">,
  round: ChallengedRound,
): InvalidUpdate | undefined {
  const position = round.commitments.findIndex(({ slot }) => slot === commitment.slot);
  if (bytes.length !== 4 * rules.parameterCount || !includedCommitments(round).includes(round.commitments[position]!)) {
    return undefined;
  }
  const lanes = bytesToLanes(bytes);
  const lane = lanes.findIndex((value) => Math.abs(value) > rules.clipLanes);
  const tree = createChunkTree(lanes);
  if (lane < 0 || !hexEquals(updateRootOf(commitment.participant, tree.root), commitment.updateRoot)) return undefined;
  const chunkIndex = Math.floor(lane / chunkLanes);
  return { position, chunkIndex, update: { chunk: tree.chunk(chunkIndex), proof: tree.proof(chunkIndex) } };
}

function firstDifferentLeaf(right: LeafTree, proposed: LeafTree): number | undefined {
  if (right.chunkCount !== proposed.chunkCount) {
    throw new FedledgerError("LENGTH_MISMATCH", {
      name: "proposed",
      actual: proposed.chunkCount,
      expected: right.chunkCount,
    });
  }
  for (let index = 0; index < right.chunkCount; index++) {
    if (!hexEquals(right.leaf(index), proposed.leaf(index))) return index;
  }
  return undefined;
}

function provenUpdateChunk(
  lanes: Int32Array,
  { participant, updateRoot, contentId }: Commitment,
  index: number,
): ProvenChunk {
  const root = chunkTreeRoot(lanes);
  if (!hexEquals(updateRootOf(participant, root), updateRoot)) {
    throw new FedledgerError("BLOB_CORRUPT", { contentId, reason: "its lanes do not have the committed root" });
  }
  return provenChunk(lanes, root, index);
}

function provenChunk(lanes: Int32Array, root: Bytes32, index: number): ProvenChunk {
  const tree = createChunkTree(lanes);
  if (!hexEquals(tree.root, root)) {
    throw new FedledgerError("BLOB_CORRUPT", { contentId: root, reason: "its lanes do not have the committed root" });
  }
  return { chunk: tree.chunk(index), proof: tree.proof(index) };
}
