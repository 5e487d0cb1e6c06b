import { ruleByName, trimBounds, trimOf } from "../../../node/aggregation/index.ts";
import { chunkLanes, createChunkTree } from "../../../node/core/bytes/chunk-tree.ts";
import { concatBytes, fromHex } from "../../../node/core/bytes/hex.ts";
import { bytesToLanes, lanesToBytes } from "../../../node/core/bytes/lanes.ts";
import type { Address, Bytes32, Hex } from "../../../node/core/ids.ts";
import type {
  Advertisement,
  Commitment,
  Evidence,
  InvalidUpdate,
  ProvenChunk,
  TaskRules,
  WrongChunk,
} from "../../../node/core/records.ts";
import { updateRootOf } from "../../../node/core/words/commitment.ts";
import { type ClosedRound, maskedChunk } from "../../../node/privacy/masking/index.ts";
import { hasSlot } from "../model/model-storage.ts";
import type { SeededRandom } from "../world/seeded-random.ts";

/** Updates and models by their roots: what proofs are made of. */
export interface ComparedLanes {
  /** An update's root; `isInvalid`: one lane is beyond the clip, or of its padding. */
  update(owner: Address, isInvalid: boolean): Bytes32;
  /** A model's root: the right one of these inputs where `isRight`, else with another lane. */
  model(evidence: Evidence, round: ComparedRound, isRight: boolean): Bytes32;
  wrongChunk(evidence: Evidence, round: ComparedRound, chunkIndex: number): WrongChunk;
  invalidUpdate(commitment: Commitment, position: number, chunkIndex: number): InvalidUpdate;
}

/** What a round's model is computed from. */
export interface ComparedRound {
  readonly commitments: readonly Commitment[];
  readonly advertisements: readonly Advertisement[];
  readonly openings: Hex;
}

/** Draws lanes for a task whose model begins as these. */
export function createComparedLanes(rules: TaskRules, random: SeededRandom, initial: Int32Array): ComparedLanes {
  const { parameterCount, clipLanes, mode } = rules;
  const vectors = new Map([[createChunkTree(initial).root, initial]]);
  const chunkCount = Math.ceil(parameterCount / chunkLanes);
  const most = mode === "masked" ? 2 ** 31 - 1 : clipLanes;

  const proven = (root: Bytes32, index: number): ProvenChunk => {
    const tree = createChunkTree(vectors.get(root)!);
    return { chunk: tree.chunk(index), proof: tree.proof(index) };
  };
  const chunkLanesOf = (root: Bytes32, index: number) => bytesToLanes(proven(root, index).chunk);
  const includedOf = ({ proposal }: Evidence, { commitments }: ComparedRound) =>
    commitments.filter(({ slot }) => !hasSlot(proposal?.excluded ?? 0n, slot));

  const rightChunk = (evidence: Evidence, round: ComparedRound, index: number): Int32Array => {
    const base = chunkLanesOf(evidence.inputs.baseModelRoot, index);
    const updates = includedOf(evidence, round).map(({ updateRoot, weight }) => ({
      weight,
      lanes: chunkLanesOf(updateRoot, index),
    }));
    if (mode === "masked") {
      const { taskId, round: number, committed } = evidence.inputs;
      const { advertisements, openings } = round;
      const surviving = advertisements.map(({ slot }) => slot).filter((slot) => hasSlot(committed, slot));
      const closed: ClosedRound = { taskId, round: number, advertisements, surviving };
      return maskedChunk(index, { base, updates }, { ...rules, round: closed, openings: fromHex(openings) });
    }
    const aggregation = ruleByName(rules.rule).create({ ...rules, parameterCount: chunkLanes });
    for (const { lanes, weight } of updates) aggregation.add(lanes, weight);
    return aggregation.finish(base);
  };

  return {
    update(owner, isInvalid) {
      const lanes = Int32Array.from({ length: parameterCount }, () => random.integer(-most, most));
      if (isInvalid) lanes[random.integer(0, parameterCount - 1)] = clipLanes + 1;
      const root = updateRootOf(owner, createChunkTree(lanes).root);
      vectors.set(root, lanes);
      return root;
    },
    model(evidence, round, isRight) {
      const chunks = Array.from({ length: chunkCount }, (_, index) => rightChunk(evidence, round, index));
      const lanes = bytesToLanes(concatBytes(...chunks.map(lanesToBytes)).slice(0, 4 * parameterCount));
      if (!isRight) lanes[random.integer(0, parameterCount - 1)]! += 1;
      const { root } = createChunkTree(lanes);
      vectors.set(root, lanes);
      return root;
    },
    wrongChunk(evidence, round, chunkIndex) {
      const { modelRoot } = evidence.proposal!;
      const updates = includedOf(evidence, round).map(({ updateRoot }) => proven(updateRoot, chunkIndex));
      const trim = trimOf(rules, updates.length);
      const model = createChunkTree(vectors.get(modelRoot)!);
      const sorted =
        trim === undefined
          ? undefined
          : trimBounds(
              updates.map(({ chunk }) => bytesToLanes(chunk.slice())),
              trim,
            );
      return {
        chunkIndex,
        base: proven(evidence.inputs.baseModelRoot, chunkIndex),
        updates,
        resultLeaf: model.leaf(chunkIndex),
        resultProof: model.proof(chunkIndex),
        ...(sorted && { bounds: concatBytes(lanesToBytes(sorted.lows), lanesToBytes(sorted.highs)) }),
      };
    },
    invalidUpdate: ({ updateRoot }, position, chunkIndex) => ({
      position,
      chunkIndex,
      update: proven(updateRoot, chunkIndex),
    }),
  };
}
