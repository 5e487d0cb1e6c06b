import { chunkLeaf, rootOfLeaf, treeDepthOf, verifyChunk } from "../../node/core/chunk-tree.ts";
import { extendAccumulator, updateRootOf } from "../../node/core/commitment.ts";
import { fromHex, toHex } from "../../node/core/hex.ts";
import type { Bytes32 } from "../../node/core/ids.ts";
import { keccak256 } from "../../node/core/keccak.ts";
import { bytesToLanes, lanesToBytes } from "../../node/core/lanes.ts";
import type { Commitment, WrongChunk } from "../../node/core/records.ts";
import { type ClosedRound, isFalseOpening, maskedChunk } from "../../node/privacy/masking/index.ts";
import { checkCommitments, type MaskedChallenge, strike } from "./model-challenges.ts";
import { onRecord } from "./model-rounds.ts";
import { startOf } from "./model-steps.ts";
import { type ModelCall, type ModelRound, type ModelTask, require } from "./model-storage.ts";

// contracts/privacy/MaskedChallenges.sol

/** Strikes the proposal of a masked round where the call proves it wrong. */
export function challengeMasked(call: ModelCall, given: MaskedChallenge): void {
  const { task } = call;
  const { round, proposal, advertisements, openings, salt } = given;
  const [record] = onRecord(task, round, proposal);
  require(task.rules.mode === "masked", "WrongMode");
  const bound = advertisements.reduce(extendAccumulator, startOf(task, record));
  require(bound === record.keysAccumulator, "WrongAdvertisements");
  require(toHex(keccak256(fromHex(openings))) === record.openingsHash, "WrongOpenings");
  const surviving = advertisements
    .map(({ slot }) => slot)
    .filter((slot) => (record.committed >> BigInt(slot)) % 2n === 1n);
  const { neighbours } = task.rules;
  const { seed, drawn } = record;
  const closed: ClosedRound = { taskId: task.taskId, round, seed, drawn, neighbours, advertisements, surviving };
  if (given.kind === "challengeOpening") {
    const { slot } = given;
    require(advertisements.some((each) => each.slot === slot), "MalformedProof");
    require(isFalseOpening(closed, fromHex(openings), slot), "OpeningIsRight");
    strike(call, record, proposal, { kind: "false-opening", index: slot, salt });
    return;
  }
  checkCommitments(call, record, given.commitments);
  const { wrong } = given;
  checkPlaces(task, record, proposal.modelRoot, given.commitments, wrong);
  const base = bytesToLanes(wrong.base.chunk.slice());
  const updates = given.commitments.map(({ weight }, i) => ({
    weight,
    lanes: bytesToLanes(wrong.updates[i]!.chunk.slice()),
  }));
  const options = { ...task.rules, round: closed, openings: fromHex(openings) };
  const right = chunkLeaf(wrong.chunkIndex, lanesToBytes(maskedChunk(wrong.chunkIndex, { base, updates }, options)));
  require(right !== wrong.resultLeaf, "ChunkIsRight");
  strike(call, record, proposal, { kind: "wrong-chunk", index: wrong.chunkIndex, salt });
}

/** Refuses chunks that do not stand in the vectors they are said to be of. */
function checkPlaces(
  { rules: { parameterCount } }: ModelTask,
  { baseModelRoot }: ModelRound,
  modelRoot: Bytes32,
  commitments: readonly Commitment[],
  { chunkIndex: index, base, updates, resultLeaf, resultProof }: WrongChunk,
): void {
  require(resultProof.length === treeDepthOf(parameterCount), "MalformedProof");
  require(rootOfLeaf(parameterCount, index, resultLeaf, resultProof) === modelRoot, "NotInModel");
  require(verifyChunk({ ...base, root: baseModelRoot, parameterCount, index }), "NotInBaseModel");
  require(updates.length === commitments.length, "MalformedProof");
  for (const [i, { participant, updateRoot }] of commitments.entries()) {
    const { chunk, proof } = updates[i]!;
    const root = rootOfLeaf(parameterCount, index, chunkLeaf(index, chunk), proof);
    require(updateRootOf(participant, root) === updateRoot, "NotInUpdate");
  }
}
