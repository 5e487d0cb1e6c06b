import { type ChallengedRound, holdsAgainst, includedCommitments, isWeightWrong } from "../../node/audit/index.ts";
import { accumulatorOf } from "../../node/audit/receipt-hashes.ts";
import { verifyChunk } from "../../node/core/chunk-tree.ts";
import type { Address } from "../../node/core/ids.ts";
import { bytesToLanes } from "../../node/core/lanes.ts";
import type { ChallengeKind, InvalidUpdate } from "../../node/core/records.ts";
import type { ChallengeCall } from "../../node/ports/chain.ts";
import { next, onRecord } from "./model-rounds.ts";
import {
  type ModelBlock,
  type ModelEvent,
  type ModelStorage,
  type ModelTask,
  modelDeployment,
  Revert,
} from "./model-storage.ts";

const kinds = {
  challengeChunk: "wrong-chunk",
  challengeUpdate: "invalid-update",
  challengeWeight: "wrong-weight",
} as const satisfies Record<ChallengeCall["kind"], ChallengeKind>;

/** Strikes the proposal on record where the call proves it wrong, as the contract does. */
export function challenge(
  storage: ModelStorage,
  task: ModelTask,
  sender: Address,
  call: ChallengeCall,
  block: ModelBlock,
): ModelEvent[] {
  const { taskId, round } = task;
  const { proposal, commitments } = call;
  onRecord(task, call.round, proposal);
  const baseModelRoot = task.modelRoot;
  const { seed, enrolled, drawn } = task;
  const opening = { ...modelDeployment, taskId, round, baseModelRoot, seed, enrolled, drawn };
  if (accumulatorOf(opening, commitments) !== task.accumulator) throw new Revert("WrongCommitments");
  const challenged: ChallengedRound = { round, baseModelRoot, commitments, proposal };
  let chunkIndex = 0;
  switch (call.kind) {
    case "challengeWeight":
      if (!isWeightWrong(challenged)) throw new Revert("WeightIsRight");
      break;
    case "challengeChunk":
      if (!holdsAgainst(call.wrong, task.rules, challenged)) throw new Revert("ChunkIsRight");
      chunkIndex = call.wrong.chunkIndex;
      break;
    case "challengeUpdate":
      if (!isInvalid(call.invalid, task, challenged)) throw new Revert("UpdateIsValid");
      chunkIndex = call.invalid.chunkIndex;
      break;
  }
  task.barred.push(proposal.aggregator);
  const { aggregator } = proposal;
  return [
    { name: "Challenged", taskId, round, challenger: sender, aggregator, kind: kinds[call.kind], chunkIndex },
    ...next(storage, task, block, "challenge-won"),
  ];
}

function isInvalid(invalid: InvalidUpdate, { rules }: ModelTask, round: ChallengedRound): boolean {
  const commitment = round.commitments[invalid.position];
  if (commitment === undefined || !includedCommitments(round).includes(commitment)) throw new Revert("NotIncluded");
  const { chunkIndex: index, update } = invalid;
  const stands = verifyChunk({ root: commitment.updateRoot, parameterCount: rules.parameterCount, index, ...update });
  if (!stands) throw new Revert("NotInUpdate");
  return bytesToLanes(update.chunk.slice()).some((lane) => Math.abs(lane) > rules.clipLanes);
}
