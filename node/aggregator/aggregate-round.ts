import { checkRound } from "../audit/check-round.ts";
import { isSealed } from "../core/blob-length.ts";
import { FedledgerError } from "../core/error.ts";
import type { Address } from "../core/ids.ts";
import type { RoundView } from "../core/task-view.ts";
import type { ModelSource, TaskLook } from "../rounds/model-source.ts";
import { includedBy } from "../rounds/round-queries.ts";
import type { AggregatorAction, AggregatorEvent } from "./aggregator-machine.ts";

/** What computing a round needs. */
export interface AggregateRoundDeps {
  readonly me: Address;
  readonly source: ModelSource;
}

/**
 * Computes the round's model from the updates that are not left out, one in memory at a time, stores it, and gives the
 * proposal. Updates that turn out to be unusable or gone are given as such instead; the machine then decides again.
 * Rejects as ModelSource.baseOf and ModelSource.put do.
 */
export async function aggregateRound(
  { me, source }: AggregateRoundDeps,
  action: Extract<AggregatorAction, { kind: "aggregate" }>,
  look: TaskLook,
): Promise<readonly AggregatorEvent[]> {
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
    return bad.map(({ commitment, status }) => ({
      kind: "update",
      commitment,
      fact: status === "missing" || status === "sealed" ? "gone" : "unusable",
    }));
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
  return [{ kind: "aggregated", subject, proposal }];
}

/** The round without what was proposed before. */
function roundWithout({ proposal: _, ...round }: RoundView): Omit<RoundView, "proposal"> {
  return round;
}
