import { FedledgerError } from "../../core/errors/error.ts";
import type { Address } from "../../core/ids.ts";
import { modeOf } from "../../core/modes/mode-of.ts";
import type { TaskView } from "../../core/record/task-view.ts";
import { checkInvitedTask, grantFor, type Invitation } from "../../core/words/invitation.ts";

/** Chain id of the local test chain, where a block is final at once. */
const localChainId = 31_337;

/**
 * Whether an account may be a participant of a task, as far as that is its own to know: in a masked task it has an
 * invitation with a grant for it, and waits for confirmations, but on the local test chain. With an invitation, in
 * every mode, the task is one that it names, with its rules.
 *
 * Throws INVITATION_NEEDED, INVITATION_MISMATCH, GRANT_MISSING, MASK_UNCONFIRMED.
 */
export function requireMaskedTask(about: {
  readonly view: Pick<TaskView, "taskId" | "rules" | "spec">;
  readonly account: Address;
  readonly chainId: number;
  /** Blocks on top of one that make it count; a name for what the chain itself calls settled. */
  readonly confirmations: number | "safe" | "finalized";
  readonly invitation: Invitation | undefined;
}): void {
  const { view, account, chainId, confirmations, invitation } = about;
  if (invitation !== undefined) checkInvitedTask(invitation, view);
  if (modeOf(view.rules).keys !== "each") return;
  if (invitation === undefined) throw new FedledgerError("INVITATION_NEEDED", { taskId: view.taskId });
  if (grantFor(invitation, account, "participant") === undefined) {
    throw new FedledgerError("GRANT_MISSING", { account, epoch: invitation.epoch });
  }
  if (confirmations === 0 && chainId !== localChainId) throw new FedledgerError("MASK_UNCONFIRMED");
}
