import { ruleByName, trimBounds, trimOf } from "../../../node/aggregation/index.ts";
import { chunkLanes, chunkLeaf, rootOfLeaf, treeDepthOf, verifyChunk } from "../../../node/core/bytes/chunk-tree.ts";
import { concatBytes, fromHex, toHex } from "../../../node/core/bytes/hex.ts";
import { bytesToLanes, lanesToBytes } from "../../../node/core/bytes/lanes.ts";
import type {
  Advertisement,
  Commitment,
  Evidence,
  InvalidUpdate,
  ProvenChunk,
  SignedCommitment,
  WrongChunk,
} from "../../../node/core/records.ts";
import { updateRootOf } from "../../../node/core/words/commitment.ts";
import type { ProofCall } from "../../../node/ports/chain.ts";
import { type ClosedRound, isFalseOpening, maskedChunk } from "../../../node/privacy/masking/index.ts";
import { expel, requireEvidence, strike } from "./model-bonds.ts";
import { extend, extendAnchor, hashHex, zeroWord } from "./model-hashes.ts";
import { count, hasSlot, type ModelCall, type ModelTask, Revert, require } from "./model-storage.ts";

// contracts/Proofs.sol: what is proven is recomputed, and the record is asked last.

type ProofOf<Kind extends ProofCall["kind"]> = Extract<ProofCall, { kind: Kind }>;

/** Applies a proof as the contract does: strikes, expels, or refuses. */
export function prove(call: ModelCall, given: ProofCall): void {
  switch (given.kind) {
    case "proveChunk":
      proveChunk(call, given);
      return;
    case "proveMaskedChunk":
      proveMaskedChunk(call, given);
      return;
    case "proveOpening":
      proveOpening(call, given);
      return;
    case "proveWeight":
      proveWeight(call, given);
      return;
    case "proveUpdate":
      proveUpdate(call, given);
      return;
    case "proveEquivocation":
      proveEquivocation(call, given);
      return;
    case "proveDoubleCommitment":
      proveDoubleCommitment(call, given);
  }
}

function proveChunk(call: ModelCall, { evidence, commitments, wrong }: ProofOf<"proveChunk">): void {
  const { rules } = call.task;
  checkCommitments(evidence, commitments);
  require(rules.mode === "transparent", "WrongMode");
  if (isPaddingLeaf(call.task, evidence, wrong)) {
    strike(call, evidence, { kind: "wrong-chunk", index: wrong.chunkIndex });
    return;
  }
  checkPlaces(call.task, evidence, wrong);
  const included = commitments.filter((one) => isIncluded(evidence, one));
  const weighted = includedLanes(call.task, included, wrong);
  const aggregation = ruleByName(rules.rule).create({ ...rules, parameterCount: chunkLanes });
  for (const { weight, lanes } of weighted) aggregation.add(lanes, weight);
  const trim = trimOf(rules, weighted.length);
  if (trim !== undefined) {
    const { lows, highs } = trimBounds(
      weighted.map(({ lanes }) => lanes),
      trim,
    );
    const bounds = concatBytes(lanesToBytes(lows), lanesToBytes(highs));
    require(toHex(bounds) === toHex(wrong.bounds ?? new Uint8Array()), "MalformedProof");
  }
  const right = chunkLeaf(wrong.chunkIndex, lanesToBytes(aggregation.finish(bytesToLanes(wrong.base.chunk.slice()))));
  require(right !== wrong.resultLeaf, "ChunkIsRight");
  strike(call, evidence, { kind: "wrong-chunk", index: wrong.chunkIndex });
}

function proveMaskedChunk(call: ModelCall, given: ProofOf<"proveMaskedChunk">): void {
  const { task } = call;
  const { evidence, commitments, openings, wrong } = given;
  require(task.rules.mode === "masked", "WrongMode");
  const round = openedRound(task, given);
  checkCommitments(evidence, commitments);
  if (isPaddingLeaf(task, evidence, wrong)) {
    strike(call, evidence, { kind: "wrong-chunk", index: wrong.chunkIndex });
    return;
  }
  checkPlaces(task, evidence, wrong);
  const updates = includedLanes(task, commitments, wrong);
  const base = bytesToLanes(wrong.base.chunk.slice());
  const options = { ...task.rules, round, openings: fromHex(openings) };
  const right = chunkLeaf(wrong.chunkIndex, lanesToBytes(maskedChunk(wrong.chunkIndex, { base, updates }, options)));
  require(right !== wrong.resultLeaf, "ChunkIsRight");
  strike(call, evidence, { kind: "wrong-chunk", index: wrong.chunkIndex });
}

function proveOpening(call: ModelCall, given: ProofOf<"proveOpening">): void {
  const { task } = call;
  const { evidence, advertisements, openings, slot } = given;
  require(task.rules.mode === "masked", "WrongMode");
  const round = openedRound(task, given);
  require(advertisements.some((each) => each.slot === slot), "MalformedProof");
  require(isFalseOpening(round, fromHex(openings), slot), "OpeningIsRight");
  strike(call, evidence, { kind: "false-opening", index: slot });
}

function proveWeight(call: ModelCall, { evidence, commitments }: ProofOf<"proveWeight">): void {
  checkCommitments(evidence, commitments);
  const included = commitments.filter((one) => isIncluded(evidence, one));
  const sum = included.reduce((total, { weight }) => total + BigInt(weight), 0n);
  require(sum !== (evidence.proposal?.totalWeight ?? 0n), "WeightIsRight");
  strike(call, evidence, { kind: "wrong-weight", index: 0 });
}

function proveUpdate(call: ModelCall, { evidence, commitments, invalid }: ProofOf<"proveUpdate">): void {
  checkCommitments(evidence, commitments);
  const commitment = invalidCommitment(call.task, commitments, invalid);
  const { participant: offender } = commitment;
  if (evidence.proposal !== undefined && isIncluded(evidence, commitment)) {
    strike(call, evidence, { kind: "invalid-update", index: invalid.chunkIndex, offender });
    return;
  }
  requireEvidence(call, evidence);
  expel(call, evidence.inputs.round, offender, "invalid-update");
}

function proveEquivocation(call: ModelCall, { round, anchor, one, other }: ProofOf<"proveEquivocation">): void {
  const account = signerOf(call, round, anchor, one);
  const isSame = account === signerOf(call, round, anchor, other);
  require(isSame && fingerprint(one) !== fingerprint(other), "NoEquivocation");
  if (account === undefined) throw new Revert("NothingToTake");
  expel(call, round, account, "equivocation");
}

function proveDoubleCommitment(call: ModelCall, given: ProofOf<"proveDoubleCommitment">): void {
  const { evidence, commitments, position, signed } = given;
  const { round, anchor } = evidence.inputs;
  checkCommitments(evidence, commitments);
  const made = commitments[position];
  if (made === undefined) throw new Revert("MalformedProof");
  require(fingerprint(made) !== fingerprint(signed), "NoEquivocation");
  require(signerOf(call, round, anchor, signed) === made.participant, "NoEquivocation");
  requireEvidence(call, evidence);
  expel(call, round, made.participant, "equivocation");
}

/** Who signed a commitment, if anybody did; whom the call says is not looked at. */
function signerOf({ task, world }: ModelCall, round: number, anchor: `0x${string}`, signed: SignedCommitment) {
  const { updateRoot, contentId, weight, signature } = signed;
  const about = { taskId: task.taskId, round, anchor, updateRoot, contentId, weight, signature };
  return world.signerOf({ type: "commitment", participant: "0x", ...about });
}

/** Refuses commitments that are not those of the evidence's round. */
function checkCommitments({ inputs }: Evidence, commitments: readonly Commitment[]): void {
  require(commitments.reduce(extend, inputs.anchor) === inputs.accumulator, "WrongCommitments");
}

/** The masked round as its keys and openings give it; refuses those that are not the round's. */
function openedRound(
  { taskId }: ModelTask,
  given: Pick<ProofOf<"proveOpening">, "evidence" | "start" | "advertisements" | "openings">,
): ClosedRound {
  const { evidence, start, advertisements, openings } = given;
  const { anchor, keyed, committed, openingsHash, round } = evidence.inputs;
  const isBound = advertisements.reduce(extendAnchor, start) === anchor && advertisements.length === count(keyed);
  require(isBound, "WrongAdvertisements");
  require(hashHex(openings) === openingsHash, "WrongOpenings");
  const surviving = advertisements.map(({ slot }: Advertisement) => slot).filter((slot) => hasSlot(committed, slot));
  return { taskId, round, advertisements, surviving };
}

function isIncluded({ proposal }: Evidence, { slot }: Commitment): boolean {
  return !hasSlot(proposal?.excluded ?? 0n, slot);
}

/** Whether the leaf stands behind the model's last chunk and is not zero, which is wrong by itself. */
function isPaddingLeaf({ rules: { parameterCount } }: ModelTask, { proposal }: Evidence, wrong: WrongChunk): boolean {
  const { chunkIndex, resultLeaf, resultProof } = wrong;
  if (chunkIndex < Math.ceil(parameterCount / chunkLanes)) return false;
  const depth = treeDepthOf(parameterCount);
  require(chunkIndex < 2 ** depth && resultProof.length === depth, "MalformedProof");
  const root = rootOfLeaf(parameterCount, chunkIndex, resultLeaf, resultProof);
  require(root === proposal?.modelRoot, "NotInModel");
  require(resultLeaf !== zeroWord, "ChunkIsRight");
  return true;
}

/** Refuses a leaf or a base chunk that does not stand in the vector it is said to be of. */
function checkPlaces(
  { rules: { parameterCount } }: ModelTask,
  { inputs, proposal }: Evidence,
  { chunkIndex: index, base, resultLeaf, resultProof }: WrongChunk,
): void {
  const depth = treeDepthOf(parameterCount);
  const isPlace = index < Math.ceil(parameterCount / chunkLanes) && base.chunk.length === 4 * chunkLanes;
  require(isPlace && resultProof.length === depth && base.proof.length === depth, "MalformedProof");
  require(rootOfLeaf(parameterCount, index, resultLeaf, resultProof) === proposal?.modelRoot, "NotInModel");
  require(verifyChunk({ ...base, root: inputs.baseModelRoot, parameterCount, index }), "NotInBaseModel");
}

/** The chunks of the included updates, each of which must stand in its update. */
function includedLanes({ rules }: ModelTask, included: readonly Commitment[], { chunkIndex, updates }: WrongChunk) {
  const depth = treeDepthOf(rules.parameterCount);
  const isWhole = updates.every(({ chunk, proof }) => chunk.length === 4 * chunkLanes && proof.length === depth);
  require(updates.length === included.length && isWhole, "MalformedProof");
  return included.map((commitment, i) => {
    checkRoot(rules.parameterCount, commitment, chunkIndex, updates[i]!);
    return { weight: commitment.weight, lanes: bytesToLanes(updates[i]!.chunk.slice()) };
  });
}

function checkRoot(
  parameterCount: number,
  { participant, updateRoot }: Commitment,
  index: number,
  { chunk, proof }: ProvenChunk,
): void {
  const root = rootOfLeaf(parameterCount, index, chunkLeaf(index, chunk), proof);
  require(updateRootOf(participant, root) === updateRoot, "NotInUpdate");
}

/** The commitment whose update breaks the rules: a lane beyond the clip, or padding that is not zero. */
function invalidCommitment(
  { rules }: ModelTask,
  commitments: readonly Commitment[],
  { position, chunkIndex, update }: InvalidUpdate,
): Commitment {
  const { mode, parameterCount } = rules;
  require(mode !== "encrypted", "WrongMode");
  const commitment = commitments[position];
  const isPlace = chunkIndex < Math.ceil(parameterCount / chunkLanes) && update.chunk.length === 4 * chunkLanes;
  const isWhole = isPlace && update.proof.length === treeDepthOf(parameterCount);
  if (commitment === undefined || !isWhole) throw new Revert("MalformedProof");
  checkRoot(parameterCount, commitment, chunkIndex, update);
  const lanes = bytesToLanes(update.chunk.slice());
  const used = Math.min(lanes.length, parameterCount - chunkIndex * lanes.length);
  // a masked lane may have any value
  const limit = mode === "masked" ? 2 ** 31 : rules.clipLanes;
  const isWrong = lanes.some((lane, i) => (i < used ? Math.abs(lane) > limit : lane !== 0));
  require(isWrong, "UpdateIsValid");
  return commitment;
}

function fingerprint({ updateRoot, contentId, weight }: Pick<Commitment, "updateRoot" | "contentId" | "weight">) {
  return `${updateRoot} ${contentId} ${weight}`;
}
