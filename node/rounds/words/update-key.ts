import type { Commitment } from "../../core/records.ts";

/** What an update is named by. */
export type UpdateName = Pick<Commitment, "round" | "participant" | "updateRoot" | "contentId">;

/**
 * Names an update by everything that is checked of it; whose it is, too, for another may have committed to the same
 * root and bytes.
 */
export function updateKey({ round, participant, updateRoot, contentId }: UpdateName): string {
  return `${round}:${participant}:${updateRoot}:${contentId}`.toLowerCase();
}
