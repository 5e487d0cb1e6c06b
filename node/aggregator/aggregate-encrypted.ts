import { checkRound } from "../audit/replay/check-round.ts";
import type { Address, Bytes32 } from "../core/ids.ts";
import { quorumOf } from "../core/record/quorum.ts";
import { isSealed } from "../core/task/blob-length.ts";
import type { BlobStore } from "../ports/storage.ts";
import type { TaskLook } from "../rounds/blobs/task-look.ts";
import { excludeAtS } from "../rounds/court/exclusion-times.ts";
import type { Progress } from "../rounds/progress/progress.ts";
import type { AggregatorAction, AggregatorEvent } from "./aggregator-state.ts";
import { type AskModelDeps, askModels, namedModel } from "./ask-model.ts";

/** The sum of one round, so that asking again does not add again. */
export interface SumMemory {
  latest?: { readonly subject: string; readonly sumId: Bytes32; readonly totalWeight: bigint };
}

/** What computing an encrypted round needs. */
export interface AggregateEncryptedDeps extends AskModelDeps {
  readonly me: Address;
  readonly store: BlobStore;
  readonly memory: SumMemory;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/**
 * Adds the round's ciphertexts, stores the sum, and asks those who hold the key what it opens to. Gives the proposal
 * when as many as make a quorum name the same model; from half of its time on, when anybody names one. An empty list:
 * nobody has named enough yet, to be asked again. Updates that are unusable or gone are given as such. Rejects as
 * ModelSource.baseOf and BlobStore.put do.
 */
export async function aggregateEncrypted(
  deps: AggregateEncryptedDeps,
  action: Extract<AggregatorAction, { kind: "aggregate" }>,
  look: TaskLook & { readonly nowS: number },
): Promise<readonly AggregatorEvent[]> {
  const { me, store, memory, onProgress } = deps;
  const { round, attempt, subject } = action;
  const { taskId, rules } = look.view;
  if (memory.latest?.subject !== subject) {
    const { proposal: _, ...inputs } = round;
    const check = await checkRound({
      taskId,
      rules,
      round: inputs,
      baseLanes: undefined,
      getUpdate: (commitment) => deps.source.update(commitment, look),
      sealed: isSealed(look.view),
      signal: look.signal,
    });
    const bad = check.updates.filter(({ status }) => status !== "valid");
    if (bad.length > 0 || check.sum === undefined) {
      return bad.map(({ commitment, status }) => ({
        kind: "update",
        commitment,
        fact: status === "missing" || status === "sealed" ? "gone" : "unusable",
      }));
    }
    const sumId = await store.put(check.sum.bytes, { signal: look.signal });
    memory.latest = { subject, sumId, totalWeight: check.totalWeight };
    onProgress?.({ kind: "sum-computed", round: round.round, updates: check.included.length });
  }
  const { sumId, totalWeight } = memory.latest;
  const named = await askModels(deps, round, sumId, look);
  const isTimeUp = look.nowS >= excludeAtS(round, rules);
  for (const model of named) {
    if (model.by.length < quorumOf(round, rules) && !isTimeUp) continue;
    const lanes = await namedModel(deps, round, model, look);
    if (lanes === undefined) continue;
    const { modelRoot } = model;
    const contentId = await deps.source.put(lanes, { round: round.round, purpose: "model", root: modelRoot }, look);
    const proposal = { attempt, aggregator: me, modelRoot, contentId, totalWeight, excluded: 0n };
    return [{ kind: "aggregated", result: { subject, proposal, openings: sumId } }];
  }
  return [];
}
