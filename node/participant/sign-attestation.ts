import { decodeLanes } from "../core/bytes/fixed-point.ts";
import { bytesToLanes } from "../core/bytes/lanes.ts";
import type { Attestation } from "../core/records.ts";
import { modelPart } from "../core/task/task-lanes.ts";
import { parseTaskSpecJson } from "../core/task/task-spec.ts";
import type { Chain } from "../ports/chain.ts";
import type { Log } from "../ports/system.ts";
import type { Trainer } from "../ports/trainer.ts";
import { reasonOf } from "../rounds/actions/action-runner.ts";
import type { ModelSource } from "../rounds/blobs/model-source.ts";
import type { ProposedRound } from "../rounds/blobs/proposed-round.ts";
import type { TaskLook } from "../rounds/blobs/task-look.ts";
import type { Progress } from "../rounds/progress/progress.ts";

/** What signing needs. */
export interface SignAttestationDeps {
  readonly chain: Chain;
  readonly source: ModelSource;
  readonly trainer: Trainer;
  readonly log: Log;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/**
 * Signs that the proposal was recomputed, and shows this node's owner, and nobody else, how the model does on the
 * held-out part. A failed evaluation does not hold the attestation back. Rejects as the chain does, and with the
 * signal's reason.
 */
export async function signAttestation(
  deps: SignAttestationDeps,
  round: ProposedRound,
  look: TaskLook,
): Promise<Attestation> {
  const { chain, onProgress } = deps;
  const { taskId } = look.view;
  const { hash: proposalHash } = round.proposal;
  const signature = await chain.signAttestation(taskId, round.round, proposalHash);
  const own = await heldOut(deps, round, look);
  onProgress?.({ kind: "attested", round: round.round, ...(own && own.samples > 0 && { own }) });
  return { taskId, round: round.round, proposalHash, attester: chain.account, signature };
}

/** The model's figures on this node's held-out part; undefined where it cannot be evaluated. */
async function heldOut({ source, trainer, log }: SignAttestationDeps, round: ProposedRound, look: TaskLook) {
  const { rules } = look.view;
  try {
    const spec = parseTaskSpecJson(look.view.spec);
    const lanes = bytesToLanes(await source.model(round, look));
    const parameters = decodeLanes(modelPart(lanes, spec), rules.fractionBits);
    const { samples, metric, loss } = await trainer.evaluate(parameters, { signal: look.signal });
    return { samples, metric, loss };
  } catch (error) {
    look.signal.throwIfAborted();
    log.warn("The proposed model could not be evaluated", reasonOf(error));
    return undefined;
  }
}
