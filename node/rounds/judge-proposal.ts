import { holdsAgainst, isWeightWrong, proveInvalidUpdate, proveWrongChunk } from "../audit/challenge-proof.ts";
import { checkRound, isUnavailable, type RoundCheck } from "../audit/check-round.ts";
import { chunkTreeRoot, createChunkTree } from "../core/chunk-tree.ts";
import { FedledgerError } from "../core/error.ts";
import { hexEquals } from "../core/hex.ts";
import type { Bytes32 } from "../core/ids.ts";
import { bytesToLanes, lanesToBytes } from "../core/lanes.ts";
import type { Proposal } from "../core/records.ts";
import type { RoundView } from "../core/task-view.ts";
import type { ChallengeCall } from "../ports/chain.ts";
import type { BlobStore } from "../ports/storage.ts";
import type { Log } from "../ports/system.ts";
import type { ModelSource, TaskLook } from "./model-source.ts";
import type { Progress } from "./progress.ts";

/** A round that stands at a proposal. */
export type ProposedRound = RoundView & {
  readonly proposal: Proposal & { readonly hash: Bytes32; readonly challengeDeadlineS: number };
};

/** What recomputing a proposal came to. */
export interface Judgement {
  /** Root and content id are exactly what the round's updates give. */
  readonly agrees: boolean;
  /** The proof that it is wrong, where there is one; it was checked as the contract checks it. */
  readonly challenge?: ChallengeCall;
  /** The model is wrong, but its bytes are nowhere to be had, and without them no chunk can be proven wrong: to be judged again. */
  readonly withheld?: true;
}

/** What judging a proposal needs. */
export interface JudgeProposalDeps {
  readonly store: BlobStore;
  readonly source: ModelSource;
  readonly log: Log;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** What is wrong was told before: this is another look for the bytes of a withheld model. */
  readonly again?: boolean;
}

/** What a judgement is about: the proposal and the very inputs it was computed from. */
export function subjectOf(round: ProposedRound): string {
  const inputs = round.commitments.map(({ slot, weight, updateRoot }) => `${slot}:${weight}:${updateRoot}`);
  return [round.round, round.baseModelRoot, round.proposal.hash, ...inputs].join("|");
}

/**
 * Gets all inputs of the round, recomputes its model and compares. Where the proposal agrees, the model's blob is in the
 * store afterwards; where it does not, and that can be proven on the chain, the judgement holds the proof.
 * Rejects with BLOB_NOT_FOUND while an input that the proposal counts cannot be had: to be tried again.
 */
export async function judgeProposal(deps: JudgeProposalDeps, round: ProposedRound, look: TaskLook): Promise<Judgement> {
  const { store, source } = deps;
  const { view, signal } = look;
  const about = { taskId: view.taskId, round: round.round };
  const { proposal, commitments } = round;
  if (isWeightWrong(round)) {
    tell(deps, round, [{ code: "TOTAL_WEIGHT_WRONG", severity: "violation", party: proposal.aggregator }]);
    return { agrees: false, challenge: { kind: "challengeWeight", ...about, proposal, commitments } };
  }
  const baseLanes = await source.baseOf(round.round, look);
  const check = await checkRound({
    taskId: view.taskId,
    rules: view.rules,
    round,
    baseLanes,
    getUpdate: (commitment) => source.update(commitment, look),
    getModel: () => source.model(proposal.contentId, look, proposal.aggregator),
    signal,
  });
  if (check.agrees && check.lanes !== undefined) {
    await store.put(lanesToBytes(check.lanes), { signal });
    return { agrees: true };
  }
  requireInputs(check);
  tell(deps, round, check.findings);
  for (const { commitment, excluded, status } of check.updates) {
    if (excluded || status !== "invalid") continue;
    const invalid = proveInvalidUpdate(await source.update(commitment, look), commitment, view.rules, round);
    if (invalid)
      return { agrees: false, challenge: { kind: "challengeUpdate", ...about, proposal, commitments, invalid } };
  }
  if (check.lanes === undefined || hexEquals(check.modelRoot ?? "", proposal.modelRoot)) return { agrees: false };
  const proposed = await proposedLanes(deps, round, look);
  if (typeof proposed === "string")
    return proposed === "withheld" ? { agrees: false, withheld: true } : { agrees: false };
  const wrong = await proveWrongChunk({
    rules: view.rules,
    round,
    baseLanes,
    recomputed: check.lanes,
    proposed: createChunkTree(proposed),
    getUpdate: (commitment) => source.update(commitment, look),
    signal,
  });
  if (wrong === undefined || !holdsAgainst(wrong, view.rules, round)) return { agrees: false };
  return { agrees: false, challenge: { kind: "challengeChunk", ...about, proposal, commitments, wrong } };
}

/** Inputs that the proposal counts and that are not here say nothing about the proposal. */
function requireInputs(check: RoundCheck): void {
  const missing = check.updates.find(
    ({ excluded, status }) => !excluded && (status === "missing" || status === "differs"),
  );
  if (missing === undefined) return;
  throw new FedledgerError("BLOB_NOT_FOUND", { contentId: missing.commitment.contentId, providers: "its" });
}

/** The lanes behind the proposed root; `withheld` while they are not to be had, `other` when the content id names other bytes. */
async function proposedLanes(
  { source }: JudgeProposalDeps,
  { proposal }: ProposedRound,
  look: TaskLook,
): Promise<Int32Array | "withheld" | "other"> {
  try {
    const lanes = bytesToLanes(await source.model(proposal.contentId, look, proposal.aggregator));
    return hexEquals(chunkTreeRoot(lanes), proposal.modelRoot) ? lanes : "other";
  } catch (error) {
    look.signal.throwIfAborted();
    if (!isUnavailable(error)) throw error;
    return "withheld";
  }
}

function tell(
  { log, onProgress, again }: JudgeProposalDeps,
  { round }: ProposedRound,
  findings: readonly (Pick<RoundCheck["findings"][number], "code" | "severity" | "party" | "chunk"> & {
    readonly message?: string;
  })[],
): void {
  if (again) return;
  for (const { code, severity, message, party, chunk } of findings) {
    const level = severity === "violation" ? "error" : "warn";
    const data = { round, finding: code, party, chunk, message };
    log[level]("The proposal is not what the round's updates give: it is not attested", data);
  }
  onProgress?.({ kind: "disputed", round, findings: findings.map(({ code }) => code) });
}
