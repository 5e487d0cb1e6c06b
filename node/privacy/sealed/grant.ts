import { concatBytes, fromHex, toHex } from "../../core/bytes/hex.ts";
import { keccak256 } from "../../core/bytes/keccak.ts";
import { isFedledgerError } from "../../core/errors/error.ts";
import type { Address, Bytes32, Hex, RoundNumber } from "../../core/ids.ts";
import type { GrantWord } from "../../core/records.ts";
import type { SealedTask } from "../../ports/sealing.ts";
import { openSealed, sealTo } from "../hpke.ts";
import { taskContext, uint32 } from "./blob-context.ts";
import { type ReaderKeys, secretBytes } from "./keyring.ts";

const idBytes = 32;
const entryBytes = idBytes + secretBytes;

/** What a member lets an auditor read: a file. */
export interface Grant extends SealedTask {
  readonly format: "fedledger/grant/1";
  /** Rounds whose blobs it was made for, both included; whatever else was sealed with the same keyrings opens, too. */
  readonly fromRound: RoundNumber;
  readonly toRound: RoundNumber;
  /** The auditor's X25519 public key. */
  readonly auditor: Bytes32;
  /** The member that gives it. */
  readonly grantedBy: Address;
  /** Content ids and secrets of keyrings, sealed to the auditor. */
  readonly secrets: Hex;
  /** The member's, by EIP-712, over {@link grantWord}. */
  readonly signature: Hex;
}

/** A grant before it is signed. */
export type UnsignedGrant = Omit<Grant, "signature">;

/** Seals secrets to an auditor. Rejects with HPKE_KEY_INVALID. */
export async function sealGrant(
  about: Omit<UnsignedGrant, "format" | "secrets">,
  secrets: ReadonlyMap<Bytes32, Uint8Array>,
): Promise<UnsignedGrant> {
  const ascending = [...secrets].sort(([a], [b]) => (a < b ? -1 : 1));
  const entries = concatBytes(...ascending.flatMap(([id, secret]) => [fromHex(id), secret]));
  const sealed = await sealTo(about.auditor, entries, { info: infoOf(about) });
  return { format: "fedledger/grant/1", ...about, secrets: toHex(sealed) };
}

/**
 * The secrets of a grant by the content ids of their keyrings; undefined where it does not open with these keys. What
 * is in it need not be believed: every secret is checked against its keyring.
 */
export async function openGrant(
  grant: UnsignedGrant,
  { privateKey }: Pick<ReaderKeys, "privateKey">,
): Promise<ReadonlyMap<Bytes32, Uint8Array> | undefined> {
  try {
    const entries = await openSealed(privateKey, fromHex(grant.secrets), { info: infoOf(grant) });
    if (entries.length % entryBytes !== 0) return undefined;
    return new Map(
      Array.from({ length: entries.length / entryBytes }, (_, i) => {
        const entry = entries.subarray(i * entryBytes, (i + 1) * entryBytes);
        return [toHex(entry.subarray(0, idBytes)) as Bytes32, entry.subarray(idBytes)] as const;
      }),
    );
  } catch (error) {
    if (!isFedledgerError(error, "HPKE_NOT_OPENED")) throw error;
    return undefined;
  }
}

/** What the member signs. */
export function grantWord({ taskId, fromRound, toRound, auditor, secrets }: UnsignedGrant): GrantWord {
  return { taskId, fromRound, toRound, auditor, secrets: toHex(keccak256(fromHex(secrets))) };
}

/** The grant of a file's JSON; undefined for anything else. */
export function parseGrant(value: unknown): Grant | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const grant = value as Record<string, unknown>;
  const known = [...Object.keys(shape), "format"];
  if (grant.format !== "fedledger/grant/1" || Object.keys(grant).length !== known.length) return undefined;
  return Object.entries(shape).every(([name, fits]) => fits(grant[name])) ? (value as Grant) : undefined;
}

const hex = (bytes: number) => (value: unknown) =>
  typeof value === "string" && new RegExp(`^0x[0-9a-fA-F]{${2 * bytes}}$`).test(value);
const integer = (value: unknown) =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 32;
const shape: Readonly<Record<string, (value: unknown) => boolean>> = {
  chainId: (value) => Number.isSafeInteger(value) && (value as number) >= 0,
  federation: hex(20),
  taskId: integer,
  fromRound: integer,
  toRound: integer,
  auditor: hex(32),
  grantedBy: hex(20),
  secrets: (value) => typeof value === "string" && /^0x(?:[0-9a-fA-F]{2})*$/.test(value),
  signature: hex(65),
};

function infoOf(about: Omit<UnsignedGrant, "format" | "secrets">): Uint8Array {
  const { fromRound, toRound, grantedBy, auditor } = about;
  const context = taskContext("fedledger/grant/1", about);
  return concatBytes(context, uint32(fromRound), uint32(toRound), fromHex(grantedBy), fromHex(auditor));
}
