import { createChunkTree, type LeafTree } from "../../core/bytes/chunk-tree.ts";
import { hexEquals } from "../../core/bytes/hex.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { TaskId } from "../../core/ids.ts";
import { modeOf } from "../../core/modes/mode-of.ts";
import { evidenceOf, inputsOf } from "../../core/record/evidence.ts";
import type { RoundView } from "../../core/record/task-view.ts";
import type { Commitment, Evidence, Proposal, SignedCommitment, TaskRules } from "../../core/records.ts";
import type { ProofCall } from "../../ports/proof-calls.ts";
import type { RecoverSigner } from "../record/task-record.ts";
import { falseOpeningOf } from "../replay/masked-round.ts";
import { updateFault } from "../replay/update-fault.ts";
import { wrongChunkAt } from "../replay/wrong-chunk.ts";
import { holds } from "./check-proof.ts";

/** A round that a proof is about: with a proposal that stands, or was accepted. */
export type ProposedRound = RoundView & { readonly proposal: NonNullable<RoundView["proposal"]> };

/** What a proof of a chunk works on. */
export interface WrongChunkInput {
  readonly taskId: TaskId;
  readonly rules: TaskRules;
  readonly round: ProposedRound;
  /** The model that the round started from; not modified. */
  readonly baseLanes: Int32Array;
  /** The model as the included updates give it (RoundCheck.lanes); not modified. */
  readonly recomputed: Int32Array;
  /** The proposed model's tree: of its blob (createChunkTree) or of its leaf hashes alone (createLeafTree). */
  readonly proposed: LeafTree;
  /** The blob of an included update. */
  readonly getUpdate: (commitment: Commitment) => Promise<Uint8Array>;
  readonly signal?: AbortSignal | undefined;
}

/** The commitments that a proposal counts, in the order of the chain. */
function includedCommitments({
  commitments,
  proposal,
}: Pick<RoundView, "commitments"> & { readonly proposal: Pick<Proposal, "excluded"> }): readonly Commitment[] {
  return commitments.filter(({ slot }) => ((proposal.excluded >> BigInt(slot)) & 1n) === 0n);
}

/** Whether a proposal's total weight is not the sum of the weights it counts: provable from the commitments alone. */
export function isWeightWrong(
  round: Pick<RoundView, "commitments"> & { readonly proposal: Pick<Proposal, "excluded" | "totalWeight"> },
): boolean {
  const sum = includedCommitments(round).reduce((total, { weight }) => total + BigInt(weight), 0n);
  return sum !== round.proposal.totalWeight;
}

/**
 * The proof that the first wrong chunk of a proposed model is wrong, in a transparent or a masked task; undefined where
 * no chunk is, or the contract would not take it. One update is in memory at a time.
 *
 * Throws INVALID_ARGUMENT when `proposed` is not the tree of the proposal's root, and LENGTH_MISMATCH or BLOB_CORRUPT
 * when an update's bytes are not the committed ones; rejects as `getUpdate` does.
 */
export async function proveChunk(input: WrongChunkInput): Promise<ProofCall | undefined> {
  const { taskId, rules, round, recomputed, proposed } = input;
  if (!hexEquals(proposed.root, round.proposal.modelRoot)) {
    throw new FedledgerError("INVALID_ARGUMENT", {
      name: "proposed.root",
      value: proposed.root,
      expected: round.proposal.modelRoot,
    });
  }
  const index = firstDifferentLeaf(createChunkTree(recomputed), proposed);
  if (index === undefined) return undefined;
  const leaf = { index, node: proposed.leaf(index), path: proposed.proof(index) };
  const wrong = await wrongChunkAt({ ...input, included: includedCommitments(round), leaf });
  const { commitments, start, advertisements = [], proposal } = round;
  const common = { evidence: evidence(taskId, round), commitments, wrong };
  const { openings } = proposal;
  return checked(
    modeOf(rules).chunkProof === "proveMaskedChunk"
      ? { kind: "proveMaskedChunk", ...common, start, advertisements, openings }
      : { kind: "proveChunk", ...common },
    rules,
  );
}

/**
 * The proof that a masked proposal opens a slot falsely, the first such; undefined where it opens none so. It needs no
 * bytes.
 */
export function proveOpening(about: {
  readonly taskId: TaskId;
  readonly rules: TaskRules;
  readonly round: ProposedRound;
}): ProofCall | undefined {
  const { taskId, rules, round } = about;
  const slot = falseOpeningOf(taskId, rules, round);
  if (slot === undefined) return undefined;
  const { start, advertisements = [], proposal } = round;
  const { openings } = proposal;
  const call = {
    kind: "proveOpening",
    evidence: evidence(taskId, round),
    start,
    advertisements,
    openings,
    slot,
  } as const;
  return checked(call, rules);
}

/** The proof that a proposal's total weight is wrong; undefined where it is right. It needs no bytes. */
export function proveWeight(about: { readonly taskId: TaskId; readonly round: ProposedRound }): ProofCall | undefined {
  const { taskId, round } = about;
  return checked({ kind: "proveWeight", evidence: evidence(taskId, round), commitments: round.commitments });
}

/**
 * The proof that a committed update breaks the task's rules, so that its owner is expelled; undefined where it does
 * not, or `lanes` are not those behind the committed root. The round's proposal is part of the evidence where there is
 * one: it is struck as well if it counts the update. Without one, the evidence holds as long as no other round has been
 * accepted or rolled back since (inputsEvidence in core/evidence.ts gives it anew).
 *
 * @param about.round closed
 */
export function proveUpdate(about: {
  readonly taskId: TaskId;
  readonly rules: TaskRules;
  readonly round: RoundView;
  readonly commitment: Commitment;
  readonly lanes: Int32Array;
}): ProofCall | undefined {
  const { taskId, rules, round, commitment, lanes } = about;
  const { commitments } = round;
  const invalid = updateFault(lanes, commitment, commitments, rules);
  if (invalid === undefined) return undefined;
  return checked({ kind: "proveUpdate", evidence: evidence(taskId, round), commitments, invalid }, rules);
}

/**
 * The proof that one account signed two commitments over one anchor; undefined where it did not, or they say the same.
 */
export function proveEquivocation(
  one: SignedCommitment,
  other: SignedCommitment,
  recoverSigner: RecoverSigner,
): ProofCall | undefined {
  const { taskId, round, anchor } = one;
  return checked({ kind: "proveEquivocation", taskId, round, anchor, one, other }, undefined, recoverSigner);
}

/**
 * The proof that an account signed another commitment than the one that it made on the chain, over the round's anchor;
 * undefined where it did not.
 */
export function proveDoubleCommitment(about: {
  readonly taskId: TaskId;
  /** Closed. */
  readonly round: RoundView;
  readonly signed: SignedCommitment;
  readonly recoverSigner: RecoverSigner;
}): ProofCall | undefined {
  const { taskId, round, signed, recoverSigner } = about;
  const { commitments } = round;
  const position = commitments.findIndex(({ participant }) => hexEquals(participant, signed.participant));
  if (position < 0) return undefined;
  const common = { evidence: evidence(taskId, round), commitments, position, signed };
  return checked({ kind: "proveDoubleCommitment", ...common }, undefined, recoverSigner);
}

/** The call, where its twin of the contract's check says that it holds. */
function checked(call: ProofCall, rules?: TaskRules, recoverSigner?: RecoverSigner): ProofCall | undefined {
  return holds(call, rules, recoverSigner) ? call : undefined;
}

/** Of a round as it is: with its proposal where one stands or was accepted. */
function evidence(taskId: TaskId, round: RoundView): Evidence {
  return evidenceOf(taskId, round) ?? { inputs: inputsOf(taskId, round), attesters: [] };
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
