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

/** The invitation that a node works by: the one given, else the one that its folder keeps. */
export interface HeldInvitation {
  /** The task to work on where nobody names one. Throws INVALID_CONFIG where the invitation names several. */
  defaultTask(): TaskId;
  /**
   * The invitation of a task, held against the chain that the node follows, against the codes that are deployed there,
   * and, where it was given, against the one that is kept. Undefined where there is none, or where it does not name the
   * task, and was kept or is asked of any task: the admin says nothing of a task that was begun later.
   *
   * Rejects with INVITATION_MISMATCH, INVITATION_NOT_CONTINUED, and as files and endpoints do.
   *
   * @param isNamed whether the task was asked for by its number
   */
  of(taskId: TaskId, isNamed: boolean): Promise<Invitation | undefined>;
  /** The invitation, held against chain, codes and the kept one as above, whatever task is meant. */
  checked(): Promise<Invitation | undefined>;
}

/**
 * The invitation that a node works by. Rejects with INVALID_INVITATION, FILE_UNREADABLE.
 *
 * @param node.directory the node's folder
 */
export async function heldInvitation(
  given: Invitation | undefined,
  node: {
    readonly chain: ChainReader;
    readonly directory: string;
  },
): Promise<HeldInvitation> {
  const path = pathIn(node.directory);
  const kept = existsSync(path) ? parseInvitation(await readFileText(path)) : undefined;
  const invitation = given ?? kept;
  const check = async (): Promise<Invitation | undefined> => {
    if (invitation === undefined) return undefined;
    await checkDeployed(invitation, node.chain);
    if (kept !== undefined && given !== undefined) checkSuccession(kept, given, path);
    return invitation;
  };
  return {
    defaultTask: () => (invitation === undefined ? 1 : onlyTask(invitation)),
    async of(taskId, isNamed) {
      const names = invitation?.tasks.some((task) => task.taskId === taskId) === true;
      return names || (isNamed && given !== undefined) ? await check() : undefined;
    },
    checked: check,
  };
}

async function checkDeployed(invitation: Invitation, chain: ChainReader): Promise<void> {
  checkInvitation(invitation, chain);
  const { hashes } = await chain.codes();
  for (const [name, actual] of Object.entries(hashes)) {
    const expected = invitation.codeHashes[name];
    if (expected !== undefined && hexEquals(expected, actual)) continue;
    throw new FedledgerError("INVITATION_MISMATCH", { name: `code of ${name}`, expected: expected ?? "none", actual });
  }
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
