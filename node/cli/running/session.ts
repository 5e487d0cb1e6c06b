import {
  type Account,
  accountOfKeystore,
  type Chain,
  type ChainReader,
  type FederationOptions,
  type FinalityOptions,
  type Log,
  openFederation,
  openFederationAs,
  type Reader,
  readGrant,
  requireTestChain,
  testAccount,
} from "../../api/index.ts";
import { required, type Settings } from "../../config/index.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import { readPassword } from "../options/password.ts";

/** Settings that say which record to read. */
export const recordSettings = ["federation", "rpc", "rpcAgree", "pollInterval", "confirmations"] as const;
/** Settings that say who acts. */
export const accountSettings = ["keystore", "passwordFile", "devAccount"] as const;
/** Settings that say with what sealed blobs are opened. */
export const openingSettings = ["grant", ...accountSettings] as const;

type RecordSettings = Settings<(typeof recordSettings)[number]>;
type AccountSettings = Settings<(typeof accountSettings)[number]>;

/** The settings of an endpoint, as options. */
export function endpointOf(
  { rpc = [], rpcAgree, confirmations }: Settings<"rpc" | "rpcAgree" | "confirmations">,
  log: Log,
): FinalityOptions {
  return { endpoint: rpc, endpointsAgree: rpcAgree, confirmations, log };
}

/** The settings of a record, as options. Throws INVALID_CONFIG without a federation. */
export function federationOf(values: RecordSettings, log: Log): FederationOptions {
  const { pollInterval } = values;
  return {
    ...endpointOf(values, log),
    federation: required(values.federation, "federation"),
    pollIntervalMs: pollInterval === undefined ? undefined : pollInterval * 1_000,
  };
}

/** The record, to read. */
export function openRecordOf(values: RecordSettings, log: Log): Promise<ChainReader> {
  return openFederation(federationOf(values, log));
}

/** The record, to read and write as the account of the settings. */
export async function openRecordAs(
  values: RecordSettings & AccountSettings,
  log: Log,
  account?: Account,
): Promise<Chain> {
  return await openFederationAs({
    account: account ?? (await readAccount(values, log)),
    ...federationOf(values, log),
  });
}

/**
 * The account of the settings: a keystore's, or a test one, where the endpoints are of the local test chain. Rejects
 * with TEST_ACCOUNT_REFUSED, RPC_UNREACHABLE, NO_ACCOUNT, WRONG_PASSWORD, FILE_NOT_FOUND.
 */
export async function readAccount(values: AccountSettings & Settings<"rpc">, log: Log): Promise<Account> {
  if (values.devAccount !== undefined) {
    await requireTestChain({ endpoint: values.rpc ?? [], log });
    return testAccount(values.devAccount);
  }
  return await keystoreAccount(values);
}

/** The account of the settings' keystore. Rejects with NO_ACCOUNT, WRONG_PASSWORD, FILE_NOT_FOUND. */
export async function keystoreAccount(values: Settings<"keystore" | "passwordFile">): Promise<Account> {
  if (values.keystore === undefined) throw new FedledgerError("NO_ACCOUNT");
  const password = await readPassword(values.keystore, { file: values.passwordFile });
  return accountOfKeystore(values.keystore, password);
}

/**
 * Who reads what is sealed, by the settings: nobody where they name none. Rejects with GRANT_INVALID, NO_ACCOUNT,
 * WRONG_PASSWORD, FILE_NOT_FOUND.
 */
export async function readReader(
  values: Settings<(typeof openingSettings)[number] | "rpc">,
  log: Log,
): Promise<Reader> {
  const grant = values.grant === undefined ? undefined : await readGrant(values.grant);
  const isNamed = values.keystore !== undefined || values.devAccount !== undefined || grant !== undefined;
  return isNamed ? { grant, account: await readAccount(values, log) } : {};
}
