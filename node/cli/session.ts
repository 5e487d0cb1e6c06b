import { createChain, createChainReader, createSigner, openKeystore, testAccount } from "../chain/index.ts";
import { FedledgerError } from "../core/error.ts";
import type { Chain, ChainReader, Log } from "../ports/index.ts";
import { createClock } from "../system/index.ts";
import { required, type Settings } from "./options.ts";
import { readPassword } from "./password.ts";

/** Settings that say which record to read. */
export const recordSettings = ["federation", "rpc", "confirmations"] as const;
/** Settings that say who acts. */
export const accountSettings = ["keystore", "passwordFile", "devAccount"] as const;

type RecordSettings = Settings<(typeof recordSettings)[number]>;
type AccountSettings = Settings<(typeof accountSettings)[number]>;

function readerOptions(values: RecordSettings, log: Log) {
  const { confirmations = 0 } = values;
  return {
    urls: values.rpc ?? [],
    federation: required(values.federation, "federation"),
    finality: typeof confirmations === "number" ? { confirmations } : confirmations,
    log,
    clock: createClock(),
  };
}

/** The record, to read. */
export function openRecord(values: RecordSettings, log: Log): Promise<ChainReader> {
  return createChainReader(readerOptions(values, log));
}

/** The record, to read and write as the account of the settings. Rejects with CHAIN_MISMATCH for a test account elsewhere than on the test chain. */
export async function openRecordAs(
  values: RecordSettings & AccountSettings,
  log: Log,
  privateKey?: string,
): Promise<Chain> {
  privateKey ??= await readPrivateKey(values);
  const chain = await createChain({ ...readerOptions(values, log), signer: createSigner(privateKey) });
  if (values.devAccount !== undefined) requireTestChain(chain.chainId);
  return chain;
}

/** The private key of the settings: a keystore's, or a test account's. Rejects with NO_ACCOUNT, WRONG_PASSWORD, FILE_NOT_FOUND. */
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
  if (chainId !== 31337)
    throw new FedledgerError("CHAIN_MISMATCH", { actual: chainId, expected: "31337 (test accounts are for it only)" });
}
