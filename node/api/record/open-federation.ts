import {
  type ChainReaderOptions,
  createChain,
  createChainReader,
  createSigner,
  type Finality,
  probeChain,
} from "../../chain/index.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { Chain, ChainReader, Log } from "../../ports/index.ts";
import { createClock } from "../../system/index.ts";
import { createLog } from "../../telemetry/index.ts";
import type { Account } from "./account.ts";

/** Where an Ethereum chain is reached. */
export interface EndpointOptions {
  /** Ethereum JSON-RPC endpoint; several take over from each other. */
  readonly endpoint: string | readonly string[];
  /** How many of the endpoints must say the same of the record; default 1: they only take over from each other. */
  readonly endpointsAgree?: number | undefined;
  /** Default: nothing is said. */
  readonly log?: Log | undefined;
}

/** From when on an event counts. */
export interface FinalityOptions extends EndpointOptions {
  /**
   * Blocks on top of it, or the chain's own mark; default 0 on the local test chain, and "safe" on others.
   */
  readonly confirmations?: number | "safe" | "finalized" | undefined;
}

/** Which federation, and where its chain is reached. */
export interface FederationOptions extends FinalityOptions {
  /** Address of the federation's contract. */
  readonly federation: string;
  /** How often the head is looked at, milliseconds; default in the rhythm of the chain's own blocks. */
  readonly pollIntervalMs?: number | undefined;
}

/** The chain of the embedded test node, whose accounts' keys are public and whose blocks nobody undoes. */
const testChainId = 31337;

/** Whether this is the local test chain, whose accounts' keys everybody has. */
export function isTestChain(chainId: number): boolean {
  return chainId === testChainId;
}

/**
 * Resolves where a test account may be used, whose key everybody has: behind endpoints of the local test chain, each of
 * which is on this machine or says that it is a test client. Rejects with TEST_ACCOUNT_REFUSED, RPC_UNREACHABLE.
 */
export async function requireTestChain(options: EndpointOptions): Promise<void> {
  const urls = urlsOf(options);
  const refused = (url: string, reason: string) => new FedledgerError("TEST_ACCOUNT_REFUSED", { url, reason });
  for (const url of urls) {
    const { chainId, client, isHere } = await probeChain({ urls: [url], log: logOf(options) });
    const { origin } = new URL(url);
    if (!isTestChain(chainId)) throw refused(origin, `it is on chain ${chainId}, not ${testChainId}`);
    if (!isHere && !/hardhat|anvil/i.test(await client())) {
      throw refused(origin, "it is on another machine, and no test client");
    }
  }
}

/** Endpoints as a list. */
export function urlsOf({ endpoint }: Pick<EndpointOptions, "endpoint">): readonly string[] {
  return typeof endpoint === "string" ? [endpoint] : endpoint;
}

/** Where and how a chain is asked, as its adapter wants it. */
function chainOf(options: EndpointOptions): { urls: readonly string[]; agree: number | undefined; log: Log } {
  return { urls: urlsOf(options), agree: options.endpointsAgree, log: logOf(options) };
}

/** The log of the options, or one that says nothing. */
export function logOf({ log }: Pick<EndpointOptions, "log">): Log {
  return log ?? createLog({ level: "silent" });
}

/**
 * From when on an event counts: as said, else at once on the local test chain, and where the chain calls it safe on
 * others. Rejects with CONFIRMATIONS_NEEDED where it calls nothing so, RPC_UNREACHABLE.
 */
export async function finalityOf(options: FinalityOptions): Promise<Finality> {
  const { confirmations } = options;
  if (confirmations !== undefined) return typeof confirmations === "number" ? { confirmations } : confirmations;
  const { chainId, hasSafe } = await probeChain(chainOf(options));
  if (isTestChain(chainId)) return { confirmations: 0 };
  if (!hasSafe) throw new FedledgerError("CONFIRMATIONS_NEEDED", { chainId });
  return "safe";
}

/** What the chain adds to a task's rules. */
export interface ChainSide {
  /** The local test chain, where nothing is at stake. */
  readonly isTest: boolean;
  /** How far an event that counts is behind the newest block, seconds. */
  readonly lagS: number;
}

/** What the chain behind an endpoint adds to a task's rules. Rejects with CONFIRMATIONS_NEEDED, RPC_UNREACHABLE. */
export async function chainSideOf(options: FinalityOptions): Promise<ChainSide> {
  const { chainId, lagS } = await probeChain(chainOf(options));
  const isTest = isTestChain(chainId);
  return { isTest, lagS: isTest ? 0 : await lagS(await finalityOf(options)) };
}

/**
 * A federation's record, to read. Rejects with NO_FEDERATION, RPC_UNREACHABLE, CHAIN_MISMATCH where endpoints are of
 * different chains, CONFIRMATIONS_NEEDED.
 */
export async function openFederation(options: FederationOptions): Promise<ChainReader> {
  return createChainReader(await readerOptions(options));
}

/** A federation's record, to read and write as an account. Rejects as {@link openFederation} does. */
export async function openFederationAs(options: FederationOptions & { readonly account: Account }): Promise<Chain> {
  const signer = createSigner(options.account.privateKey);
  return createChain({ ...(await readerOptions(options)), signer });
}

async function readerOptions(options: FederationOptions): Promise<ChainReaderOptions> {
  return {
    ...chainOf(options),
    federation: options.federation,
    finality: await finalityOf(options),
    clock: createClock(),
    ...(options.pollIntervalMs !== undefined && { pollIntervalMs: options.pollIntervalMs }),
  };
}
