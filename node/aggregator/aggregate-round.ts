import { proveUpdate } from "../audit/proof/build-proof.ts";
import { checkRound, type RoundCheck } from "../audit/replay/check-round.ts";
import { bytesToLanes } from "../core/bytes/lanes.ts";
import { FedledgerError } from "../core/errors/error.ts";
import type { Address } from "../core/ids.ts";
import type { RoundView } from "../core/record/task-view.ts";
import { isSealed } from "../core/task/blob-length.ts";
import type { ModelSource } from "../rounds/blobs/model-source.ts";
import type { TaskLook } from "../rounds/blobs/task-look.ts";
import { isUpdateFault } from "../rounds/court/court-state.ts";
import type { RoundEvent } from "../rounds/state/round-state.ts";
import { includedBy } from "../rounds/steps/round-queries.ts";
import type { AggregatorAction, AggregatorEvent } from "./aggregator-state.ts";

/** What computing a round needs. */
export interface AggregateRoundDeps {
  readonly me: Address;
  readonly source: ModelSource;
}

/**
 * Computes the round's model from the updates that are not left out, one in memory at a time, stores it, and gives the
 * proposal. Updates that turn out to be unusable or gone are given as such instead, with the proof against their owner
 * where they break the rules; the machine then decides again. Rejects as ModelSource.baseOf and ModelSource.put do.
 */
export async function aggregateRound(
  { me, source }: AggregateRoundDeps,
  action: Extract<AggregatorAction, { kind: "aggregate" }>,
  look: TaskLook,
): Promise<readonly (AggregatorEvent | RoundEvent)[]> {
  const { round, attempt, excluded, subject, openings } = action;
  const { taskId, rules } = look.view;
  const check = await checkRound({
    taskId,
    rules,
    round: { ...roundWithout(round), commitments: includedBy(round, excluded) },
    openings,
    baseLanes: await source.baseOf(round.round, look),
    getUpdate: (commitment) => source.update(commitment, look),
    sealed: isSealed(look.view),
    signal: look.signal,
  });
  const { lanes, modelRoot, totalWeight } = check;
  const bad = check.updates.filter(({ status }) => status !== "valid");
  if (bad.length > 0) {
    const found: (AggregatorEvent | RoundEvent)[] = [];
    for (const one of bad) found.push(...(await factsOf(one, source, round, look)));
    return found;
  }
  if (lanes === undefined || modelRoot === undefined) {
    throw new FedledgerError("INVALID_ARGUMENT", {
      name: "excluded",
      value: excluded,
      expected: "at least one update",
    });
  }
  const contentId = await source.put(lanes, { round: round.round, purpose: "model", root: modelRoot }, look);
  const proposal = { attempt, aggregator: me, modelRoot, contentId, totalWeight, excluded };
  return [{ kind: "aggregated", result: { subject, proposal } }];
}

/** What is known of an update that is not valid. */
async function factsOf(
  { commitment, status }: RoundCheck["updates"][number],
  source: ModelSource,
  round: RoundView,
  look: TaskLook,
): Promise<readonly (AggregatorEvent | RoundEvent)[]> {
  if (status === "missing" || status === "sealed") return [{ kind: "update", commitment, fact: "gone" }];
  const unusable = { kind: "update", commitment, fact: "unusable" } as const;
  if (status !== "invalid") return [unusable];
  const { taskId, rules } = look.view;
  const lanes = bytesToLanes(await source.update(commitment, look));
  const fault = proveUpdate({ taskId, rules, round: roundWithout(round), commitment, lanes });
  return isUpdateFault(fault) ? [unusable, { kind: "fault", fault }] : [unusable];
}

/** The round without what was proposed before. */
function roundWithout({ proposal: _, ...round }: RoundView): RoundView {
  return round;
}
