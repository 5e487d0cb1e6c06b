import type { Log, NodeSettings, TaskId } from "../../api/index.ts";
import { readInvitation } from "../../api/index.ts";
import { type Settings, settings } from "../../config/index.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import { accountSettings, readAccount, recordSettings } from "./session.ts";

/** Settings of a node, whatever its role. */
export const nodeSettings = [
  "nodeTasks",
  "invitation",
  ...recordSettings,
  ...accountSettings,
  "testSet",
  "dir",
  "listen",
  "announce",
  "gateway",
  "gatewayOrigin",
  "mdns",
  "ipfs",
  "exitWhenFinal",
] as const;

type Values = Settings<(typeof nodeSettings)[number]>;

/**
 * A node's settings as its options. Rejects with INVALID_INVITATION, NO_ACCOUNT, WRONG_PASSWORD, FILE_NOT_FOUND.
 */
export async function nodeOptionsOf(values: Values, log: Log): Promise<NodeSettings> {
  const { rpc, federation, confirmations, dir, listen, announce, gateway, gatewayOrigin, mdns, ipfs } = values;
  // what a node writes is its user's only; the stores of others' packages ask for no mode
  process.umask(0o077);
  const invitation = values.invitation === undefined ? undefined : await readInvitation(values.invitation);
  return {
    account: await readAccount({ ...values, rpc: rpc ?? invitation?.rpc }, log),
    invitation,
    endpoint: rpc,
    endpointsAgree: values.rpcAgree,
    pollIntervalMs: values.pollInterval === undefined ? undefined : values.pollInterval * 1_000,
    federation,
    confirmations,
    directory: dir,
    ...{ listen, announce, gateway, gatewayOrigin, mdns, ipfs },
    linger: !values.exitWhenFinal,
  };
}

/** A task that is worked on; without a number the invitation's only one, or the first. */
export interface NamedTask {
  readonly taskId: TaskId | undefined;
}

/** The tasks that were named. Throws INVALID_CONFIG for "all". */
export function namedTasks({ nodeTasks = [] }: Pick<Values, "nodeTasks">): readonly NamedTask[] {
  if (nodeTasks === "all") {
    const reason = "each task needs its data: name the tasks, as in --task 1,2";
    throw new FedledgerError("INVALID_CONFIG", { name: "--task", reason });
  }
  return nodeTasks.length === 0 ? [{ taskId: undefined }] : nodeTasks.map((taskId) => ({ taskId }));
}

/**
 * What a setting says of each of these tasks: of one task the text as it is; of several one text for all, or one each,
 * separated by commas. Throws INVALID_CONFIG for another number of texts.
 */
export function forEachTask(
  name: "data" | "statement" | "testSet",
  said: string | undefined,
  tasks: readonly NamedTask[],
): readonly (string | undefined)[] {
  const texts = said === undefined || tasks.length === 1 ? [said] : said.split(",").map((each) => each.trim());
  if (texts.length === 1) return tasks.map(() => texts[0]);
  if (texts.length === tasks.length && !texts.includes("")) return texts;
  const reason = `it names ${texts.length} for ${tasks.length} tasks: give one for all, or one for each, in the order of --task`;
  throw new FedledgerError("INVALID_CONFIG", { name: settings[name].flag, reason });
}
