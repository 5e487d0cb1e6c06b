import { chunkTreeRoot } from "../../core/bytes/chunk-tree.ts";
import { decodeLanes } from "../../core/bytes/fixed-point.ts";
import { isFedledgerError } from "../../core/errors/error.ts";
import type { RoundView } from "../../core/record/task-view.ts";
import { updateBlobBytes } from "../../core/task/blob-length.ts";
import { modelPart } from "../../core/task/task-lanes.ts";
import { parseTaskSpecJson } from "../../core/task/task-spec.ts";
import { updateRootOf } from "../../core/words/commitment.ts";
import type { Chain } from "../../ports/chain.ts";
import type { NoiseLedger } from "../../ports/noise.ts";
import type { BlobStore } from "../../ports/storage.ts";
import type { Clock, Journal, Random } from "../../ports/system.ts";
import type { Trainer } from "../../ports/trainer.ts";
import type { ModelSource } from "../../rounds/blobs/model-source.ts";
import type { TaskLook } from "../../rounds/blobs/task-look.ts";
import type { Progress } from "../../rounds/progress/progress.ts";
import type { TrainedUpdate } from "../state/trained-update.ts";
import { type EncodedRound, encodeRound } from "./encode-round.ts";
import { type DataBudget, spendRound } from "./noise-ledger.ts";
import { readCommitment } from "./sign-commitment.ts";
import { trainSeed } from "./train-seed.ts";
import { readUpdate, writeUpdate } from "./update-journal.ts";

/** What training an update needs. */
export interface TrainUpdateDeps {
  readonly chain: Pick<Chain, "chainId" | "federation" | "account" | "recoverSigner">;
  readonly store: BlobStore;
  readonly source: ModelSource;
  readonly trainer: Trainer;
  readonly journal: Journal;
  /** Where noise is counted. */
  readonly ledger: NoiseLedger;
  /** What all tasks together may cost the data (default: what the task's specification says). */
  readonly dataBudget?: DataBudget | undefined;
  readonly clock: Clock;
  /** What noise is drawn from: cryptographically secure. */
  readonly random: Random;
  /** See {@link trainSeed}. */
  readonly seed: number;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/**
 * This participant's update of a round: the one in the journal if its blob is still here, else a newly trained one,
 * stored and then written to the journal before it is given, so that nothing can be committed that a restart forgets.
 *
 * In a task with noise the one in the journal is it though its blob is gone: another would be a second release of the
 * same round.
 *
 * Rejects as {@link trainLanes} does, and as ModelSource.put does.
 */
export async function trainUpdate(deps: TrainUpdateDeps, round: RoundView, look: TaskLook): Promise<TrainedUpdate> {
  const { store, journal } = deps;
  const { taskId } = look.view;
  // what was signed over this anchor is what is committed, even where its bytes are only elsewhere
  const signed = await readCommitment({ chain: deps.chain, journal, taskId }, round);
  if (signed !== undefined) {
    const { updateRoot, contentId, weight } = signed;
    return { round: round.round, baseModelRoot: round.baseModelRoot, updateRoot, contentId, weight };
  }
  const spec = parseTaskSpecJson(look.view.spec);
  const written = await readUpdate(journal, taskId, round);
  if (written !== undefined) {
    if (spec.privacy !== undefined || (await store.has(written.contentId, updateBlobBytes(look.view)))) return written;
  }

  const { lanes, weight } = await trainLanes(deps, round, look);
  const updateRoot = updateRootOf(deps.chain.account, chunkTreeRoot(lanes));
  const name = { round: round.round, purpose: "update", root: updateRoot } as const;
  const update = {
    round: round.round,
    baseModelRoot: round.baseModelRoot,
    updateRoot,
    contentId: await deps.source.put(lanes, name, look),
    weight,
  };
  look.signal.throwIfAborted();
  await writeUpdate(journal, taskId, update);
  return update;
}

/** What a training brought, as it may be committed, or masked: never stored where it is to be masked. */
export type TrainedLanes = Pick<EncodedRound, "lanes" | "weight">;

/**
 * Trains for a round: the update's lanes, clipped, and with the task's noise. Stores nothing. The weight is the number
 * of training examples, cut to the task's maxWeight, or what {@link encodeRound} says. Rejects with TRAINING_FAILED
 * (not in a task with noise: a training that diverges is an update of zero there), NON_FINITE_PARAMETER,
 * PRIVACY_RULES_BROKEN, what {@link spendRound} rejects with, and as ModelSource.baseOf does.
 */
export async function trainLanes(
  deps: Omit<TrainUpdateDeps, "store">,
  round: RoundView,
  look: TaskLook,
): Promise<TrainedLanes> {
  const { trainer, clock, onProgress } = deps;
  const { taskId, rules } = look.view;
  const spec = parseTaskSpecJson(look.view.spec);
  const base = await deps.source.baseOf(round.round, look);
  const spent = await spendRound({ ...deps, dataset: trainer.dataFingerprint }, spec, look.view, round);
  if (spent !== undefined) onProgress?.({ kind: "noise-counted", round: round.round, ...spent });
  const startMs = clock.nowMs();
  const start = decodeLanes(modelPart(base, spec), rules.fractionBits);
  const training = trainer.train({
    parameters: start,
    round: round.round,
    seed: trainSeed(deps.seed, taskId, round.round, deps.chain.account),
    signal: look.signal,
    onProgress: (step) => onProgress?.({ kind: "training", round: round.round, ...step }),
  });
  const { parameters, samples, loss } = await training.catch((error: unknown) => {
    // with noise, a participant whose training diverges must look like any other: its update is zero before the noise
    if (spec.privacy === undefined || !isFedledgerError(error, "TRAINING_FAILED")) throw error;
    return { parameters: start, samples: trainer.samples, loss: Number.NaN };
  });
  look.signal.throwIfAborted();
  const encoding = { spec, rules, random: deps.random, signal: look.signal };
  const { lanes, weight, clipped } = await encodeRound({ parameters, samples }, base, encoding);
  const durationMs = clock.nowMs() - startMs;
  const isCut = spec.privacy?.unit !== "participant" && weight < samples;
  const cut = { weight, ...(isCut && { cutFrom: samples }) };
  onProgress?.({ kind: "trained", round: round.round, loss, samples, clipped, ...cut, durationMs });
  return { lanes, weight };
}
