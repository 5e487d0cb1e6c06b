import { FedledgerError } from "../../core/errors/error.ts";
import { type Invitation, parseInvitation } from "../../core/words/invitation.ts";
import { readFileText } from "../../system/index.ts";

/** The invitation in a file. Rejects with INVALID_INVITATION, FILE_NOT_FOUND, FILE_UNREADABLE. */
export async function readInvitation(path: string): Promise<Invitation> {
  return parseInvitation(await readFileText(path));
}

interface Invited {
  readonly invitation?: Invitation | undefined;
  readonly endpoint?: string | readonly string[] | undefined;
  readonly federation?: string | undefined;
  readonly taskId?: number | undefined;
}

/** Options of which an invitation has said what nobody else did. */
export type Told<O extends Invited> = O & {
  readonly endpoint: string | readonly string[];
  readonly federation: string;
  readonly taskId: number;
};

/**
 * The options with what the invitation says in the place of what nobody said: endpoints, federation, task. What was
 * said, and is another federation than the invitation's, is refused later, as the chain itself is. Throws
 * INVALID_CONFIG where there is no federation or endpoint, and where the invitation is for several tasks and none was
 * chosen.
 */
export function withInvitation<O extends Invited>(options: O): Told<O> {
  const { invitation } = options;
  return {
    ...options,
    endpoint: needed(options.endpoint ?? invitation?.rpc, "endpoint"),
    federation: needed(options.federation ?? invitation?.federation, "federation"),
    taskId: options.taskId ?? (invitation === undefined ? 1 : onlyTask(invitation)),
  };
}

function needed<V>(value: V | undefined, name: string): V {
  if (value !== undefined) return value;
  throw new FedledgerError("INVALID_CONFIG", { name, reason: "neither it nor an invitation is given" });
}

function onlyTask({ tasks }: Invitation): number {
  const [first, ...others] = tasks.map(({ taskId }) => taskId);
  if (first !== undefined && others.length === 0) return first;
  const reason = `the invitation is for ${first === undefined ? "no task" : `tasks ${[first, ...others].join(", ")}`}`;
  throw new FedledgerError("INVALID_CONFIG", { name: "--task", reason });
}
