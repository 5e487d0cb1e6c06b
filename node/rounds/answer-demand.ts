import { type AnswerCall, demandAnswer } from "../audit/demand-answer.ts";
import { bytesToLanes } from "../core/lanes.ts";
import type { AnswerAction } from "./answer-turn.ts";
import type { ModelSource, TaskLook } from "./model-source.ts";

/**
 * The answer to a demand, from the bytes that this node has or gets; undefined where the bytes under the content id are not those of
 * the root, so that nobody can answer from them. Rejects as BlobStore.get does.
 */
export async function answerTo(
  source: Pick<ModelSource, "update" | "model">,
  { round, demand: { demand } }: Pick<AnswerAction, "round" | "demand">,
  look: TaskLook,
): Promise<AnswerCall | undefined> {
  if (demand.kind === "model-nodes") {
    return demandAnswer(demand, bytesToLanes(await source.model(round, look)));
  }
  const commitment = round.commitments.find(({ slot }) => slot === demand.place);
  if (commitment === undefined) return undefined;
  return demandAnswer(demand, bytesToLanes(await source.update(commitment, look)), commitment.participant);
}
