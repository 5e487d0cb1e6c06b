import { chunkTreeRoot } from "../../core/bytes/chunk-tree.ts";
import { contentIdOf } from "../../core/bytes/content-id.ts";
import { lanesToBytes } from "../../core/bytes/lanes.ts";
import type { Bytes32, Hex, TaskId } from "../../core/ids.ts";
import { modeOf } from "../../core/modes/mode-of.ts";
import type { Commitment, Proposal, TaskRules } from "../../core/records.ts";
import { checkUpdate, missingUpdate, type UpdateCheck } from "./check-update.ts";
import { compareModel } from "./compare-model.ts";
import { judgeSum } from "./encrypted-round.ts";
import { createFindingLog, type Finding, type FindingLog } from "./findings.ts";
import { isUnavailable } from "./is-unavailable.ts";
import { greatestChange } from "./lane-changes.ts";
import { type MaskableRound, sumBeyondClip } from "./masked-round.ts";
import { beginSum } from "./sums/begin-sum.ts";
import type { OpenSum } from "./sums/encrypted-sum.ts";
import type { RecomputedSum, RoundSum } from "./sums/round-sum.ts";

/** What is known of one committed update after a look at its bytes. */
export interface UpdateStatus {
  readonly commitment: Commitment;
  /**
   * `valid`; `missing`: not to be had; `differs`: other bytes were given; `sealed`: no key opens them here; `invalid`:
   * proven to break the rules.
   */
  readonly status: "valid" | "missing" | "differs" | "sealed" | "invalid";
  readonly excluded: boolean;
  /** See UpdateCheck. */
  readonly informationBits: number;
  /**
   * Root of the lanes, bound to nobody: present for a valid update of a sealed task, whose content id says nothing of
   * its lanes.
   */
  readonly lanesRoot?: Bytes32;
}

/** What a look at a round's inputs and its proposal brought. */
export interface RoundCheck {
  readonly findings: readonly Finding[];
  /** Every committed update, in the order of the chain. */
  readonly updates: readonly UpdateStatus[];
  /** Commitments that the result is made of, in the order of the chain. */
  readonly included: readonly Commitment[];
  /** Sum of their weights. */
  readonly totalWeight: bigint;
  /**
   * The recomputed model; present when the base and every included update were there and valid. Owned by the caller.
   */
  readonly lanes?: Int32Array;
  /** Chunk tree root of the recomputed model. */
  readonly modelRoot?: Bytes32;
  /** Content id of the recomputed model's blob. */
  readonly contentId?: Bytes32;
  /** Greatest change of a lane from the base to the recomputed model. */
  readonly movedLanes?: number;
  /**
   * Whether there is a proposal, and it is exactly what was recomputed: without a single finding. What an attester
   * signs.
   */
  readonly agrees: boolean;
  /** Bytes of updates fetched and checked. */
  readonly bytesChecked: number;
  /** Of an encrypted round: the recomputed sum of its ciphertexts; present when every update was there and valid. */
  readonly sum?: RecomputedSum;
  /** Of a masked round: the first slot that the proposal opens falsely; absent where there is none. */
  readonly falseOpening?: number;
}

/** What {@link checkRound} works on. */
export interface RoundCheckInput {
  readonly taskId: TaskId;
  readonly rules: TaskRules;
  /** The round, with or without a proposal; a RoundView fits. */
  readonly round: MaskableRound & { readonly proposal?: (Proposal & { readonly openings?: Hex }) | undefined };
  /** Of a masked round without a proposal: what opens its sum. */
  readonly openings?: Hex | undefined;
  /**
   * Of an encrypted round: opens its sum, for who holds the key. Without it the sum is compared, and the model is not
   * recomputed.
   */
  readonly open?: OpenSum | undefined;
  /** The base model; not modified. Without it the updates are checked, and nothing is recomputed. */
  readonly baseLanes: Int32Array | undefined;
  /**
   * The blob of an update; undefined, or a rejection with BLOB_NOT_FOUND, BLOB_CORRUPT, BLOB_TOO_LARGE, where it cannot
   * be had.
   */
  readonly getUpdate: (commitment: Commitment) => Promise<Uint8Array | undefined>;
  /**
   * The blob of the proposed model: asked for to name the first wrong chunk of a wrong aggregate, and in a sealed task
   * to compare it.
   */
  readonly getModel?: (proposal: Proposal) => Promise<Uint8Array | undefined>;
  /**
   * The task's blobs are sealed: both functions give what is in them, their bytes checked against the content ids, or
   * reject with BLOB_SEALED or SEAL_BROKEN, too.
   */
  readonly sealed?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** After each update. */
  readonly onProgress?: ((progress: { updates: number; of: number }) => void) | undefined;
}

/**
 * Recomputes a round from its committed updates and compares the proposal with the result: what a participant does
 * before it attests, and the audit after the fact. One update is in memory at a time, unless the rule holds them all.
 *
 * An update that is left out is no finding while it is not here, or is invalid; one that is here and valid is told:
 * whether it was to be had then is the quorum's word.
 *
 * Without a proposal, all updates count as included and the recomputed model is returned.
 *
 * In a masked round the openings are compared with the advertised keys; true ones free the sum of its masks, false ones
 * are a finding, and nothing is recomputed. A sum beyond what honest updates come to is told and cut, as the contract
 * cuts it: the proposal is right all the same. In an encrypted round the sum of the ciphertexts is compared with the
 * one on record; the model is recomputed where `open` opens the sum. Rejects with the signal's reason, with
 * UNSUPPORTED_RULE, with LENGTH_MISMATCH if `baseLanes` is not the task's size, and with whatever `getUpdate` rejects
 * with beside the codes above.
 */
export async function checkRound(input: RoundCheckInput): Promise<RoundCheck> {
  const { taskId, rules, round, baseLanes, signal } = input;
  const { proposal } = round;
  const log = createFindingLog(taskId, round.round);
  const about = { ...input, round: round.round };
  const openings = input.openings ?? proposal?.openings;
  const { sum, ...told } = beginSum(log, { taskId, rules, round, openings, open: input.open });
  const { findings, ...seenUpdates } = await lookAtUpdates(log, input, sum);
  const { updates, included } = seenUpdates;
  if (proposal) judgeWeight(log, proposal, seenUpdates.totalWeight);
  const done = { ...seenUpdates, ...told };
  const complete = updates.every(({ excluded, status }) => excluded || status === "valid");
  const isWhole = modeOf(rules).showsUpdates || included.length === round.commitments.length;
  if (sum === undefined || !complete || !isWhole || included.length === 0) {
    return { ...done, findings: [...findings, ...log.findings], agrees: false };
  }
  const { lanes, isAttestable, ...summed } = await sum.finish(baseLanes, signal);
  if (proposal && summed.sum) judgeSum(log, proposal, summed.sum.contentId);
  const seen = { ...done, ...(summed.sum && { sum: summed.sum }) };
  if (baseLanes === undefined || lanes === undefined) {
    return { ...seen, findings: [...findings, ...log.findings], agrees: false };
  }
  const model = { lanes, modelRoot: chunkTreeRoot(lanes), contentId: await contentIdOf(lanesToBytes(lanes)) };
  if (proposal) await compareModel(log, proposal, model, about);
  const found = [...findings, ...log.findings];
  const agrees = !!proposal && found.length === 0 && isAttestable;
  const movedLanes = greatestChange(baseLanes, lanes);
  const all = [...found, ...sumBeyondClip(summed, { taskId, rules, round })];
  return { ...seen, ...model, findings: all, movedLanes, agrees };
}

/** Checks each committed update, and adds to the sum what is valid of those that count. */
async function lookAtUpdates(
  log: FindingLog,
  input: RoundCheckInput,
  sum: RoundSum | undefined,
): Promise<Pick<RoundCheck, "findings" | "updates" | "included" | "totalWeight" | "bytesChecked">> {
  const { commitments, proposal } = input.round;
  const findings: Finding[] = [];
  const updates: UpdateStatus[] = [];
  const included: Commitment[] = [];
  let totalWeight = 0n;
  let bytesChecked = 0;
  for (const commitment of commitments) {
    input.signal?.throwIfAborted();
    const excluded = proposal !== undefined && ((proposal.excluded >> BigInt(commitment.slot)) & 1n) === 1n;
    const check = await look(commitment, input);
    bytesChecked += check.bytes;
    const { status, informationBits, lanesRoot } = check;
    updates.push({ commitment, status, excluded, informationBits, ...(input.sealed && lanesRoot && { lanesRoot }) });
    if (excluded) judgeExclusion(log, commitment, proposal, check.status);
    else {
      included.push(commitment);
      totalWeight += BigInt(commitment.weight);
      findings.push(...check.findings);
      if (check.lanes) sum?.add(check.lanes, commitment.weight);
      else if (check.status === "invalid" && proposal) blameInclusion(log, commitment, proposal);
    }
    input.onProgress?.({ updates: updates.length, of: commitments.length });
  }
  return { findings, updates, included, totalWeight, bytesChecked };
}

function judgeWeight(log: FindingLog, proposal: Proposal, totalWeight: bigint): void {
  if (proposal.totalWeight === totalWeight) return;
  log.add({
    code: "TOTAL_WEIGHT_WRONG",
    party: proposal.aggregator,
    message: `The proposal's total weight is ${proposal.totalWeight}; the included updates weigh ${totalWeight}.`,
    data: { expected: totalWeight, actual: proposal.totalWeight },
  });
}

async function look(
  commitment: Commitment,
  { getUpdate, rules, sealed, signal }: RoundCheckInput,
): Promise<UpdateCheck & { status: UpdateStatus["status"]; bytes: number }> {
  let bytes: Uint8Array | undefined;
  let cause: unknown;
  try {
    bytes = await getUpdate(commitment);
  } catch (error) {
    signal?.throwIfAborted();
    if (!isUnavailable(error)) throw error;
    cause = error;
  }
  if (bytes === undefined) {
    const finding = missingUpdate(commitment, cause);
    return { findings: [finding], informationBits: 0, status: statusOf(finding), bytes: 0 };
  }
  const check = await checkUpdate({ bytes, commitment, rules, opened: sealed });
  if (check.lanes && !(commitment.weight >= 1 && commitment.weight <= rules.maxWeight)) {
    return { findings: [wrongWeight(commitment, rules)], informationBits: 0, status: "invalid", bytes: bytes.length };
  }
  const proven = check.findings.some(({ severity }) => severity === "violation");
  return { ...check, status: check.lanes ? "valid" : proven ? "invalid" : "differs", bytes: bytes.length };
}

/** What an update's status is by why it could not be had. */
function statusOf({ code }: Finding): UpdateStatus["status"] {
  if (code === "UPDATE_SEALED") return "sealed";
  if (code === "SEAL_BROKEN") return "invalid";
  return code === "UPDATE_MISSING" ? "missing" : "differs";
}

function wrongWeight(commitment: Commitment, { maxWeight }: TaskRules): Finding {
  const { taskId, round, participant: party, weight } = commitment;
  return {
    code: "WEIGHT_OUT_OF_RANGE",
    severity: "violation",
    taskId,
    round,
    party,
    message: `${party} committed with weight ${weight}, outside 1 to ${maxWeight}.`,
    data: { weight, maxWeight },
  };
}

function judgeExclusion(log: FindingLog, commitment: Commitment, proposal: Proposal, status: UpdateStatus["status"]) {
  if (status !== "valid") return;
  log.add({
    code: "EXCLUSION_UNJUSTIFIED",
    severity: "unchecked",
    party: proposal.aggregator,
    message: `The update of ${commitment.participant} was left out, but its bytes are here and valid: they may have been missing then.`,
    data: { participant: commitment.participant, slot: commitment.slot, updateRoot: commitment.updateRoot },
  });
}

function blameInclusion(log: FindingLog, commitment: Commitment, proposal: Proposal): void {
  log.add({
    code: "INCLUSION_UNJUSTIFIED",
    party: proposal.aggregator,
    message: `The proposal counts the update of ${commitment.participant}, which breaks the task's rules.`,
    data: { participant: commitment.participant, slot: commitment.slot, updateRoot: commitment.updateRoot },
  });
}
