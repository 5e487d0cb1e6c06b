import {
  createChain,
  createChainReader,
  createSigner,
  type Finality,
  openKeystore,
  probeChain,
  testAccount,
} from "../../chain/index.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { Chain, ChainReader, Log } from "../../ports/index.ts";
import { createClock } from "../../system/index.ts";
import { required, type Settings } from "../options/options.ts";
import { readPassword } from "../options/password.ts";
import type { ChainSide } from "../options/task-rules.ts";

/** Settings that say which record to read. */
export const recordSettings = ["federation", "rpc", "confirmations"] as const;
/** Settings that say who acts. */
export const accountSettings = ["keystore", "passwordFile", "devAccount"] as const;

type RecordSettings = Settings<(typeof recordSettings)[number]>;
type AccountSettings = Settings<(typeof accountSettings)[number]>;

/** The chain of the embedded test node, whose accounts' keys are public and whose blocks nobody undoes. */
const testChainId = 31337;

/** Whether this is the local test chain. */
export function isTestChain(chainId: number): boolean {
  return chainId === testChainId;
}

/**
 * From when on an event counts: as the settings say, else at once on the local test chain, and where the chain calls it
 * safe on others. Rejects with CONFIRMATIONS_NEEDED where it calls nothing so.
 */
export async function finalityOf({ confirmations, rpc }: RecordSettings, log: Log): Promise<Finality> {
  if (confirmations !== undefined) return typeof confirmations === "number" ? { confirmations } : confirmations;
  const { chainId, hasSafe } = await probeChain({ urls: rpc ?? [], log });
  if (isTestChain(chainId)) return { confirmations: 0 };
  if (!hasSafe) throw new FedledgerError("CONFIRMATIONS_NEEDED", { chainId });
  return "safe";
}

/**
 * What the chain adds to a task's rules: whether anything is at stake on it, and how far an event that counts is
 * behind.
 */
export async function chainSideOf(values: RecordSettings, log: Log): Promise<ChainSide> {
  const { chainId, lagS } = await probeChain({ urls: values.rpc ?? [], log });
  const isTest = isTestChain(chainId);
  return { isTest, lagS: isTest ? 0 : await lagS(await finalityOf(values, log)) };
}

async function readerOptions(values: RecordSettings, log: Log) {
  return {
    urls: values.rpc ?? [],
    federation: required(values.federation, "federation"),
    finality: await finalityOf(values, log),
    log,
    clock: createClock(),
  };
}

/** The record, to read. */
export async function openRecord(values: RecordSettings, log: Log): Promise<ChainReader> {
  return createChainReader(await readerOptions(values, log));
}

/**
 * The record, to read and write as the account of the settings. Rejects with CHAIN_MISMATCH for a test account
 * elsewhere than on the test chain.
 */
export async function openRecordAs(
  values: RecordSettings & AccountSettings,
  log: Log,
  privateKey?: string,
): Promise<Chain> {
  privateKey ??= await readPrivateKey(values);
  const chain = await createChain({ ...(await readerOptions(values, log)), signer: createSigner(privateKey) });
  if (values.devAccount !== undefined) requireTestChain(chain.chainId);
  return chain;
}

/**
 * The private key of the settings: a keystore's, or a test account's. Rejects with NO_ACCOUNT, WRONG_PASSWORD,
 * FILE_NOT_FOUND.
 */
export async function readPrivateKey(values: AccountSettings): Promise<string> {
  if (values.devAccount !== undefined) return testAccount(values.devAccount).privateKey;
  if (values.keystore === undefined) throw new FedledgerError("NO_ACCOUNT");
  const { privateKey } = await openKeystore(
    values.keystore,
    await readPassword(values.keystore, { file: values.passwordFile }),
  );
  return privateKey;
}

/** Throws CHAIN_MISMATCH unless this is the local test chain: the test accounts' keys are public. */
export function requireTestChain(chainId: number): void {
  if (!isTestChain(chainId))
    throw new FedledgerError("CHAIN_MISMATCH", {
      actual: chainId,
      expected: `${testChainId} (test accounts are for it only)`,
    });
}
