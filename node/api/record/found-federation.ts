import { createSigner, type DeployedFederation, type DeployStep, deployFederation } from "../../chain/index.ts";
import type { Account } from "./account.ts";
import { type EndpointOptions, logOf, openFederationAs, urlsOf } from "./open-federation.ts";

/** What is deployed where, and by whom. */
export interface FoundOptions extends EndpointOptions {
  /** Pays, and becomes admin and task creator. */
  readonly account: Account;
  /** Folder for the deployment's journal: one that was interrupted goes on, one that was done is not repeated. */
  readonly directory?: string | undefined;
  readonly onProgress?: ((step: DeployStep) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Deploys a federation's contracts, and makes the account its task creator, too. Rejects with RPC_UNREACHABLE,
 * INSUFFICIENT_FUNDS, DEPLOYMENT_FAILED, CHAIN_MISMATCH, NOT_BUILT.
 */
export async function foundFederation(options: FoundOptions): Promise<DeployedFederation> {
  const { account, directory, onProgress, signal } = options;
  const deployed = await deployFederation({
    urls: urlsOf(options),
    signer: createSigner(account.privateKey),
    log: logOf(options),
    ...(onProgress && { onProgress }),
    ...(directory !== undefined && { deploymentDir: directory }),
  });
  const chain = await openFederationAs({ ...options, federation: deployed.address, confirmations: 0 });
  const self = (await chain.members()).find((member) => member.account === chain.account);
  if (!self?.roles.includes("task-creator")) {
    const call = { kind: "grantRole", role: "task-creator", account: chain.account } as const;
    await chain.send(call, signal === undefined ? {} : { signal });
  }
  return deployed;
}
