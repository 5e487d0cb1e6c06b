import { medianTrim, trimBounds, trimmedMean, weightedMean } from "../../../node/aggregation/index.ts";
import { type ChunkTree, createChunkTree } from "../../../node/core/bytes/chunk-tree.ts";
import { concatBytes } from "../../../node/core/bytes/hex.ts";
import { bytesToLanes, lanesToBytes } from "../../../node/core/bytes/lanes.ts";
import type { Address } from "../../../node/core/ids.ts";
import { updateRootOf } from "../../../node/core/words/commitment.ts";
import type { SolidityCommitment, SolidityProposal } from "./facts.ts";
import { baseRules, type SolidityRules, type TestFederation, word } from "./federation.ts";

/** A vector of lanes with its tree. */
export interface Vector {
  readonly lanes: Int32Array;
  readonly tree: ChunkTree;
}

/** An update as a round of tests has it. */
export interface WeightedVector extends Vector {
  readonly weight: number;
}

/** The lanes with their tree. */
export const vectorOf = (lanes: Int32Array): Vector => ({ lanes, tree: createChunkTree(lanes) });

/** A chunk's lanes zigzag, as proofs carry them. */
export const encodeZigzag = (chunk: Uint8Array): Uint8Array =>
  lanesToBytes(bytesToLanes(chunk.slice()).map((lane) => (lane << 1) ^ (lane >> 31)));

/** What {@link runToAggregating} needs. */
export interface RoundPlan {
  readonly base: Vector;
  /** One for each of the first participants. */
  readonly updates: readonly WeightedVector[];
  readonly rules?: Partial<SolidityRules>;
  /** Everybody in the task has the least bond there. */
  readonly bonded?: boolean;
}

/**
 * A task with one round whose real updates are committed and closed: an aggregator is assigned. Slots are the
 * participants' places.
 */
export async function runToAggregating(f: TestFederation, { base, updates, rules = {}, bonded = false }: RoundPlan) {
  const plain: SolidityRules = {
    ...{ ...baseRules, parameterCount: base.lanes.length, minUpdates: 1, maxUpdates: updates.length },
    ...rules,
  };
  const taskRules = bonded ? await f.bonded(plain) : plain;
  const members = f.members.slice(0, updates.length);
  const taskId = await f.createTask(taskRules, { enrolled: members, modelRoot: base.tree.root });
  await f.openRound(taskId);
  const commitments: SolidityCommitment[] = [];
  const { start } = await f.facts(taskId);
  for (const [slot, { tree, weight }] of updates.entries()) {
    const member = members[slot]!;
    const contentId = word(slot);
    const updateRoot = updateRootOf(member.address as Address, tree.root);
    await f.federation.connect(member).commit(taskId, 1, start, updateRoot, contentId, weight);
    commitments.push({ participant: member.address, slot, weight, updateRoot, contentId });
  }
  await f.federation.closeRound(taskId, 1);

  const included = (excluded: bigint) => updates.filter((_, slot) => ((excluded >> BigInt(slot)) & 1n) === 0n);
  const trimOf = (count: number): number => (taskRules.rule === 1 ? medianTrim(count) : taskRules.trim);
  /** What a proof says of the sorted values, where the rule sorts. */
  const boundsOf = (vectors: readonly Vector[], chunkIndex: number): Uint8Array => {
    if (taskRules.rule === 0) return new Uint8Array(0);
    const chunks = vectors.map(({ tree }) => bytesToLanes(tree.chunk(chunkIndex).slice()));
    const { lows, highs } = trimBounds(chunks, trimOf(chunks.length));
    return concatBytes(lanesToBytes(lows), lanesToBytes(highs));
  };
  return {
    taskId,
    rules: taskRules,
    commitments,
    members,

    /** What the rule makes of the updates that are not excluded. */
    honest: (excluded = 0n): Int32Array =>
      taskRules.rule === 0
        ? weightedMean({ base: base.lanes, updates: included(excluded), serverRateQ16: taskRules.serverRateQ16 })
        : trimmedMean({
            base: base.lanes,
            updates: included(excluded).map(({ lanes }) => lanes),
            trim: trimOf(included(excluded).length),
            serverRateQ16: taskRules.serverRateQ16,
          }),

    /** The assigned aggregator proposes this model; returns the proposal. */
    propose(modelRoot: string, change: Partial<SolidityProposal> = {}): Promise<SolidityProposal> {
      const totalWeight = BigInt(included(change.excluded ?? 0n).reduce((sum, { weight }) => sum + weight, 0));
      return f.propose(taskId, { modelRoot, totalWeight, ...change });
    },

    /** The proof that chunk `chunkIndex` of the proposed model is not what the rule gives; of whatever model. */
    proof: (proposed: ChunkTree, chunkIndex: number, excluded = 0n) => ({
      chunkIndex,
      leaf: proposed.leaf(chunkIndex),
      leafPath: proposed.proof(chunkIndex),
      base: base.tree.chunk(chunkIndex),
      basePath: base.tree.proof(chunkIndex),
      updates: concatBytes(...included(excluded).map(({ tree }) => encodeZigzag(tree.chunk(chunkIndex)))),
      updatePaths: included(excluded).flatMap(({ tree }) => tree.proof(chunkIndex)),
      bounds: boundsOf(included(excluded), chunkIndex),
    }),
  };
}

/** A round of {@link runToAggregating}. */
export type ProvenRound = Awaited<ReturnType<typeof runToAggregating>>;
