import { checkRound } from "../audit/check-round.ts";
import { FedledgerError } from "../core/error.ts";
import { lanesToBytes } from "../core/lanes.ts";
import type { BlobStore } from "../ports/storage.ts";
import type { Log } from "../ports/system.ts";
import type { ModelSource, TaskLook } from "../rounds/model-source.ts";
import type { Progress } from "../rounds/progress.ts";
import type { ProposedRound } from "./participant-machine.ts";

/** What verifying a proposal needs. */
export interface VerifyProposalDeps {
  readonly store: BlobStore;
  readonly source: ModelSource;
  readonly log: Log;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/**
 * Gets all inputs of the round, recomputes its model and compares: true when root and content id are exactly the
 * proposal's; the model's blob is then in the store. False is final: the proposal is wrong, or leaves out what can be had.
 * Rejects with BLOB_NOT_FOUND while an input that the proposal counts cannot be had: to be tried again.
 */
export async function verifyProposal(
  { store, source, log, onProgress }: VerifyProposalDeps,
  round: ProposedRound,
  look: TaskLook,
): Promise<boolean> {
  const { view, signal } = look;
  const check = await checkRound({
    taskId: view.taskId,
    rules: view.rules,
    round,
    baseLanes: await source.baseOf(round.round, look),
    getUpdate: (commitment) => source.update(commitment, look),
    getModel: ({ contentId, aggregator }) => source.model(contentId, look, aggregator),
    signal,
  });
  if (check.agrees && check.lanes !== undefined) {
    await store.put(lanesToBytes(check.lanes), { signal });
    return true;
  }
  const missing = check.updates.filter(
    ({ excluded, status }) => !excluded && (status === "missing" || status === "differs"),
  );
  if (missing.length > 0) {
    throw new FedledgerError("BLOB_NOT_FOUND", { contentId: missing[0]!.commitment.contentId, providers: "its" });
  }
  const findings = check.findings.map(({ code }) => code);
  for (const { code, severity, message, party, chunk } of check.findings) {
    const level = severity === "violation" ? "error" : "warn";
    log[level]("The proposal is not what the round's updates give: it is not attested", {
      round: round.round,
      finding: code,
      party,
      chunk,
      message,
    });
  }
  onProgress?.({ kind: "disputed", round: round.round, findings });
  return false;
}
