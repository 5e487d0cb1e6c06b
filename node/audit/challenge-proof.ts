import { ruleByName, trimBounds, trimOf } from "../aggregation/index.ts";
import {
  chunkBytes,
  chunkLanes,
  chunkLeaf,
  createChunkTree,
  type LeafTree,
  rootOfLeaf,
  treeDepthOf,
  verifyChunk,
} from "../core/chunk-tree.ts";
import { updateRootOf } from "../core/commitment.ts";
import { FedledgerError } from "../core/error.ts";
import { concatBytes, hexEquals, toHex } from "../core/hex.ts";
import type { Bytes32, Hex } from "../core/ids.ts";
import { bytesToLanes, lanesToBytes } from "../core/lanes.ts";
import type { Commitment, InvalidUpdate, Proposal, ProvenChunk, TaskRules, WrongChunk } from "../core/records.ts";
import type { RoundView } from "../core/task-view.ts";
import type { PlacedNode } from "../core/tree-nodes.ts";
import { checkOpenings, maskedChunk } from "../privacy/masking/index.ts";
import { type MaskableRound, openedRoundOf } from "./masked-round.ts";

/** What every proof against a proposal is about; a RoundView at a proposal fits. */
export interface ChallengedRound extends MaskableRound, Pick<RoundView, "baseModelRoot"> {
  readonly proposal: Proposal & { readonly openings?: Hex };
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

/** What {@link wrongChunkAt} works on: any committed leaf that is to be proven wrong. */
export type WrongLeafInput = Omit<WrongChunkInput, "recomputed" | "proposed"> & {
  /** The proposed model's leaf of a chunk (`index`), as its published blob or nodes shown on the chain (differingNode) give it. */
  readonly leaf: Pick<PlacedNode, "index" | "node" | "path">;
};

/**
 * The proof that the proposed model's first wrong chunk is wrong; undefined when no chunk is. One update is in memory at a time.
 *
 * The contract needs the aggregator's committed leaf and its path: of its published blob here, of nodes that it was made to show in
 * {@link wrongChunkAt}.
 * Throws INVALID_ARGUMENT when `proposed` is not the tree of the proposal's root, and LENGTH_MISMATCH or BLOB_CORRUPT when an
 * update's bytes are not the committed ones; rejects as `getUpdate` does.
 */
export async function proveWrongChunk(input: WrongChunkInput): Promise<WrongChunk | undefined> {
  const { round, recomputed, proposed } = input;
  if (!hexEquals(proposed.root, round.proposal.modelRoot)) {
    throw new FedledgerError("INVALID_ARGUMENT", {
      name: "proposed.root",
      value: proposed.root,
      expected: round.proposal.modelRoot,
    });
  }
  const index = firstDifferentLeaf(createChunkTree(recomputed), proposed);
  if (index === undefined) return undefined;
  return wrongChunkAt({ ...input, leaf: { index, node: proposed.leaf(index), path: proposed.proof(index) } });
}

/** The proof that a committed leaf is not the chunk that the rule gives; whether it holds is for {@link holdsAgainst}. Throws as {@link proveWrongChunk}. */
export async function wrongChunkAt(input: WrongLeafInput): Promise<WrongChunk> {
  const { rules, round, baseLanes, leaf, getUpdate, signal } = input;
  const chunkIndex = leaf.index;
  const updates: ProvenChunk[] = [];
  for (const commitment of includedCommitments(round)) {
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

/**
 * Whether the contract would take the proof: every chunk stands in its committed vector, and the rule gives another chunk
 * than the aggregator committed to. The twin of the contract's check, asked before a challenge is sent.
 */
export function holdsAgainst(wrong: WrongChunk, rules: TaskRules, round: ChallengedRound): boolean {
  const { chunkIndex, base, updates, resultLeaf, resultProof, bounds } = wrong;
  const { parameterCount } = rules;
  const included = includedCommitments(round);
  if (updates.length !== included.length || included.length === 0) return false;
  if (!verifyChunk({ ...base, root: round.baseModelRoot, parameterCount, index: chunkIndex })) return false;
  if (!included.every((commitment, i) => standsIn(commitment, parameterCount, chunkIndex, updates[i]!))) return false;
  if (resultProof.length !== treeDepthOf(parameterCount)) return false;
  const root = rootOfLeaf(parameterCount, chunkIndex, resultLeaf, resultProof);
  if (!hexEquals(root, round.proposal.modelRoot)) return false;
  const trim = trimOf(rules, included.length);
  if (trim !== undefined && toHex(boundsOf(updates, trim)) !== toHex(bounds ?? new Uint8Array())) return false;
  const right = rightChunk(wrong, rules, round);
  return right !== undefined && !hexEquals(chunkLeaf(chunkIndex, lanesToBytes(right)), resultLeaf);
}

/** What the rule makes of the shown chunks, in a masked task by the proposal's openings; undefined where no contract can tell. */
function rightChunk(
  { chunkIndex, base, updates }: WrongChunk,
  rules: TaskRules,
  round: ChallengedRound,
): Int32Array | undefined {
  const included = includedCommitments(round);
  const baseLanes = bytesToLanes(base.chunk.slice());
  const weighted = included.map(({ weight }, i) => ({ weight, lanes: bytesToLanes(updates[i]!.chunk.slice()) }));
  if (rules.mode === "masked") {
    const opened = openedRoundOf(included[0]!.taskId, rules, round, round.proposal.openings);
    if (opened === undefined || opened.closed.surviving.length !== included.length) return undefined;
    // false openings are another challenge's
    if (checkOpenings(opened.closed, opened.openings) !== undefined) return undefined;
    const { closed, openings } = opened;
    return maskedChunk(chunkIndex, { base: baseLanes, updates: weighted }, { ...rules, round: closed, openings });
  }
  const rule = ruleByName(rules.rule);
  if (!rule.chunkLocal) return undefined;
  const aggregation = rule.create({ ...rules, parameterCount: chunkLanes });
  for (const { lanes, weight } of weighted) aggregation.add(lanes, weight);
  return aggregation.finish(baseLanes);
}

/**
 * What proves that a committed update has a lane beyond the clip, to the contract's reportUpdate and, where the update is included, to its
 * challengeUpdate: the first such chunk. Undefined when it has none, or these are not the bytes behind the committed root: a root
 * without its bytes proves nothing. And undefined of masked updates, whose lanes may be anything.
 *
 * @param commitments all of the round, in the order of the chain, `commitment` among them
 */
export function updateFault(
  lanes: Int32Array,
  commitment: Commitment,
  commitments: readonly Commitment[],
  rules: Pick<TaskRules, "mode" | "parameterCount" | "clipLanes">,
): InvalidUpdate | undefined {
  if (rules.mode !== "transparent") return undefined;
  const position = commitments.findIndex(({ slot }) => slot === commitment.slot);
  const lane = lanes.findIndex((value) => Math.abs(value) > rules.clipLanes);
  if (position < 0 || lane < 0 || lanes.length !== rules.parameterCount) return undefined;
  const tree = createChunkTree(lanes);
  if (!hexEquals(updateRootOf(commitment.participant, tree.root), commitment.updateRoot)) return undefined;
  const chunkIndex = Math.floor(lane / chunkLanes);
  return { position, chunkIndex, update: { chunk: tree.chunk(chunkIndex), proof: tree.proof(chunkIndex) } };
}

/** {@link updateFault} of an update's bytes against the proposal that counts it; undefined, too, where it does not. */
export function proveInvalidUpdate(
  bytes: Uint8Array,
  commitment: Commitment,
  rules: Pick<TaskRules, "mode" | "parameterCount" | "clipLanes">,
  round: ChallengedRound,
): InvalidUpdate | undefined {
  if (bytes.length !== 4 * rules.parameterCount) return undefined;
  if (!includedCommitments(round).some(({ slot }) => slot === commitment.slot)) return undefined;
  return updateFault(bytesToLanes(bytes), commitment, round.commitments, rules);
}

/** Whether a chunk stands in the update that the commitment is to. */
function standsIn(
  commitment: Commitment,
  parameterCount: number,
  index: number,
  { chunk, proof }: ProvenChunk,
): boolean {
  if (chunk.length !== chunkBytes || proof.length !== treeDepthOf(parameterCount)) return false;
  const root = rootOfLeaf(parameterCount, index, chunkLeaf(index, chunk), proof);
  return hexEquals(updateRootOf(commitment.participant, root), commitment.updateRoot);
}

/** The bounds that the contract counts against, least kept lanes before greatest. */
function boundsOf(updates: readonly ProvenChunk[], trim: number): Uint8Array {
  const { lows, highs } = trimBounds(
    updates.map(({ chunk }) => bytesToLanes(chunk.slice())),
    trim,
  );
  return concatBytes(lanesToBytes(lows), lanesToBytes(highs));
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
