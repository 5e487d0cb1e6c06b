import { FedledgerError } from "../../core/errors/error.ts";
import { type Invitation, parseInvitation } from "../../core/words/invitation.ts";
import { readFileText } from "../../system/index.ts";
import type { Settings } from "../options/options.ts";

type Invited = Partial<Settings<"invitation" | "rpc" | "federation" | "task">>;

/**
 * The settings with what an invitation says in the place of what nobody said: endpoints, federation, task. What was
 * said, and is another federation than the invitation's, is refused later, as the chain itself is. Rejects with
 * INVALID_INVITATION, FILE_NOT_FOUND, and with INVALID_CONFIG where the invitation is for several tasks and none was
 * chosen.
 */
export async function withInvitation<V extends Invited>(
  values: V,
): Promise<{ readonly values: V; readonly invitation: Invitation | undefined }> {
  if (values.invitation === undefined) return { values, invitation: undefined };
  const invitation = parseInvitation(await readFileText(values.invitation));
  const { rpc, federation, task } = values;
  return {
    invitation,
    values: {
      ...values,
      rpc: rpc ?? invitation.rpc,
      federation: federation ?? invitation.federation,
      task: task ?? onlyTask(invitation),
    },
  };
}

function onlyTask({ tasks }: Invitation): number {
  const [first, ...others] = tasks.map(({ taskId }) => taskId);
  if (first !== undefined && others.length === 0) return first;
  const reason = `the invitation is for ${first === undefined ? "no task" : `tasks ${[first, ...others].join(", ")}`}`;
  throw new FedledgerError("INVALID_CONFIG", { name: "--task", reason });
}
