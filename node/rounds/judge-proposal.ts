import { isWeightWrong, proveChunk, proveOpening, proveUpdate, proveWeight } from "../audit/build-proof.ts";
import { checkRound, type RoundCheck } from "../audit/check-round.ts";
import { isUnavailable } from "../audit/is-unavailable.ts";
import { falseOpeningOf } from "../audit/masked-round.ts";
import { isSealed } from "../core/blob-length.ts";
import { hexEquals } from "../core/hex.ts";
import { bytesToLanes, lanesToBytes } from "../core/lanes.ts";
import type { Commitment } from "../core/records.ts";
import type { ProofCall } from "../ports/proof-calls.ts";
import type { BlobStore } from "../ports/storage.ts";
import type { Log } from "../ports/system.ts";
import { isUpdateFault, type Judgement, type UpdateFault } from "./court-state.ts";
import type { ModelSource } from "./model-source.ts";
import { type BytesPatience, patientSource } from "./patient-source.ts";
import type { Progress } from "./progress.ts";
import { type ProposedRound, subjectOf } from "./proposed-round.ts";
import { proposedTree } from "./proposed-tree.ts";
import type { TaskLook } from "./task-look.ts";

/** A judgement, and what was seen of updates on the way. */
export interface Verdict {
  readonly judgement: Judgement;
  /** Proofs that updates of the round, counted or left out, break the rules. */
  readonly faults: readonly UpdateFault[];
}

/**
 * A round that was recomputed, so that another look for a withheld model need not do it again. Of one proposal at a
 * time.
 */
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
  readonly patience?: BytesPatience | undefined;
  readonly memory?: RoundMemory | undefined;
  /** What is wrong was told before: this is another look for bytes. */
  readonly again?: boolean;
}

/**
 * Gets all inputs of the round from whoever has them, recomputes its model and compares; what the proposal leaves out
 * is asked for, too. Where the proposal is right, the model's blob is in the store afterwards; where it is not, and
 * that can be proven on the chain, the judgement holds the proof. Rejects with BLOB_NOT_FOUND while the base model
 * cannot be had: to be tried again.
 */
export async function judgeProposal(deps: JudgeProposalDeps, round: ProposedRound, look: TaskLook): Promise<Verdict> {
  const { taskId, rules } = look.view;
  const party = round.proposal.aggregator;
  if (isWeightWrong(round)) {
    tell(deps, round, [{ code: "TOTAL_WEIGHT_WRONG", severity: "violation", party }]);
    return wrong(proveWeight({ taskId, round }));
  }
  if (falseOpeningOf(taskId, rules, round) !== undefined) {
    tell(deps, round, [{ code: "OPENING_FALSE", severity: "violation", party }]);
    return wrong(proveOpening({ taskId, rules, round }));
  }
  if (!deps.source.reads(look)) {
    const why = "the task's blobs are sealed to its members, and this account is none of their readers";
    deps.onProgress?.({ kind: "not-proven", round: round.round, why });
    return wrong(undefined);
  }
  const source = patientSource(deps.source, deps.patience);
  if (rules.mode === "encrypted") return await judgeSum({ ...deps, source }, round, look);
  const { latest } = deps.memory ?? {};
  const known = latest?.subject === subjectOf(round) ? latest : undefined;
  const recomputed = known ?? (await recompute(source, round, look));
  const faults = await faultsOf(recomputed.check, { source, round, look });
  return { judgement: await judgeModel({ ...deps, source }, { ...recomputed, faults }, round, look), faults };
}

function wrong(proof: ProofCall | undefined): Verdict {
  return { judgement: { isRight: false, ...(proof && { proof }) }, faults: [] };
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
    const { taskId, rules } = look.view;
    const fault = bytes && proveUpdate({ taskId, rules, round, commitment, lanes: bytesToLanes(bytes) });
    if (isUpdateFault(fault)) faults.push(fault);
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
  recomputed: Omit<NonNullable<RoundMemory["latest"]>, "subject"> & Pick<Verdict, "faults">,
  round: ProposedRound,
  look: TaskLook,
): Promise<Judgement> {
  const { check, baseLanes, faults } = recomputed;
  const { proposal } = round;
  const sealed = isSealed(look.view);
  const unexplained = unexplainedBy(check);
  const findings = check.findings.filter(({ code }) => code !== "EXCLUSION_UNJUSTIFIED");
  if (check.lanes !== undefined && findings.length === 0) {
    await keep(deps, check.lanes, look);
    if (unexplained !== 0n) tell(deps, round, check.findings);
    return { isRight: true, ...(unexplained !== 0n && { unexplained }) };
  }
  const counted = check.updates.filter(({ excluded }) => !excluded);
  const missing = counted.filter(({ status }) => isAbsent(status)).map(({ commitment }) => commitment);
  const invalid = counted.filter(({ status }) => status === "invalid").map(({ commitment }) => commitment);
  if (missing.length === 0 || invalid.length > 0) tell(deps, round, findings);
  const proof = faults.find((fault) => invalid.includes(fault.commitments[fault.invalid.position]!));
  if (proof !== undefined) return { isRight: false, proof };
  // what breaks the rules without a proof is not the bytes behind the committed root
  if (missing.length + invalid.length > 0) return { isRight: false, missing: [...missing, ...invalid] };
  if (check.lanes === undefined) return { isRight: false };
  if (hexEquals(check.modelRoot ?? "", proposal.modelRoot)) {
    await keep(deps, check.lanes, look);
    // a sealed model that is not to be had yet may come
    const maySettle = sealed && findings.every(({ severity }) => severity === "unchecked");
    return maySettle ? { isRight: false, missing: [] } : { isRight: false };
  }
  return await proveModel(deps, { check, baseLanes, recomputed: check.lanes }, round, look);
}

/**
 * The right model's blob is kept for others; that of a sealed task is its proposer's, and came to the store when it was
 * compared.
 */
async function keep({ store }: JudgeProposalDeps, lanes: Int32Array, { view, signal }: TaskLook): Promise<void> {
  if (!isSealed(view)) await store.put(lanesToBytes(lanes), { signal });
}

/** The proof that a chunk of the proposed model is wrong, for which its bytes must be had. */
async function proveModel(
  { source, memory, onProgress }: JudgeProposalDeps,
  known: { readonly check: RoundCheck; readonly baseLanes: Int32Array; readonly recomputed: Int32Array },
  round: ProposedRound,
  look: TaskLook,
): Promise<Judgement> {
  const { check, baseLanes, recomputed } = known;
  if (memory !== undefined) memory.latest = { subject: subjectOf(round), check, baseLanes };
  const proposed = await proposedTree(source, round, look);
  if (proposed === undefined) return { isRight: false, withheld: true };
  const proof = await proveChunk({
    taskId: look.view.taskId,
    rules: look.view.rules,
    round,
    baseLanes,
    recomputed,
    proposed,
    getUpdate: (commitment: Commitment) => source.update(commitment, look),
    signal: look.signal,
  });
  if (proof !== undefined) return { isRight: false, proof };
  onProgress?.({ kind: "not-proven", round: round.round, why: "only the padding of its tree is wrong" });
  return { isRight: false };
}

/**
 * What can be judged of an encrypted round without the key: its sum. Nothing of it can be proven on the chain; a quorum
 * decides.
 */
async function judgeSum(deps: JudgeProposalDeps, round: ProposedRound, look: TaskLook): Promise<Verdict> {
  const { taskId, rules } = look.view;
  const check = await checkRound({
    taskId,
    rules,
    round,
    baseLanes: undefined,
    getUpdate: (commitment) => deps.source.update(commitment, look),
    sealed: isSealed(look.view),
    signal: look.signal,
  });
  const missing = check.updates.filter(({ status }) => isAbsent(status)).map(({ commitment }) => commitment);
  if (missing.length > 0) return { judgement: { isRight: false, missing }, faults: [] };
  if (check.findings.length > 0) tell(deps, round, check.findings);
  return { judgement: { isRight: check.findings.length === 0 }, faults: [] };
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

/** Bitmap of the slots that are left out though their update is here and keeps the rules. */
function unexplainedBy({ updates }: RoundCheck): bigint {
  return updates
    .filter(({ excluded, status }) => excluded && status === "valid")
    .reduce((slots, { commitment }) => slots | (1n << BigInt(commitment.slot)), 0n);
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
