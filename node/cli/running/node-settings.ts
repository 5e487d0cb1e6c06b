import type { Log, NodeOptions } from "../../api/index.ts";
import { readInvitation } from "../../api/index.ts";
import type { Settings } from "../../config/index.ts";
import { accountSettings, readAccount, recordSettings } from "./session.ts";

/** Settings of a node, whatever its role. */
export const nodeSettings = [
  "task",
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

/**
 * A node's settings as its options. Rejects with INVALID_INVITATION, NO_ACCOUNT, WRONG_PASSWORD, FILE_NOT_FOUND.
 */
export async function nodeOptionsOf(values: Settings<(typeof nodeSettings)[number]>, log: Log): Promise<NodeOptions> {
  const { rpc, federation, task, confirmations, dir, testSet, listen, announce, gateway, gatewayOrigin, mdns, ipfs } =
    values;
  const invitation = values.invitation === undefined ? undefined : await readInvitation(values.invitation);
  return {
    account: await readAccount({ ...values, rpc: rpc ?? invitation?.rpc }, log),
    invitation,
    endpoint: rpc,
    endpointsAgree: values.rpcAgree,
    pollIntervalMs: values.pollInterval === undefined ? undefined : values.pollInterval * 1_000,
    federation,
    taskId: task,
    confirmations,
    directory: dir,
    ...{ testSet, listen, announce, gateway, gatewayOrigin, mdns, ipfs },
    linger: !values.exitWhenFinal,
  };
}
