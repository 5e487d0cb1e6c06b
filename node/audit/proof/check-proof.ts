import { trimOf } from "../../aggregation/index.ts";
import {
  chunkBytes,
  chunkLanes,
  chunkLeaf,
  rootOfLeaf,
  treeDepthOf,
  verifyChunk,
} from "../../core/bytes/chunk-tree.ts";
import { hexEquals, toHex } from "../../core/bytes/hex.ts";
import { itemAt } from "../../core/bytes/items.ts";
import { bytesToLanes, lanesToBytes } from "../../core/bytes/lanes.ts";
import { modeOf } from "../../core/modes/mode-of.ts";
import { slotsOf } from "../../core/record/round-keys.ts";
import type {
  Commitment,
  Evidence,
  InvalidUpdate,
  Proposal,
  ProvenChunk,
  SignedCommitment,
  TaskRules,
  WrongChunk,
} from "../../core/records.ts";
import { accumulatorOf, anchorOf, hashBytes, updateRootOf, zeroBytes32 } from "../../core/words/commitment.ts";
import type { ProofCall } from "../../ports/proof-calls.ts";
import { checkOpenings, isFalseOpening } from "../../privacy/masking/index.ts";
import type { RecoverSigner } from "../record/task-record.ts";
import { type OpenedRound, openedRoundOf } from "../replay/masked-round.ts";
import { createMaskedSum } from "../replay/sums/masked-sum.ts";
import { createPlainSum } from "../replay/sums/plain-sum.ts";
import { boundsOf } from "../replay/wrong-chunk.ts";

type Call<Kind extends ProofCall["kind"]> = Extract<ProofCall, { readonly kind: Kind }>;

/**
 * Whether the contract of proofs would take a proof: the twin of its checks, asked before one is sent. Whether the
 * evidence is what the record binds is for the federation to say. Without `rules` no bytes count, without
 * `recoverSigner` no words.
 */
export function holds(call: ProofCall, rules?: TaskRules, recoverSigner?: RecoverSigner): boolean {
  switch (call.kind) {
    case "proveChunk":
      return rules !== undefined && isOfRound(call) && isChunkWrong(call, rules, undefined);
    case "proveMaskedChunk": {
      const opened = rules && openedOf(call, rules);
      const isOpen = opened !== undefined && checkOpenings(opened.closed, opened.openings) === undefined;
      // false openings are another proof's
      return rules !== undefined && isOpen && isOfRound(call) && isChunkWrong(call, rules, opened);
    }
    case "proveOpening": {
      const opened = rules && openedOf({ ...call, commitments: survivorsOf(call.evidence) }, rules);
      return opened !== undefined && isFalseOpening(opened.closed, opened.openings, call.slot);
    }
    case "proveWeight": {
      const { proposal } = call.evidence;
      const sum =
        proposal && includedBy(call.commitments, proposal).reduce((all, { weight }) => all + BigInt(weight), 0n);
      return isOfRound(call) && proposal !== undefined && sum !== proposal.totalWeight;
    }
    case "proveUpdate":
      return (
        rules !== undefined &&
        isOfRound(call) &&
        isUpdateInvalid(call.commitments[call.invalid.position], call.invalid, rules)
      );
    case "proveEquivocation":
      return isEquivocation(call, recoverSigner);
    case "proveDoubleCommitment": {
      const made = call.commitments[call.position];
      const { inputs } = call.evidence;
      const isOther = made !== undefined && !isSame(made, call.signed);
      return isOther && isOfRound(call) && isSignedBy(call.signed, made, inputs, recoverSigner);
    }
  }
}

/** Whether the commitments hash from the evidence's anchor to its accumulator. */
function isOfRound({
  evidence: { inputs },
  commitments,
}: {
  readonly evidence: Evidence;
  readonly commitments: readonly Commitment[];
}): boolean {
  return hexEquals(accumulatorOf(inputs.anchor, commitments), inputs.accumulator);
}

/** The round as its advertisements and openings tell it, where they are those of the evidence. */
function openedOf(
  call: Pick<Call<"proveMaskedChunk">, "evidence" | "start" | "advertisements" | "openings" | "commitments">,
  rules: TaskRules,
): OpenedRound | undefined {
  const { evidence, start, advertisements, openings, commitments } = call;
  const { inputs } = evidence;
  const isBound =
    hexEquals(anchorOf(start, advertisements), inputs.anchor) &&
    slotsOf(advertisements) === inputs.keyed &&
    hexEquals(hashBytes(openings), inputs.openingsHash);
  return isBound
    ? openedRoundOf(inputs.taskId, rules, { round: inputs.round, advertisements, commitments }, openings)
    : undefined;
}

/** As many commitments as the evidence names slots: who they are is not asked. */
function survivorsOf({ inputs }: Evidence): readonly Commitment[] {
  const { taskId, round, committed } = inputs;
  const slots = Array.from({ length: 64 }, (_, slot) => slot).filter(
    (slot) => ((committed >> BigInt(slot)) & 1n) === 1n,
  );
  const nobody = {
    participant: `0x${"00".repeat(20)}`,
    weight: 1,
    updateRoot: zeroBytes32,
    contentId: zeroBytes32,
  } as const;
  return slots.map((slot) => ({ taskId, round, slot, ...nobody }));
}

function isChunkWrong(
  { kind, evidence, commitments, wrong }: Call<"proveChunk" | "proveMaskedChunk">,
  rules: TaskRules,
  opened: OpenedRound | undefined,
): boolean {
  const { proposal, inputs } = evidence;
  const { chunkIndex, base, updates, resultLeaf, resultProof, bounds } = wrong;
  const { parameterCount } = rules;
  const included = proposal === undefined ? [] : includedBy(commitments, proposal);
  if (modeOf(rules).chunkProof !== kind) return false;
  if (proposal === undefined || updates.length !== included.length || included.length === 0) return false;
  if (!verifyChunk({ ...base, root: inputs.baseModelRoot, parameterCount, index: chunkIndex })) return false;
  if (!included.every((commitment, i) => standsIn(commitment, parameterCount, chunkIndex, itemAt(updates, i))))
    return false;
  if (resultProof.length !== treeDepthOf(parameterCount)) return false;
  const root = rootOfLeaf(parameterCount, chunkIndex, resultLeaf, resultProof);
  if (!hexEquals(root, proposal.modelRoot)) return false;
  const trim = trimOf(rules, included.length);
  if (trim !== undefined && toHex(boundsOf(updates, trim)) !== toHex(bounds ?? new Uint8Array())) return false;
  const right = rightChunk(wrong, rules, included, opened);
  return right !== undefined && !hexEquals(chunkLeaf(chunkIndex, lanesToBytes(right)), resultLeaf);
}

/** What the task's mode makes of the shown chunks; undefined where no contract can tell. */
function rightChunk(
  { chunkIndex, base, updates }: WrongChunk,
  rules: TaskRules,
  included: readonly Commitment[],
  opened: OpenedRound | undefined,
): Int32Array | undefined {
  const weighted = included.map(({ weight }, i) => ({ weight, lanes: bytesToLanes(itemAt(updates, i).chunk.slice()) }));
  const sum = opened ? createMaskedSum(rules, opened) : createPlainSum(rules);
  return sum.rightChunk(chunkIndex, bytesToLanes(base.chunk.slice()), weighted);
}

/**
 * Whether the chunk stands in the update and breaks the rules: by a lane beyond the clip, but of a masked one, or by
 * padding that is not zero.
 */
function isUpdateInvalid(
  commitment: Commitment | undefined,
  { chunkIndex, update }: InvalidUpdate,
  rules: TaskRules,
): boolean {
  const { parameterCount, clipLanes } = rules;
  const { provable, showsUpdates } = modeOf(rules);
  if (commitment === undefined || !provable.has("invalid-update")) return false;
  if (!standsIn(commitment, parameterCount, chunkIndex, update)) return false;
  const lanes = bytesToLanes(update.chunk.slice());
  const within = parameterCount - chunkIndex * chunkLanes;
  return lanes.some((lane, at) => (at >= within ? lane !== 0 : showsUpdates && Math.abs(lane) > clipLanes));
}

function isEquivocation(
  { taskId, round, anchor, one, other }: Call<"proveEquivocation">,
  recoverSigner: RecoverSigner | undefined,
): boolean {
  const about = { taskId, round, anchor };
  const signer = recoverSigner?.({ type: "commitment", ...one, ...about });
  const second = recoverSigner?.({ type: "commitment", ...other, ...about });
  return signer !== undefined && second !== undefined && hexEquals(signer, second) && !isSame(one, other);
}

function isSignedBy(
  signed: SignedCommitment,
  { participant }: Pick<Commitment, "participant">,
  { taskId, round, anchor }: Evidence["inputs"],
  recoverSigner: RecoverSigner | undefined,
): boolean {
  const signer = recoverSigner?.({ type: "commitment", ...signed, taskId, round, anchor });
  return signer !== undefined && hexEquals(signer, participant);
}

type Said = Pick<Commitment, "weight" | "updateRoot" | "contentId">;

function isSame(one: Said, other: Said): boolean {
  return (
    one.weight === other.weight &&
    hexEquals(one.updateRoot, other.updateRoot) &&
    hexEquals(one.contentId, other.contentId)
  );
}

function includedBy(
  commitments: readonly Commitment[],
  { excluded }: Pick<Proposal, "excluded">,
): readonly Commitment[] {
  return commitments.filter(({ slot }) => ((excluded >> BigInt(slot)) & 1n) === 0n);
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
