import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { getAddress, Interface, isAddress } from "ethers";
import { FedledgerError, isFedledgerError } from "../../core/errors/error.ts";
import type { Address, Bytes32, Hex } from "../../core/ids.ts";
import type { Log } from "../../ports/index.ts";
import type { Signer } from "../accounts/signer.ts";
import { createSigningProvider } from "../accounts/signing-provider.ts";
import { createJsonRpc, type JsonRpc } from "../rpc/json-rpc.ts";
import { createLogReader } from "../rpc/log-ranges.ts";
import { classifySendRefusal } from "../rpc/send-errors.ts";
import { requireFitChain } from "./chain-fitness.ts";
import {
  type ContractArtifact,
  type DeployedContract,
  loadContractArtifact,
  packageFolder,
  topicOf,
} from "./contract-abi.ts";
import { checkFederation, findStartBlock } from "./federation-lookup.ts";

/** What to deploy, and where. */
export interface DeployOptions {
  readonly urls: readonly string[];
  /** Pays. */
  readonly signer: Signer;
  /** Who grants and revokes roles; default the signer. */
  readonly admin?: string;
  /**
   * Folder for Ignition's journal: a deployment that was interrupted goes on, one that was done is not repeated.
   * Without it nothing is kept.
   */
  readonly deploymentDir?: string;
  /** Blocks on top of the deployment to wait for; default 1. */
  readonly confirmations?: number;
  readonly onProgress?: (step: DeployStep) => void;
  readonly log: Log;
}

/** Where a deployment is. */
export type DeployStep =
  | {
      /** The chain has not what only some tasks need, in words. */
      readonly step: "lacks";
      readonly reason: string;
    }
  | { readonly step: "sent"; readonly transactionHash: Hex }
  | { readonly step: "already-deployed" | "deployed"; readonly address: Address };

/** A federation on a chain. */
export interface DeployedFederation {
  readonly chainId: number;
  readonly address: Address;
  readonly admin: Address;
  readonly transactionHash: Bytes32;
  readonly blockNumber: number;
  /**
   * Gas of the federation's own transaction; the codes of its court and of the proofs, which any number of federations
   * could use, come before it.
   */
  readonly gasUsed: number;
  /** Whether the folder's journal had it already and nothing was sent. */
  readonly alreadyDeployed: boolean;
}

/**
 * Deploys a federation by Hardhat Ignition: the module of ignition/modules/Federation.ts, with its identifiers, so that
 * the folder can be used by `hardhat ignition` too.
 * What it needs of the chain is asked before the first transaction. Rejects with NOT_BUILT, INVALID_CONFIG,
 * RPC_UNREACHABLE, CHAIN_MISMATCH, INSUFFICIENT_FUNDS, CHAIN_UNSUITABLE, DEPLOYMENT_FAILED.
 */
export async function deployFederation(options: DeployOptions): Promise<DeployedFederation> {
  const { urls, signer, admin = signer.address, deploymentDir, confirmations = 1, onProgress, log } = options;
  if (!isAddress(admin)) throw new FedledgerError("INVALID_CONFIG", { name: "admin", reason: "expected an account" });
  const artifacts = {
    Federation: await loadContractArtifact("Federation"),
    Court: await loadContractArtifact("Court"),
    Proofs: await loadContractArtifact("Proofs"),
  };
  const rpc = await createJsonRpc({ urls, log });
  if (BigInt(await rpc.request<Hex>("eth_getBalance", [signer.address, "latest"])) === 0n) {
    throw new FedledgerError("INSUFFICIENT_FUNDS", {
      account: signer.address,
      purpose: "the deployment: it has no ether",
    });
  }
  for (const reason of await requireFitChain(rpc, signer.address as Address)) onProgress?.({ step: "lacks", reason });
  let sent = 0;
  const provider = createSigningProvider(rpc, signer, (transactionHash) => {
    sent++;
    onProgress?.({ step: "sent", transactionHash });
  });
  const address = await runIgnition(artifacts, provider, {
    account: signer.address,
    admin: getAddress(admin),
    confirmations,
    ...(deploymentDir !== undefined && { deploymentDir }),
  });
  const contract = new Interface(artifacts.Federation.abi);
  await checkFederation(rpc, contract, address).catch((error: unknown) => {
    if (!isFedledgerError(error, "NO_CODE") && !isFedledgerError(error, "NO_FEDERATION")) throw error;
    const isKept = deploymentDir !== undefined && sent === 0;
    const reason = isKept
      ? `${address} of an earlier deployment is not on this chain; use another folder for a new chain`
      : `what was deployed at ${address} does not answer as a federation`;
    const next = isKept
      ? `Choose another folder than ${deploymentDir}, or remove it`
      : "Ask another endpoint with --rpc";
    throw new FedledgerError("DEPLOYMENT_FAILED", { reason, next }, error);
  });
  onProgress?.({ step: sent > 0 ? "deployed" : "already-deployed", address });
  const origin = await originOf(rpc, contract, address);
  return { chainId: rpc.chainId, address, ...origin, alreadyDeployed: sent === 0 };
}

async function runIgnition(
  artifacts: Readonly<Record<DeployedContract, ContractArtifact>>,
  provider: ReturnType<typeof createSigningProvider>,
  options: { account: string; admin: string; confirmations: number; deploymentDir?: string },
): Promise<Address> {
  const next =
    options.deploymentDir === undefined
      ? "Nothing is kept of it: give a folder with --dir, and an interrupted deployment can go on"
      : `What was done is kept in ${options.deploymentDir}: run it again to go on`;
  const failed = (reason: string, cause?: unknown) =>
    classifySendRefusal({ code: 0, message: reason }) === "no-funds"
      ? new FedledgerError("INSUFFICIENT_FUNDS", { account: options.account, purpose: "the deployment" }, cause)
      : new FedledgerError("DEPLOYMENT_FAILED", { reason, next }, cause);
  // Ignition takes a while to load, and only a deployment needs it.
  const { buildModule, deploy, DeploymentResultType } = await import("@nomicfoundation/ignition-core");
  const ignitionModule = buildModule("Federation", (m) => {
    const [court, proofs] = [m.contract("Court"), m.contract("Proofs")];
    const federation = m.contract("Federation", [m.getParameter("admin", m.getAccount(0)), court, proofs]);
    return { federation, court, proofs };
  });
  const artifactOf = (name: string) => artifacts[name as keyof typeof artifacts];
  const result = await deploy({
    ignitionModule,
    provider,
    artifactResolver: {
      loadArtifact: async (name) => artifactOf(name),
      getBuildInfo: (name) => readBuildInfo(artifactOf(name).buildInfoId),
    },
    deploymentParameters: { Federation: { admin: options.admin } },
    accounts: [options.account],
    config: { requiredConfirmations: options.confirmations, blockPollingInterval: 200 },
    ...(options.deploymentDir !== undefined && { deploymentDir: options.deploymentDir }),
  }).catch((error: unknown) => {
    const { message } = error as Error;
    const outage = isFedledgerError(error) && classifySendRefusal({ code: 0, message }) !== "no-funds";
    throw outage ? error : failed(message, error);
  });
  if (result.type === DeploymentResultType.SUCCESSFUL_DEPLOYMENT) {
    const deployed = result.contracts["Federation#Federation"];
    if (deployed === undefined) throw failed("the deployment names no federation");
    return getAddress(deployed.address) as Address;
  }
  if (result.type === DeploymentResultType.EXECUTION_ERROR) {
    const reasons = result.failed.map(({ error }) => error);
    throw failed(reasons[0] ?? "the transaction was not mined in time");
  }
  throw failed(Object.values(result.errors).flat()[0] ?? result.type);
}

/**
 * The compiler's input and output, which Ignition keeps for verifying sources later; absent in the published package.
 */
async function readBuildInfo(id: string | undefined) {
  const path = join(packageFolder(), "artifacts", "build-info", `${id}.json`);
  const text = await readFile(path, "utf8").catch(() => undefined);
  return text === undefined ? undefined : JSON.parse(text);
}

/** The transaction that made the federation: that of its first event, the admin's role. */
async function originOf(rpc: JsonRpc, contract: Interface, address: Address) {
  const latest = Number(await rpc.request<Hex>("eth_blockNumber", []));
  const granted = topicOf(contract, "RoleGranted");
  const from = await findStartBlock(rpc, address);
  const [first] = await createLogReader(rpc)({ address, topics: [granted] }, from, latest);
  const parsed = first && contract.parseLog(first);
  if (!parsed) throw new FedledgerError("NO_FEDERATION", { address, chainId: rpc.chainId });
  const admin = getAddress(parsed.args.account) as Address;
  const { gasUsed } = await rpc.request<{ gasUsed: Hex }>("eth_getTransactionReceipt", [first.transactionHash]);
  return {
    admin,
    transactionHash: first.transactionHash,
    blockNumber: Number(first.blockNumber),
    gasUsed: Number(gasUsed),
  };
}
