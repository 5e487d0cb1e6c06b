import { meanOfSum } from "../../aggregation/index.ts";
import { chunkBytes, chunkLanes, chunkTreeRoot } from "../../core/bytes/chunk-tree.ts";
import { contentIdOf } from "../../core/bytes/content-id.ts";
import { hexEquals } from "../../core/bytes/hex.ts";
import { lanesToBytes } from "../../core/bytes/lanes.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { Bytes32, Hex } from "../../core/ids.ts";
import type { Commitment, Proposal, TaskRules } from "../../core/records.ts";
import { type CipherSum, checkCipher, createCipherSum } from "../../privacy/encrypted/cipher-sum.ts";
import { createFindingLog, type Finding, type FindingLog } from "./findings.ts";
import { firstBeyondClip, greatestChange } from "./lane-changes.ts";

/** The sum of a round's ciphertexts, as anybody recomputes it. */
export interface RecomputedSum {
  readonly bytes: Uint8Array;
  readonly contentId: Bytes32;
}

/**
 * What can be checked of an encrypted update that is what was committed: that it is a ciphertext. What it says, and
 * whether it keeps the clip, nobody sees.
 */
export function checkCipherUpdate(
  lanes: Int32Array,
  {
    bytes,
    commitment,
    rules,
  }: {
    readonly bytes: Uint8Array;
    readonly commitment: Commitment;
    readonly rules: Pick<TaskRules, "parameterCount">;
  },
): { readonly lanes?: Int32Array; readonly findings: readonly Finding[]; readonly informationBits: number } {
  const { taskId, round, participant: party } = commitment;
  try {
    checkCipher(bytes, rules.parameterCount);
    return { lanes, findings: [], informationBits: 8 * bytes.length };
  } catch (error) {
    if (!(error instanceof FedledgerError)) throw error;
    const log = createFindingLog(taskId, round);
    const byte = Number(error.data.byte ?? 0);
    log.add({
      code: "UPDATE_OUT_OF_BOUNDS",
      party,
      chunk: Math.floor(byte / chunkBytes),
      message: `The update of ${party} is no ciphertext: ${error.data.reason}.`,
      data: { byte },
    });
    return { findings: log.findings, informationBits: 0 };
  }
}

/**
 * The addition of a round's encrypted updates, in the place of an aggregation: the lanes are ciphertexts, and their
 * weights are in them.
 */
export function beginCipherSum({
  mode,
  parameterCount,
}: Pick<TaskRules, "mode" | "parameterCount">):
  | { readonly add: (lanes: Int32Array) => void; readonly finish: CipherSum["finish"] }
  | undefined {
  if (mode !== "encrypted") return undefined;
  const sum = createCipherSum(parameterCount);
  return { add: (lanes) => sum.add(lanesToBytes(lanes)), finish: sum.finish };
}

/** What {@link concludeEncrypted} works on: all ciphertexts are here and added. */
export interface ConcludeInput {
  readonly rules: TaskRules;
  readonly proposal?: OpenedProposal | undefined;
  readonly baseLanes: Int32Array | undefined;
  readonly sum: Uint8Array;
  readonly totalWeight: bigint;
  /** For who holds the key. */
  readonly open?: ((sum: Uint8Array) => Promise<Int32Array>) | undefined;
  /** Tells where the proposed model is not the recomputed one. */
  readonly compare: (proposal: Proposal, recomputed: RecomputedModel) => Promise<void>;
}

type OpenedProposal = Proposal & { readonly openings?: Hex };

/** A model that was recomputed from an opened sum. */
export interface RecomputedModel {
  readonly lanes: Int32Array;
  readonly modelRoot: Bytes32;
  readonly contentId: Bytes32;
}

/** The sum; and the model, where it could be opened. */
export interface EncryptedConclusion extends Partial<RecomputedModel> {
  readonly sum: RecomputedSum;
  readonly movedLanes?: number;
  /** Lanes of the sum beyond what updates within the clip come to. */
  readonly cutLanes: number;
}

/**
 * The end of checking an encrypted round whose ciphertexts are all here: their sum is compared with the one on record.
 * Who can open it has the model recomputed from it as well; everybody else has seen all that can be seen without the
 * key, and `agrees` stays false.
 */
export async function concludeEncrypted(log: FindingLog, input: ConcludeInput): Promise<EncryptedConclusion> {
  const { rules, proposal, baseLanes, sum, totalWeight } = input;
  const sumId = await contentIdOf(sum);
  if (proposal) judgeSum(log, proposal, sumId);
  const found = { sum: { bytes: sum, contentId: sumId } };
  if (input.open === undefined || baseLanes === undefined) return { ...found, cutLanes: 0 };
  const opened = await input.open(sum);
  const lanes = meanOfSum({ ...rules, base: baseLanes, sum: opened, totalWeight });
  const limit = Number(totalWeight) * rules.clipLanes;
  const cutLanes = opened.filter((lane) => Math.abs(lane) > limit).length;
  const recomputed = { lanes, modelRoot: chunkTreeRoot(lanes), contentId: await contentIdOf(lanesToBytes(lanes)) };
  if (proposal) await input.compare(proposal, recomputed);
  return { ...found, ...recomputed, movedLanes: greatestChange(baseLanes, lanes), cutLanes };
}

function judgeSum(log: FindingLog, { aggregator, openings }: OpenedProposal, sumId: Bytes32) {
  if (openings !== undefined && hexEquals(openings, sumId)) return;
  log.add({
    code: "SUM_WRONG",
    party: aggregator,
    message: `The sum that ${aggregator} proposed is not that of the committed ciphertexts.`,
    data: { expected: sumId, actual: openings },
  });
}

/**
 * Looks at the model of an encrypted round as far as it can be seen without the key: whether the sum on record is the
 * recomputed one, and whether a lane has moved further from the base than any updates within the clip could move it
 * (MODEL_BEYOND_CLIP). That the model is what the sum decrypts to rests on the quorum that attested.
 */
export function judgeUnopened(
  log: FindingLog,
  { rules, proposal, sum, base, model }: UnopenedRound,
): { readonly isSumRight: boolean; readonly movedLanes?: number } {
  const { openings, aggregator: party } = proposal;
  const isSumRight = sum !== undefined && openings !== undefined && hexEquals(sum.contentId, openings);
  if (base === undefined || model === undefined) return { isSumRight };
  const lane = firstBeyondClip(base, model, rules);
  if (lane >= 0) {
    log.add({
      code: "MODEL_BEYOND_CLIP",
      party,
      chunk: Math.floor(lane / chunkLanes),
      message: `Lane ${lane} of the model proposed by ${party} has moved by ${Math.abs(model[lane]! - base[lane]!)}: no updates within the clip move it so far, so it is not what the sum decrypts to.`,
      data: { lane, clipLanes: rules.clipLanes },
    });
  }
  return { isSumRight, movedLanes: greatestChange(base, model) };
}

/** What {@link judgeUnopened} looks at; what is absent is not here. */
export interface UnopenedRound {
  readonly rules: TaskRules;
  readonly proposal: OpenedProposal;
  readonly sum: RecomputedSum | undefined;
  readonly base: Int32Array | undefined;
  readonly model: Int32Array | undefined;
}
