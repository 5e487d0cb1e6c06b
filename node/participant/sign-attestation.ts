import { decodeLanes } from "../core/fixed-point.ts";
import { bytesToLanes } from "../core/lanes.ts";
import type { Attestation, Evaluation } from "../core/records.ts";
import { modelPart } from "../core/task-lanes.ts";
import { parseTaskSpecJson } from "../core/task-spec.ts";
import type { Chain } from "../ports/chain.ts";
import type { Log } from "../ports/system.ts";
import type { EvaluationResult, Trainer } from "../ports/trainer.ts";
import { reasonOf } from "../rounds/action-runner.ts";
import type { ProposedRound } from "../rounds/judge-proposal.ts";
import type { ModelSource, TaskLook } from "../rounds/model-source.ts";
import type { Progress } from "../rounds/progress.ts";

/** What signing needs. */
export interface SignAttestationDeps {
  readonly chain: Chain;
  readonly source: ModelSource;
  readonly trainer: Trainer;
  readonly log: Log;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

const notEvaluated: Evaluation = { samples: 0, metricQ24: 0n, lossQ24: 0n };

/**
 * Measures the verified model on the held-out part and signs. A failed evaluation does not hold the attestation back: it
 * then says 0 samples. So it does in a task with differential privacy, unless its specification has evaluations published: what is measured
 * depends on data that no noise covers. Rejects as BlobStore.get and the chain do, and with the signal's reason.
 */
export async function signAttestation(
  { chain, source, trainer, log, onProgress }: SignAttestationDeps,
  round: ProposedRound,
  look: TaskLook,
): Promise<Attestation> {
  const { taskId, rules } = look.view;
  const { hash } = round.proposal;
  const lanes = bytesToLanes(await source.model(round, look));
  const spec = parseTaskSpecJson(look.view.spec);
  const isPublished = spec.privacy === undefined || spec.privacy.evaluations === "published";
  let evaluation = notEvaluated;
  try {
    const parameters = decodeLanes(modelPart(lanes, spec), rules.fractionBits);
    const measured = await trainer.evaluate(parameters, { signal: look.signal });
    if (isPublished) evaluation = evaluationOf(measured);
    const { samples, metric, loss } = measured;
    onProgress?.({ kind: "attested", round: round.round, samples, metric, loss });
  } catch (error) {
    look.signal.throwIfAborted();
    log.warn("The proposed model could not be evaluated", reasonOf(error));
  }
  const signature = await chain.signAttestation(taskId, round.round, hash, evaluation);
  return { taskId, round: round.round, proposalHash: hash, attester: chain.account, evaluation, signature };
}

/** The measured numbers as the record holds them: times 2^24, rounded, cut to int64 and uint64; 0 samples when they are not finite. */
export function evaluationOf({ samples, metric, loss }: EvaluationResult): Evaluation {
  const metricQ24 = Math.round(metric * 2 ** 24);
  const lossQ24 = Math.round(loss * 2 ** 24);
  if (samples < 1 || !Number.isFinite(metricQ24) || !Number.isFinite(lossQ24)) return notEvaluated;
  return {
    samples: Math.min(samples, 0xffff_ffff),
    metricQ24: cut(BigInt(metricQ24), -(1n << 63n), (1n << 63n) - 1n),
    lossQ24: cut(BigInt(lossQ24), 0n, (1n << 64n) - 1n),
  };
}

function cut(value: bigint, least: bigint, greatest: bigint): bigint {
  return value < least ? least : value > greatest ? greatest : value;
}
