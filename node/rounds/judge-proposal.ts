import {
  holdsAgainst,
  isWeightWrong,
  proveInvalidUpdate,
  updateFault,
  wrongChunkAt,
} from "../audit/challenge-proof.ts";
import { checkRound, type RoundCheck } from "../audit/check-round.ts";
import { isUnavailable } from "../audit/is-unavailable.ts";
import { falseOpeningOf } from "../audit/masked-round.ts";
import { isSealed } from "../core/blob-length.ts";
import { hexEquals } from "../core/hex.ts";
import { bytesToLanes, lanesToBytes } from "../core/lanes.ts";
import type { Commitment } from "../core/records.ts";
import type { PlacedNode } from "../core/tree-nodes.ts";
import type { ChallengeCall } from "../ports/chain.ts";
import type { BlobStore } from "../ports/storage.ts";
import type { Log } from "../ports/system.ts";
import type { UpdateFault } from "./due-reports.ts";
import { findWrongLeaf } from "./find-wrong-leaf.ts";
import type { ModelSource, TaskLook } from "./model-source.ts";
import { type BytesPatience, patientSource } from "./patient-source.ts";
import type { Progress } from "./progress.ts";
import type { ProposedRound } from "./proposed-round.ts";

export type { ProposedRound } from "./proposed-round.ts";

/** What recomputing a proposal came to. */
export interface Judgement {
  /** Root and content id are exactly what the round's updates give. */
  readonly agrees: boolean;
  /** The proof that it is wrong, where there is one; it was checked as the contract checks it. */
  readonly challenge?: ChallengeCall;
  /** The model is wrong, but its bytes are not to be had: to be judged again when they appear, or when more of its tree was shown on the chain. */
  readonly withheld?: true;
  /** Of a withheld model: what of its tree is to be demanded next. */
  readonly next?: PlacedNode;
  /** Updates of the round, counted or left out, that can be shown to break the rules. */
  readonly faults?: readonly UpdateFault[];
  /** Updates that the proposal counts and whose bytes are not to be had: nothing can be said of it without them. To be judged again. */
  readonly missing?: readonly Commitment[];
}

/** A round that was recomputed, so that another look for a withheld model need not do it again. Of one proposal at a time. */
export interface RoundMemory {
  latest?: { readonly subject: string; readonly check: RoundCheck; readonly baseLanes: Int32Array };
}

/** What judging a proposal needs. */
export interface JudgeProposalDeps {
  readonly store: BlobStore;
  readonly source: ModelSource;
  readonly log: Log;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** How long bytes may take. */
  readonly patience?: BytesPatience;
  readonly memory?: RoundMemory;
  /** What is wrong was told before: this is another look for the bytes of a withheld model. */
  readonly again?: boolean;
}

/** What a judgement is about: the proposal, what it opens, and the very inputs it was computed from. */
export function subjectOf(round: ProposedRound): string {
  const inputs = round.commitments.map(({ slot, weight, updateRoot }) => `${slot}:${weight}:${updateRoot}`);
  const { hash, openings = "" } = round.proposal;
  return [round.round, round.baseModelRoot, hash, openings, ...inputs].join("|");
}

/**
 * Gets all inputs of the round, recomputes its model and compares. Where the proposal agrees, the model's blob is in the
 * store afterwards; where it does not, and that can be proven on the chain, the judgement holds the proof.
 * Rejects with BLOB_NOT_FOUND while the base model cannot be had: to be tried again.
 */
export async function judgeProposal(deps: JudgeProposalDeps, round: ProposedRound, look: TaskLook): Promise<Judgement> {
  const { proposal, commitments } = round;
  if (isWeightWrong(round)) {
    tell(deps, round, [{ code: "TOTAL_WEIGHT_WRONG", severity: "violation", party: proposal.aggregator }]);
    const about = { taskId: look.view.taskId, round: round.round };
    return { agrees: false, challenge: { kind: "challengeWeight", ...about, proposal, commitments } };
  }
  const falseSlot = falseOpeningOf(look.view.taskId, look.view.rules, round);
  if (falseSlot !== undefined) {
    tell(deps, round, [{ code: "OPENING_FALSE", severity: "violation", party: proposal.aggregator }]);
    const about = { taskId: look.view.taskId, round: round.round, commitments, ...openedWith(round) };
    return { agrees: false, challenge: { kind: "challengeOpening", ...about, slot: falseSlot } };
  }
  if (!deps.source.reads(look)) {
    // nothing is demanded of what is not meant to be read: an answer would show it to the world
    const why = "the task's blobs are sealed to its members, and this account is none of their readers";
    deps.onProgress?.({ kind: "not-proven", round: round.round, why });
    return { agrees: false };
  }
  const source = patientSource(deps.source, deps.patience);
  if (look.view.rules.mode === "encrypted") return await judgeSum({ ...deps, source }, round, look);
  const { latest } = deps.memory ?? {};
  const known = latest?.subject === subjectOf(round) ? latest : undefined;
  const recomputed = known ?? (await recompute(source, round, look));
  const faults = await faultsOf(recomputed.check, { source, round, look });
  const judgement = await judgeModel({ ...deps, source }, recomputed, round, look);
  return faults.length === 0 ? judgement : { ...judgement, faults };
}

/** What can be shown of the updates that break the rules, whether they are counted or not. */
async function faultsOf(
  check: RoundCheck,
  { source, round, look }: { source: ModelSource; round: ProposedRound; look: TaskLook },
): Promise<readonly UpdateFault[]> {
  const faults: UpdateFault[] = [];
  for (const { commitment, status } of check.updates) {
    if (status !== "invalid") continue;
    const bytes = await readable(() => source.update(commitment, look), look);
    const invalid = bytes && updateFault(bytesToLanes(bytes), commitment, round.commitments, look.view.rules);
    if (invalid !== undefined) faults.push({ commitment, invalid });
  }
  return faults;
}

/** The bytes; undefined where they are not to be had or opened. */
async function readable(read: () => Promise<Uint8Array>, { signal }: TaskLook): Promise<Uint8Array | undefined> {
  try {
    return await read();
  } catch (error) {
    signal.throwIfAborted();
    if (!isUnavailable(error)) throw error;
    return undefined;
  }
}

async function judgeModel(
  deps: JudgeProposalDeps,
  { check, baseLanes }: Pick<NonNullable<RoundMemory["latest"]>, "check" | "baseLanes">,
  round: ProposedRound,
  look: TaskLook,
): Promise<Judgement> {
  const { store, source, memory } = deps;
  const { view, signal } = look;
  const about = { taskId: view.taskId, round: round.round };
  const { proposal, commitments } = round;
  const sealed = isSealed(view);
  /** The right model's blob; that of a sealed task is its proposer's, and came to the store when it was compared. */
  const keep = async (lanes: Int32Array) => {
    if (!sealed) await store.put(lanesToBytes(lanes), { signal });
  };
  if (check.agrees && check.lanes !== undefined) {
    await keep(check.lanes);
    return { agrees: true };
  }
  const counted = check.updates.filter(({ excluded }) => !excluded);
  const missing = counted.filter(({ status }) => isAbsent(status)).map(({ commitment }) => commitment);
  const invalid = counted.filter(({ status }) => status === "invalid").map(({ commitment }) => commitment);
  if (missing.length === 0 || invalid.length > 0) tell(deps, round, check.findings);
  for (const commitment of invalid) {
    const bytes = await readable(() => source.update(commitment, look), look);
    const proof = bytes && proveInvalidUpdate(bytes, commitment, view.rules, round);
    if (proof)
      return { agrees: false, challenge: { kind: "challengeUpdate", ...about, proposal, commitments, invalid: proof } };
  }
  // what breaks the rules without a proof is not the bytes behind the committed root
  if (missing.length + invalid.length > 0) return { agrees: false, missing: [...missing, ...invalid] };
  if (check.lanes === undefined) return { agrees: false };
  if (hexEquals(check.modelRoot ?? "", proposal.modelRoot)) {
    await keep(check.lanes);
    // a sealed model that is not to be had yet may come
    const maySettle = sealed && check.findings.every(({ severity }) => severity === "unchecked");
    return maySettle ? { agrees: false, missing: [] } : { agrees: false };
  }
  if (memory !== undefined) memory.latest = { subject: subjectOf(round), check, baseLanes };
  const leaf = await findWrongLeaf({ source, right: check.lanes }, round, look);
  if (leaf.kind === "withheld") return { agrees: false, withheld: true, next: leaf.next };
  if (leaf.kind === "padding") {
    deps.onProgress?.({ kind: "not-proven", round: round.round, why: "only the padding of its tree is wrong" });
    return { agrees: false };
  }
  const getUpdate = (commitment: Commitment) => source.update(commitment, look);
  const wrong = await wrongChunkAt({ rules: view.rules, round, baseLanes, leaf: leaf.at, getUpdate, signal });
  if (!holdsAgainst(wrong, view.rules, round)) return { agrees: false };
  const challenge: ChallengeCall =
    view.rules.mode === "masked"
      ? { kind: "challengeMaskedChunk", ...about, commitments, ...openedWith(round), wrong }
      : { kind: "challengeChunk", ...about, proposal, commitments, wrong };
  return { agrees: false, challenge };
}

/** What a challenge of a masked proposal names. */
function openedWith({ proposal: { openings = "0x", ...proposal }, advertisements = [] }: ProposedRound) {
  return { proposal, advertisements, openings };
}

/** What can be judged of an encrypted round without the key: its sum. Nothing of it can be proven on the chain; a quorum decides. */
async function judgeSum(deps: JudgeProposalDeps, round: ProposedRound, look: TaskLook): Promise<Judgement> {
  const { taskId, rules } = look.view;
  const getUpdate = (commitment: Commitment) => deps.source.update(commitment, look);
  const sealed = isSealed(look.view);
  const check = await checkRound({
    taskId,
    rules,
    round,
    baseLanes: undefined,
    getUpdate,
    sealed,
    signal: look.signal,
  });
  const missing = check.updates.filter(({ status }) => isAbsent(status)).map(({ commitment }) => commitment);
  if (missing.length > 0) return { agrees: false, missing };
  if (check.findings.length === 0) return { agrees: true };
  tell(deps, round, check.findings);
  return { agrees: false };
}

async function recompute(source: ModelSource, round: ProposedRound, look: TaskLook) {
  const baseLanes = await source.baseOf(round.round, look);
  const check = await checkRound({
    taskId: look.view.taskId,
    rules: look.view.rules,
    round,
    baseLanes,
    getUpdate: (commitment) => source.update(commitment, look),
    getModel: () => source.model(round, look),
    sealed: isSealed(look.view),
    signal: look.signal,
  });
  return { check, baseLanes };
}

/** Whether the bytes behind the committed root are not here, which says nothing about the proposal. */
function isAbsent(status: RoundCheck["updates"][number]["status"]): boolean {
  return status === "missing" || status === "differs" || status === "sealed";
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
