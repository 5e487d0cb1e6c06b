import type { Bytes32, TaskId } from "../../core/ids.ts";
import type { RoundView } from "../../core/record/task-view.ts";
import type { Journal } from "../../ports/system.ts";
import type { TrainedUpdate } from "../state/trained-update.ts";

/**
 * The update of this round and base model that an earlier run of this process trained; undefined where there is none.
 * A record that cannot be read counts as none: the round is then trained again.
 */
export async function readUpdate(
  journal: Journal,
  taskId: TaskId,
  round: Pick<RoundView, "round" | "baseModelRoot">,
): Promise<TrainedUpdate | undefined> {
  const bytes = await journal.get(keyOf(taskId, round));
  if (bytes === undefined) return undefined;
  try {
    const record = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
    const { updateRoot, contentId, weight, sharesId } = record;
    if (sharesId !== undefined && !isBytes32(sharesId)) return undefined;
    if (!isBytes32(updateRoot) || !isBytes32(contentId) || !Number.isSafeInteger(weight)) return undefined;
    return {
      round: round.round,
      baseModelRoot: round.baseModelRoot,
      updateRoot,
      contentId,
      weight: weight as number,
      ...(sharesId !== undefined && { sharesId }),
    };
  } catch {
    return undefined;
  }
}

/**
 * Writes the update down. When it resolves, no restart will train this round from this base again, or commit another
 * update.
 */
export async function writeUpdate(journal: Journal, taskId: TaskId, update: TrainedUpdate): Promise<void> {
  const { updateRoot, contentId, weight, sharesId } = update;
  const record = JSON.stringify({ updateRoot, contentId, weight, sharesId });
  await journal.put(keyOf(taskId, update), new TextEncoder().encode(record));
}

function keyOf(taskId: TaskId, { round, baseModelRoot }: Pick<RoundView, "round" | "baseModelRoot">): string {
  return `update/${taskId}/${round}/${baseModelRoot.toLowerCase()}`;
}

function isBytes32(value: unknown): value is Bytes32 {
  return typeof value === "string" && /^0x[0-9a-f]{64}$/.test(value);
}
