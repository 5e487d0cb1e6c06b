import { isWeightWrong, proveChunk, proveOpening, proveUpdate, proveWeight } from "../../audit/proof/build-proof.ts";
import { checkRound, type RoundCheck } from "../../audit/replay/check-round.ts";
import { falseOpeningOf } from "../../audit/replay/masked-round.ts";
import { hexEquals } from "../../core/bytes/hex.ts";
import { bytesToLanes, lanesToBytes } from "../../core/bytes/lanes.ts";
import { modeOf } from "../../core/modes/mode-of.ts";
import type { Commitment } from "../../core/records.ts";
import { isSealed } from "../../core/task/blob-length.ts";
import type { ProofCall } from "../../ports/proof-calls.ts";
import { gatherUpdates } from "../blobs/gather-updates.ts";
import { withPatience } from "../blobs/patient-source.ts";
import { type ProposedRound, subjectOf } from "../blobs/proposed-round.ts";
import { proposedTree } from "../blobs/proposed-tree.ts";
import type { TaskLook } from "../blobs/task-look.ts";
import { isUpdateFault, type Judgement, type UpdateFault } from "./court-state.ts";
import { judgeSum } from "./judge-sum.ts";
import { isAbsent, type JudgeProposalDeps, readable, tell, unreadOf, type Verdict } from "./judging.ts";

/**
 * Gets all inputs of the round from whoever has them, recomputes its model and compares; what the proposal leaves out
 * is asked for, too. Where the proposal is right, the model's blob is in the store afterwards; where it is not, and
 * that can be proven on the chain, the judgement holds the proof. While the base model or an update that is counted
 * cannot be had, it is an open question, so that later rounds are judged meanwhile.
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
    if (!deps.again) deps.onProgress?.({ kind: "not-proven", round: round.round, why });
    // it may become one, and what members there are may not have been read yet
    return { judgement: openQuestion, faults: [] };
  }
  if (!modeOf(rules).isRecomputable) return await judgeSum(deps, round, look);
  const { latest } = deps.memory ?? {};
  const known = latest?.subject === subjectOf(round) ? latest : undefined;
  const recomputed = known ?? (await recompute(deps, round, look));
  if (recomputed === undefined) return { judgement: openQuestion, faults: [] };
  const faults = await faultsOf(recomputed.check, { source: deps.source, round, look });
  const judgement = await judgeModel(deps, { ...recomputed, faults }, round, look);
  if (recomputed.baseLanes === undefined || judgement.missing === undefined) return { judgement, faults };
  const isModelAbsent = judgement.missing.length === 0;
  return { judgement, faults, absent: unreadOf(recomputed.check), isModelAbsent };
}

/** Nothing can be said yet. */
const openQuestion: Judgement = { isRight: false, missing: [] };

function wrong(proof: ProofCall | undefined): Verdict {
  return { judgement: { isRight: false, ...(proof && { proof }) }, faults: [] };
}

/** What can be shown of the updates that break the rules, whether they are counted or not. */
async function faultsOf(
  check: RoundCheck,
  { source, round, look }: Pick<JudgeProposalDeps, "source"> & { round: ProposedRound; look: TaskLook },
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

async function judgeModel(
  deps: JudgeProposalDeps,
  recomputed: Recomputed & Pick<Verdict, "faults">,
  round: ProposedRound,
  look: TaskLook,
): Promise<Judgement> {
  const { check, baseLanes, faults } = recomputed;
  const findings = check.findings.filter(({ code }) => !isNoFault(code));
  if (check.lanes !== undefined && findings.length === 0) {
    await keep(deps, check.lanes, look);
    return judgeRight(deps, check, round);
  }
  const counted = check.updates.filter(({ excluded }) => !excluded);
  const missing = counted.filter(({ status }) => isAbsent(status)).map(({ commitment }) => commitment);
  const invalid = counted.filter(({ status }) => status === "invalid").map(({ commitment }) => commitment);
  if (baseLanes === undefined && invalid.length === 0) return { isRight: false, missing };
  if (missing.length === 0 || invalid.length > 0) tell(deps, round, findings);
  const proof = faults.find(({ commitments, invalid: { position } }) =>
    invalid.some((commitment) => commitment === commitments[position]),
  );
  if (proof !== undefined) return { isRight: false, proof };
  // what breaks the rules without a proof is not the bytes behind the committed root
  if (missing.length + invalid.length > 0) return { isRight: false, missing: [...missing, ...invalid] };
  if (check.lanes === undefined || baseLanes === undefined) return { isRight: false };
  if (hexEquals(check.modelRoot ?? "", round.proposal.modelRoot)) {
    await keep(deps, check.lanes, look);
    // a sealed model that is not to be had yet may come
    const maySettle = isSealed(look.view) && findings.every(({ severity }) => severity === "unchecked");
    return maySettle ? { isRight: false, missing: [] } : { isRight: false };
  }
  return await proveModel(deps, { check, baseLanes, recomputed: check.lanes }, round, look);
}

/** The proposal is what was recomputed: what is still to be told of it. */
function judgeRight(deps: JudgeProposalDeps, check: RoundCheck, round: ProposedRound): Judgement {
  const unexplained = unexplainedBy(check);
  const cut = check.findings.find(({ code }) => code === "SUM_OUT_OF_BOUNDS");
  if (cut && !deps.again) deps.log.warn(cut.message, { round: round.round, finding: cut.code });
  if (unexplained === 0n) return { isRight: true };
  tell(deps, round, check.findings);
  return { isRight: true, unexplained };
}

/**
 * Whether a finding says nothing against the proposal: what is left out may have been missing then, and a sum beyond
 * the clip, which is cut as the contract cuts it, is the fault of a participant that nobody can name.
 */
function isNoFault(code: string): boolean {
  return code === "EXCLUSION_UNJUSTIFIED" || code === "SUM_OUT_OF_BOUNDS";
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
  { source, memory, patience, again, onProgress }: JudgeProposalDeps,
  known: { readonly check: RoundCheck; readonly baseLanes: Int32Array; readonly recomputed: Int32Array },
  round: ProposedRound,
  look: TaskLook,
): Promise<Judgement> {
  const { check, baseLanes, recomputed } = known;
  if (memory !== undefined) memory.latest = { subject: subjectOf(round), check, baseLanes };
  // what its proposer withholds is not waited for as long at every look
  const proposed = await readable(
    () =>
      withPatience(again ? patience : undefined, round.proposal.contentId, look, (part) =>
        proposedTree(source, round, part, baseLanes),
      ),
    look,
  );
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

/** A round as it was recomputed; its updates alone, while its base is not to be had. */
interface Recomputed {
  readonly check: RoundCheck;
  readonly baseLanes: Int32Array | undefined;
}

/** Undefined while the base is still not to be had, and the updates were looked at before. */
async function recompute(
  deps: JudgeProposalDeps,
  round: ProposedRound,
  look: TaskLook,
): Promise<Recomputed | undefined> {
  const { source, again, patience } = deps;
  const baseLanes = await readable(() => source.baseOf(round.round, look), look);
  if (baseLanes === undefined && again) return undefined;
  const check = await checkRound({
    taskId: look.view.taskId,
    rules: look.view.rules,
    round,
    baseLanes,
    getUpdate: await gatherUpdates(deps, round.commitments, look, patience),
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
