import { existsSync } from "node:fs";
import { join } from "node:path";
import { hexEquals } from "../../core/bytes/hex.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { TaskId } from "../../core/ids.ts";
import {
  checkInvitation,
  checkSuccession,
  formatInvitation,
  type Invitation,
  parseInvitation,
} from "../../core/words/invitation.ts";
import type { ChainReader } from "../../ports/index.ts";
import { readFileText, writeFileAtomic } from "../../system/index.ts";
import { onlyTask } from "./invited.ts";

/** What a node is told before it starts. */
interface Asked {
  readonly invitation?: Invitation | undefined;
  readonly taskId?: TaskId | undefined;
}

/**
 * The invitation that a node works by, and the task: the one given, else the one that its folder keeps, where that one
 * names the task. It is held against the chain that the node follows, against the codes that are deployed there, and,
 * where it is given, against the one that is kept. Rejects with INVITATION_MISMATCH, INVALID_INVITATION,
 * INVITATION_NOT_CONTINUED, INVALID_CONFIG, and as files and endpoints do.
 *
 * @param node.directory the node's folder
 */
export async function heldInvitation(
  asked: Asked,
  node: {
    readonly chain: ChainReader;
    readonly directory: string;
  },
): Promise<{ readonly taskId: TaskId; readonly invitation?: Invitation }> {
  const { chain, directory } = node;
  const path = pathIn(directory);
  const kept = existsSync(path) ? parseInvitation(await readFileText(path)) : undefined;
  const invitation = asked.invitation ?? kept;
  const taskId = asked.taskId ?? (invitation === undefined ? 1 : onlyTask(invitation));
  if (invitation === undefined) return { taskId };
  // the admin says nothing of a task that was begun later
  if (asked.invitation === undefined && !invitation.tasks.some((task) => task.taskId === taskId)) return { taskId };
  checkInvitation(invitation, chain);
  const { hashes } = await chain.codes();
  for (const [name, actual] of Object.entries(hashes)) {
    const expected = invitation.codeHashes[name];
    if (expected !== undefined && hexEquals(expected, actual)) continue;
    throw new FedledgerError("INVITATION_MISMATCH", { name: `code of ${name}`, expected: expected ?? "none", actual });
  }
  if (kept !== undefined && asked.invitation !== undefined) checkSuccession(kept, asked.invitation, path);
  return { taskId, invitation };
}

/**
 * Keeps an invitation in a node's folder: to be called once all of it is checked, for only what continues it is taken
 * from then on. Rejects with FILE_UNWRITABLE.
 */
export async function keepInvitation(invitation: Invitation, directory: string): Promise<void> {
  await writeFileAtomic(pathIn(directory), formatInvitation(invitation), { replace: true });
}

function pathIn(directory: string): string {
  return join(directory, "invitation.json");
}
