import { scrypt as nodeScrypt, randomBytes } from "node:crypto";
import { link, mkdir, open, readFile, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { decryptKeystoreJson, encryptKeystoreJson, getAddress, isKeystoreJson, scrypt } from "ethers";
import { toHex } from "../../core/bytes/hex.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { Address, Hex } from "../../core/ids.ts";
import { accountOf } from "./signer.ts";

/** An account and its key. */
export interface AccountKey {
  readonly address: Address;
  /** 32 bytes. */
  readonly privateKey: Hex;
}

/** A keystore to write. */
export interface NewKeystore {
  readonly path: string;
  readonly password: string;
  /** Default a new random one. */
  readonly privateKey?: string;
  /**
   * Cost of guessing the password; memory in KiB. A power of two; default 131,072 (0.4 s, 128 MiB), as geth's standard.
   */
  readonly scryptN?: number;
}

/**
 * Writes an encrypted keystore (Web3 Secret Storage version 3, which geth and wallets read), whole or not at all,
 * readable by its owner only. Rejects with FILE_EXISTS, INVALID_CONFIG for a key that is none, FILE_UNWRITABLE.
 */
export async function createKeystore(options: NewKeystore): Promise<AccountKey> {
  const { path, password, privateKey = toHex(randomBytes(32)), scryptN = 1 << 17 } = options;
  const address = accountOf(privateKey);
  const account = { address, privateKey: privateKey as Hex };
  useNativeScrypt();
  const json = await encryptKeystoreJson(account, password, { scrypt: { N: scryptN }, client: "fedledger" });
  await writeNew(path, `${json}\n`);
  return account;
}

/** Reads a keystore. Rejects with FILE_NOT_FOUND, FILE_UNREADABLE, WRONG_PASSWORD. */
export async function openKeystore(path: string, password: string): Promise<AccountKey> {
  const json = await readKeystore(path);
  useNativeScrypt();
  try {
    const { address, privateKey } = await decryptKeystoreJson(json, password);
    return { address: address as Address, privateKey: privateKey as Hex };
  } catch (error) {
    if ((error as { argument?: string }).argument === "password" || /incorrect password/i.test(String(error))) {
      throw new FedledgerError("WRONG_PASSWORD", { path });
    }
    throw new FedledgerError("FILE_UNREADABLE", { path, reason: "the keystore is damaged" });
  }
}

/** The account of a keystore, which its file names in clear. Rejects with FILE_NOT_FOUND, FILE_UNREADABLE. */
export async function readKeystoreAccount(path: string): Promise<Address> {
  const { address } = JSON.parse(await readKeystore(path)) as { address?: string };
  if (address === undefined || !/^(?:0x)?[0-9a-f]{40}$/i.test(address)) {
    throw new FedledgerError("FILE_UNREADABLE", { path, reason: "the keystore names no account" });
  }
  return getAddress(address.toLowerCase().replace(/^(?:0x)?/, "0x")) as Address;
}

async function readKeystore(path: string): Promise<string> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") throw new FedledgerError("FILE_NOT_FOUND", { path }, error);
    throw new FedledgerError("FILE_UNREADABLE", { path, reason: error.message }, error);
  });
  if (!isKeystoreJson(text)) throw new FedledgerError("FILE_UNREADABLE", { path, reason: "it is not a keystore" });
  return text;
}

/** Writes a file that must not exist yet: a link, unlike a renaming, never replaces one. */
async function writeNew(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomBytes(4).toString("hex")}.part`;
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(temporary, "wx", 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await link(temporary, path);
  } catch (error) {
    const { code, syscall, message } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" && syscall === "link") throw new FedledgerError("FILE_EXISTS", { path }, error);
    throw new FedledgerError("FILE_UNWRITABLE", { path, reason: message }, error);
  } finally {
    await rm(temporary, { force: true }).catch(() => undefined);
  }
}

/** Node's scrypt in place of ethers' own in JavaScript: the same function, many times faster. */
function useNativeScrypt(): void {
  const derive = promisify<Uint8Array, Uint8Array, number, object, Buffer>(nodeScrypt);
  scrypt.register((password, salt, N, r, p, length) =>
    derive(password, salt, length, { N, r, p, maxmem: 128 * r * (N + p + 2) + (1 << 20) }),
  );
}
