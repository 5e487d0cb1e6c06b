import { type ChallengedRound, holdsAgainst, includedCommitments, isWeightWrong } from "../../node/audit/index.ts";
import { chunkLeaf, rootOfLeaf } from "../../node/core/chunk-tree.ts";
import { caseHash, extendAccumulator, proposalHash, updateRootOf } from "../../node/core/commitment.ts";
import type { Address, Bytes32 } from "../../node/core/ids.ts";
import { bytesToLanes } from "../../node/core/lanes.ts";
import type {
  ChallengeKind,
  Commitment,
  InvalidUpdate,
  MisconductKind,
  Proposal,
  SignedCommitment,
} from "../../node/core/records.ts";
import type { ChallengeCall, ReportCall } from "../../node/ports/chain.ts";
import { slash } from "./model-bonds.ts";
import { onRecord } from "./model-rounds.ts";
import { modelSigner } from "./model-signature.ts";
import { invalidate, isInFlight, leave, recordOf, releaseAggregator, retry, startOf } from "./model-steps.ts";
import { type ModelCall, type ModelRound, placeOf, Revert, require } from "./model-storage.ts";

// contracts/court/Challenges.sol, Reports.sol and Strikes.sol.

const gwei = 1_000_000_000n;

/** A challenge that there is in masked tasks only. */
export type MaskedChallenge = Extract<ChallengeCall, { kind: "challengeMaskedChunk" | "challengeOpening" }>;

/** Strikes the proposal on record where the call proves it wrong, as the contract does. */
export function challenge(call: ModelCall, given: Exclude<ChallengeCall, MaskedChallenge>): void {
  const { task } = call;
  const { proposal, commitments, round, salt } = given;
  const [record] = onRecord(task, round, proposal);
  checkCommitments(call, record, commitments);
  const challenged: ChallengedRound = { round, baseModelRoot: record.baseModelRoot, commitments, proposal };
  switch (given.kind) {
    case "challengeWeight":
      require(isWeightWrong(challenged), "WeightIsRight");
      strike(call, record, proposal, { kind: "wrong-weight", index: 0, salt });
      return;
    case "challengeChunk":
      require(task.rules.mode === "transparent", "WrongMode");
      require(holdsAgainst(given.wrong, task.rules, challenged), "ChunkIsRight");
      strike(call, record, proposal, { kind: "wrong-chunk", index: given.wrong.chunkIndex, salt });
      return;
    case "challengeUpdate": {
      const { invalid } = given;
      const commitment = invalidCommitment(call, commitments, invalid);
      require(includedCommitments(challenged).includes(commitment), "NotIncluded");
      strike(call, record, proposal, { kind: "invalid-update", index: invalid.chunkIndex, salt });
      return;
    }
    case "challengeExclusion": {
      const commitment = commitments[given.position];
      if (commitment === undefined) throw new Revert("MalformedProof");
      require(!includedCommitments(challenged).includes(commitment), "NotLeftOut");
      const { participant, updateRoot, contentId, slot } = commitment;
      const isWithheld = ((record.withheld >> BigInt(slot)) & 1n) === 1n;
      require(record.excluding && !isWithheld, "HasReason");
      const { signature } = given.custody;
      const about = { taskId: task.taskId, round, participant, updateRoot, contentId };
      const signer = modelSigner({ type: "custody", ...about, signature });
      require(signer === proposal.aggregator, "NotSigned");
      strike(call, record, proposal, { kind: "left-out", index: slot, salt });
      return;
    }
  }
}

/** Expels the participant that the call proves to have broken the rules. */
export function report(call: ModelCall, given: ReportCall): void {
  const { task } = call;
  const { round, salt } = given;
  const signer = (baseModelRoot: Bytes32, { updateRoot, contentId, weight, signature }: SignedCommitment) => {
    const signed = { taskId: task.taskId, round, baseModelRoot, updateRoot, contentId, weight, signature };
    return modelSigner({ type: "commitment", ...signed });
  };
  if (given.kind === "reportEquivocation") {
    const { one, other } = given;
    const account = signer(one.baseModelRoot, one);
    const differ = fingerprint(one) !== fingerprint(other);
    const again = signer(one.baseModelRoot, other);
    require(account !== undefined && account === again && differ, "NoEquivocation");
    expel(call, round, account, "equivocation", salt);
    return;
  }
  const record = recordOf(task, round);
  require(record.phase !== "open", "WrongPhase");
  checkCommitments(call, record, given.commitments);
  if (given.kind === "reportUpdate") {
    const { participant } = invalidCommitment(call, given.commitments, given.invalid);
    expel(call, round, participant, "invalid-update", salt);
    return;
  }
  const made = given.commitments[given.position];
  if (given.kind === "reportDoubleCommitment") {
    if (made === undefined) throw new Revert("MalformedProof");
    const account = signer(record.baseModelRoot, given.signed);
    const differ = fingerprint(made) !== fingerprint(given.signed);
    require(account === made.participant && differ, "NoEquivocation");
    expel(call, round, account, "equivocation", salt);
    return;
  }
  require(record.phase === "proposed" || record.phase === "finalized", "WrongPhase");
  const { proposal, commitments } = given;
  require(proposalHash(task.taskId, round, proposal) === record.pending, "WrongProposal");
  require(!record.excluding, "InvalidExclusion");
  if (made === undefined) throw new Revert("MalformedProof");
  const reported: ChallengedRound = { round, baseModelRoot: record.baseModelRoot, commitments, proposal };
  require(!includedCommitments(reported).includes(made), "NotLeftOut");
  expel(call, round, made.participant, "withheld", salt);
  return;
}

/** Bars the proposer, slashes it, invalidates what was built on its proposal, and assigns anew. */
export function strike(
  call: ModelCall,
  record: ModelRound,
  { aggregator }: Proposal,
  ground: {
    readonly kind: ChallengeKind;
    readonly index: number;
    readonly salt?: Bytes32 | undefined;
    readonly demander?: Address;
  },
): void {
  const { task, sender, events } = call;
  const { taskId, rules } = task;
  const { round, pending } = record;
  const { kind, index, salt, demander } = ground;
  const challenger = demander ?? sender;
  events.push({ name: "Challenged", taskId, round, challenger, aggregator, kind, chunkIndex: index });
  if (rules.aggregatorBondGwei !== 0) {
    record.bonded = undefined;
    const hash = caseHash({ taskId, round, proposalHash: pending, challenge: kind, index });
    slash(call, round, aggregator, BigInt(rules.aggregatorBondGwei) * gwei, { caseHash: hash, salt, demander });
  }
  record.barred.push(aggregator);
  const descendant = task.rounds[(round + 1) & 1]!;
  if (rules.pipelined && descendant.round === round + 1 && isInFlight(descendant)) {
    releaseAggregator(call, descendant);
    invalidate(call, descendant, "ancestor-invalid");
  }
  retry(call, record, "challenge-won");
}

function expel(call: ModelCall, round: number, account: Address, kind: MisconductKind, salt: Bytes32 | undefined) {
  const { task, sender, events } = call;
  const { taskId, rules } = task;
  const enrolment = task.enrolments.get(account);
  require(enrolment !== undefined && placeOf(task, account) >= 0 && !enrolment.expelled, "NotAnswerable");
  enrolment.expelled = true;
  events.push({ name: "Misconduct", taskId, round, participant: account, reporter: sender, kind });
  if (enrolment.bonded) {
    enrolment.bonded = false;
    const hash = caseHash({ taskId, round, participant: account, misconduct: kind });
    slash(call, round, account, BigInt(rules.participantBondGwei) * gwei, { caseHash: hash, salt });
  }
  if (!enrolment.leaving) leave(call, account);
}

/** Reverts unless these are the commitments of the record's round. */
export function checkCommitments({ task }: ModelCall, record: ModelRound, commitments: readonly Commitment[]): void {
  // where there are keys, they come before the commitments
  const start = task.rules.keyWindowS === 0 ? startOf(task, record) : record.keysAccumulator;
  require(commitments.reduce(extendAccumulator, start) === record.accumulator, "WrongCommitments");
}

/** The commitment whose update breaks the rules: a lane beyond the clip, or padding that is not zero. */
function invalidCommitment(
  { task }: ModelCall,
  commitments: readonly Commitment[],
  { position, chunkIndex, update }: InvalidUpdate,
): Commitment {
  const { mode, parameterCount } = task.rules;
  const clipLanes = mode === "masked" ? 2 ** 31 : task.rules.clipLanes;
  require(mode !== "encrypted", "WrongMode");
  const commitment = commitments[position];
  if (commitment === undefined) throw new Revert("MalformedProof");
  const root = rootOfLeaf(parameterCount, chunkIndex, chunkLeaf(chunkIndex, update.chunk), update.proof);
  require(updateRootOf(commitment.participant, root) === commitment.updateRoot, "NotInUpdate");
  const lanes = bytesToLanes(update.chunk.slice());
  const used = Math.min(lanes.length, parameterCount - chunkIndex * lanes.length);
  const isWrong = lanes.some((lane, i) => (i < used ? Math.abs(lane) > clipLanes : lane !== 0));
  require(isWrong, "UpdateIsValid");
  return commitment;
}

function fingerprint({ updateRoot, contentId, weight }: Pick<Commitment, "updateRoot" | "contentId" | "weight">) {
  return `${updateRoot} ${contentId} ${weight}`;
}
