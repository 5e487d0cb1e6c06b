import { chunkTreeRoot } from "../core/chunk-tree.ts";
import { updateRootOf } from "../core/commitment.ts";
import { decodeLanes, encodeUpdate } from "../core/fixed-point.ts";
import { lanesToBytes } from "../core/lanes.ts";
import type { RoundView } from "../core/task-view.ts";
import type { Chain } from "../ports/chain.ts";
import type { BlobStore } from "../ports/storage.ts";
import type { Clock, Journal } from "../ports/system.ts";
import type { Trainer } from "../ports/trainer.ts";
import type { ModelSource, TaskLook } from "../rounds/model-source.ts";
import type { Progress } from "../rounds/progress.ts";
import type { TrainedUpdate } from "./participant-machine.ts";
import { readCommitment } from "./sign-commitment.ts";
import { trainSeed } from "./train-seed.ts";
import { readUpdate, writeUpdate } from "./update-journal.ts";

/** What training an update needs. */
export interface TrainUpdateDeps {
  readonly chain: Pick<Chain, "account" | "recoverSigner">;
  readonly store: BlobStore;
  readonly source: ModelSource;
  readonly trainer: Trainer;
  readonly journal: Journal;
  readonly clock: Clock;
  /** See {@link trainSeed}. */
  readonly seed: number;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/**
 * This participant's update of a round: the one in the journal if its blob is still here, else a newly trained one,
 * stored and then written to the journal before it is given, so that nothing can be committed that a restart forgets.
 *
 * The weight is the number of training examples, cut to the task's maxWeight.
 * Rejects with TRAINING_FAILED, NON_FINITE_PARAMETER, STORAGE_FAILED, and as ModelSource.baseOf does.
 */
export async function trainUpdate(deps: TrainUpdateDeps, round: RoundView, look: TaskLook): Promise<TrainedUpdate> {
  const { store, trainer, journal, clock, onProgress } = deps;
  const { taskId, rules } = look.view;
  // what was signed for this round and base is what is committed, even where its bytes are only elsewhere
  const signed = await readCommitment({ chain: deps.chain, journal, taskId }, round);
  if (signed !== undefined) return updateIn(signed);
  const written = await readUpdate(journal, taskId, round);
  if (written !== undefined && (await store.has(written.contentId, 4 * rules.parameterCount))) return written;

  const base = await deps.source.baseOf(round.round, look);
  const startMs = clock.nowMs();
  const { parameters, samples, loss } = await trainer.train({
    parameters: decodeLanes(base, rules.fractionBits),
    round: round.round,
    seed: trainSeed(deps.seed, taskId, round.round, deps.chain.account),
    signal: look.signal,
    onProgress: (step) => onProgress?.({ kind: "training", round: round.round, ...step }),
  });
  look.signal.throwIfAborted();
  const { lanes, clipped } = encodeUpdate(parameters, base, rules);
  const contentId = await store.put(lanesToBytes(lanes), { signal: look.signal });
  const update = {
    round: round.round,
    baseModelRoot: round.baseModelRoot,
    updateRoot: updateRootOf(deps.chain.account, chunkTreeRoot(lanes)),
    contentId,
    weight: Math.max(1, Math.min(samples, rules.maxWeight)),
  };
  look.signal.throwIfAborted();
  await writeUpdate(journal, taskId, update);
  const durationMs = clock.nowMs() - startMs;
  onProgress?.({ kind: "trained", round: round.round, loss, samples, clipped, durationMs });
  return update;
}

function updateIn({ round, baseModelRoot, updateRoot, contentId, weight }: TrainedUpdate): TrainedUpdate {
  return { round, baseModelRoot, updateRoot, contentId, weight };
}
