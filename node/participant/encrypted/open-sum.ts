import { checkRound } from "../../audit/replay/check-round.ts";
import { hexEquals } from "../../core/bytes/hex.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { RoundView } from "../../core/record/task-view.ts";
import type { Commitment } from "../../core/records.ts";
import { isSealed } from "../../core/task/blob-length.ts";
import type { Journal } from "../../ports/system.ts";
import type { Bfv } from "../../privacy/encrypted/bfv.ts";
import type { ModelSource } from "../../rounds/blobs/model-source.ts";
import type { TaskLook } from "../../rounds/blobs/task-look.ts";
import type { Progress } from "../../rounds/progress/progress.ts";
import type { OpenedSum } from "../../rounds/words/open-sum-messages.ts";
import { dealtKeyOf } from "./due-encrypted-update.ts";
import type { GroupKeys } from "./group-keys.ts";

/** Fewest updates of which a sum is opened. */
const fewestAddends = 2;

/** What opening a sum needs. */
export interface OpenSumDeps {
  readonly keys: GroupKeys;
  readonly bfv: Bfv;
  readonly source: ModelSource;
  readonly journal: Journal;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** The opened sum and the weight of what is in it; or the updates whose bytes are not to be had. */
export type SumOpening =
  | { readonly opened: OpenedSum; readonly totalWeight: bigint }
  | {
      readonly missing: readonly Commitment[];
      /** Those of them that could not be read here. */
      readonly absent: readonly Commitment[];
    };

/**
 * Gets the committed ciphertexts of a closed round, adds them itself, decrypts the sum, and stores the model that it
 * gives.
 *
 * Only sums of this very shape are ever decrypted: of **all** that the closed round committed to, recomputed here, and
 * of one set of commitments for one group key. Whoever could choose what a key holder decrypts would have it open a
 * single update, or two sums whose difference is one. The set is in the journal before the sum is decrypted, so neither
 * a restart nor a reorganisation makes it open a second one: SUM_SET_CHANGED.
 *
 * A sum beyond what honest updates come to is given to nobody: it is no mean of anything, and a model made of it would
 * be spoilt in every lane.
 *
 * Rejects with that, with SUM_NOT_OPENED where an update is none or the sum is beyond the clip, with GROUP_KEY_INVALID,
 * and as ModelSource.baseOf and ModelSource.put do.
 */
export async function openSum(
  { keys, bfv, source, journal, onProgress }: OpenSumDeps,
  round: RoundView,
  look: TaskLook,
): Promise<SumOpening> {
  const { taskId, rules } = look.view;
  const { proposal: _, ...inputs } = round;
  const dealt = dealtKeyOf(round);
  if (inputs.commitments.length < fewestAddends) {
    throw new FedledgerError("SUM_NOT_OPENED", { round: round.round, reason: "the sum of one update is that update" });
  }
  if (dealt === undefined) throw new FedledgerError("GROUP_KEY_INVALID", { reason: "none was dealt" });
  const key = await keys.open(round, dealt, look);
  const check = await checkRound({
    taskId,
    rules,
    round: inputs,
    baseLanes: await source.baseOf(round.round, look),
    getUpdate: (commitment) => source.update(commitment, look),
    sealed: isSealed(look.view),
    open: async (sum) => {
      // by the secret key itself: its blob can be packed anew, and be shown in another round
      await bindToSet(journal, `opened-sum/${taskId}/${dealt.seedHash.toLowerCase()}`, round);
      return await bfv.decrypt(key.secretKey, sum, rules.parameterCount, look.signal);
    },
    signal: look.signal,
  });
  const invalid = check.updates.find(({ status }) => status === "invalid");
  if (invalid !== undefined) {
    const { participant } = invalid.commitment;
    throw new FedledgerError("SUM_NOT_OPENED", {
      round: round.round,
      reason: `what ${participant} committed to is no encrypted update`,
    });
  }
  const beyond = check.findings.find(({ code }) => code === "SUM_OUT_OF_BOUNDS");
  if (beyond !== undefined) {
    const lanes = `${beyond.data.cutLanes} of its lanes are beyond what updates within the clip come to`;
    const reason = `${lanes}: somebody encrypted something else, or under another key`;
    throw new FedledgerError("SUM_NOT_OPENED", { round: round.round, reason });
  }
  const missing = check.updates.filter(({ status }) => status !== "valid");
  if (missing.length > 0) {
    const absent = missing.filter(({ status }) => status === "missing" || status === "sealed");
    return { missing: missing.map(({ commitment }) => commitment), absent: absent.map(({ commitment }) => commitment) };
  }
  const { sum, lanes, modelRoot, totalWeight } = check;
  if (sum === undefined || lanes === undefined || modelRoot === undefined) {
    throw new FedledgerError("SUM_NOT_OPENED", { round: round.round, reason: "it has no updates" });
  }
  const contentId = await source.put(lanes, { round: round.round, purpose: "model", root: modelRoot }, look);
  onProgress?.({ kind: "sum-opened", round: round.round, updates: check.included.length });
  return { opened: { sumId: sum.contentId, modelRoot, contentId }, totalWeight };
}

/** The same, where missing updates are a rejection with BLOB_NOT_FOUND, to be tried again. */
export async function openSumWhole(deps: OpenSumDeps, round: RoundView, look: TaskLook): Promise<OpenedSum> {
  const opening = await openSum(deps, round, look);
  if ("opened" in opening) return opening.opened;
  throw new FedledgerError("BLOB_NOT_FOUND", { contentId: opening.missing[0]?.contentId, providers: "its" });
}

/** Whether an error says that a sum is never to be opened, whatever comes later. */
export function isRefusal(error: unknown): error is FedledgerError {
  const codes: readonly string[] = ["SUM_SET_CHANGED", "SUM_NOT_OPENED", "GROUP_KEY_INVALID", "GROUP_KEY_CHANGED"];
  return error instanceof FedledgerError && codes.includes(error.code);
}

async function bindToSet(journal: Journal, key: string, { round, accumulator }: RoundView): Promise<void> {
  const written = await journal.get(key);
  if (written === undefined) {
    await journal.put(key, new TextEncoder().encode(accumulator.toLowerCase()));
  } else if (!hexEquals(new TextDecoder().decode(written), accumulator)) {
    throw new FedledgerError("SUM_SET_CHANGED", { round });
  }
}
