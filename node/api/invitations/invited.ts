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
}

/** Options of which an invitation has said what nobody else did. */
export type Told<O extends Invited> = O & {
  readonly endpoint: string | readonly string[];
  readonly federation: string;
};

/**
 * The options with what the invitation says in the place of what nobody said: endpoints and federation. What was said,
 * and is another federation than the invitation's, is refused later, as the chain itself is. Throws INVALID_CONFIG
 * where there is no federation or endpoint.
 */
export function withInvitation<O extends Invited>(options: O): Told<O> {
  const { invitation } = options;
  return {
    ...options,
    endpoint: needed(options.endpoint ?? (invitation?.rpc.length === 0 ? undefined : invitation?.rpc), "endpoint"),
    federation: needed(options.federation ?? invitation?.federation, "federation"),
  };
}

function needed<V>(value: V | undefined, name: string): V {
  if (value !== undefined) return value;
  throw new FedledgerError("INVALID_CONFIG", { name, reason: "neither it nor an invitation is given" });
}

/** The task of an invitation that names one only. Throws INVALID_CONFIG where it names several, or none. */
export function onlyTask({ tasks }: Invitation): number {
  const [first, ...others] = tasks.map(({ taskId }) => taskId);
  if (first !== undefined && others.length === 0) return first;
  const reason = `the invitation is for ${first === undefined ? "no task" : `tasks ${[first, ...others].join(", ")}`}`;
  throw new FedledgerError("INVALID_CONFIG", { name: "--task", reason });
}
