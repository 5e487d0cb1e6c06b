import { split } from "shamir-secret-sharing";
import { concatBytes, fromHex, toHex } from "../../core/bytes/hex.ts";
import { itemAt } from "../../core/bytes/items.ts";
import { FedledgerError, isFedledgerError } from "../../core/errors/error.ts";
import type { Address, Bytes32 } from "../../core/ids.ts";
import { shareThreshold } from "../../core/modes/share-threshold.ts";
import { hpkeOverheadBytes, openSealed, sealTo } from "../hpke.ts";
import type { MaskSecrets } from "./mask-keys.ts";
import { type ShareKind, shareBytes, shareHash, shareHashBytes } from "./share-hash.ts";

/** Somebody that shares are for. */
export interface ShareReceiver {
  readonly participant: Address;
  /**
   * X25519, as its newest signed word before the round names it; absent where it is not to have shares: it named none,
   * or shows no grant.
   */
  readonly shareKey?: Bytes32 | undefined;
}

/** What one fellow holds of a member's secrets, 33 bytes each. */
export interface HeldShares {
  readonly seed: Uint8Array;
  readonly key: Uint8Array;
}

/** Bytes of a bundle's entry: the hashes of both shares, and the sealed shares. */
export const shareEntryBytes = 2 * shareHashBytes + hpkeOverheadBytes + 2 * shareBytes;

/** Bytes of the share bundle in a round of so many drawn: an entry for each but its owner. */
export function shareBundleBytes(drawn: number): number {
  return shareEntryBytes * (drawn - 1);
}

/** The entry for slot `to` in the bundle of slot `from`. */
export function entryOf(bundle: Uint8Array, from: number, to: number): Uint8Array {
  const start = shareEntryBytes * (to < from ? to : to - 1);
  return bundle.subarray(start, start + shareEntryBytes);
}

/**
 * The share bundle: for each of the others drawn, ascending by slot, hashes of its two shares and the shares sealed to
 * its key. Shamir, "How to share a secret", 1979, over GF(2^8); RFC 9180. Two calls give other bytes, with other
 * shares: randomness is WebCrypto's.
 *
 * An entry is zero, and its shares are lost, where there is no key that can be sealed to.
 * Rejects with INVALID_ARGUMENT for fewer than 2 others or a threshold percentage outside 51 to 100.
 *
 * @param deal.start the round's start value: the shares open in no other round
 * @param deal.others all others drawn
 */
export async function sealShares(deal: {
  readonly start: Bytes32;
  readonly from: Address;
  readonly secrets: Pick<MaskSecrets, "seed" | "secretKey">;
  readonly thresholdPercent: number;
  readonly others: readonly ShareReceiver[];
}): Promise<Uint8Array> {
  const { start, from, secrets, others } = deal;
  const threshold = shareThreshold(others.length + 1, deal.thresholdPercent);
  const splitUp = (secret: Uint8Array) => split(Uint8Array.from(secret), others.length, threshold);
  const [seeds, keys] = await Promise.all([splitUp(secrets.seed), splitUp(secrets.secretKey)]);
  const entries = others.map(async ({ participant: to, shareKey }, i) => {
    if (shareKey === undefined) return new Uint8Array(shareEntryBytes);
    const [seed, key] = [itemAt(seeds, i), itemAt(keys, i)];
    const shares = concatBytes(seed, key);
    const hashes = [shareHash("seed", from, to, seed), shareHash("key", from, to, key)];
    try {
      return concatBytes(...hashes, await sealTo(shareKey, shares, { info: shareInfo(start, from, to) }));
    } catch (error) {
      if (isFedledgerError(error, "HPKE_KEY_INVALID")) return new Uint8Array(shareEntryBytes);
      throw error;
    }
  });
  return concatBytes(...(await Promise.all(entries)));
}

/**
 * Opens the entry for `to` of the bundle of `from`, and checks that the shares are those whose hashes everybody sees.
 * Undefined for an entry of zeros. Rejects with MASK_SHARE_REPLAYED for anything that was not made for this receiver in
 * this round.
 *
 * @param start the round's start value
 */
export async function openShare(
  start: Bytes32,
  {
    from,
    to,
    entry,
    privateKey,
  }: {
    readonly from: Address;
    readonly to: Address;
    readonly entry: Uint8Array;
    /** X25519, of `to`, for this round. */
    readonly privateKey: Uint8Array;
  },
): Promise<HeldShares | undefined> {
  if (entry.length === shareEntryBytes && entry.every((byte) => byte === 0)) return undefined;
  const refused = (reason: string, cause?: unknown) =>
    new FedledgerError("MASK_SHARE_REPLAYED", { from, to, reason }, cause);
  if (entry.length !== shareEntryBytes) throw refused(`it has ${entry.length} bytes, not ${shareEntryBytes}`);
  let shares: Uint8Array;
  try {
    const sealed = entry.subarray(2 * shareHashBytes);
    shares = await openSealed(privateKey, sealed, { info: shareInfo(start, from, to) });
  } catch (error) {
    if (isFedledgerError(error, "HPKE_NOT_OPENED")) throw refused("it does not open", error);
    throw error;
  }
  const held = { seed: shares.slice(0, shareBytes), key: shares.slice(shareBytes) };
  for (const kind of ["seed", "key"] as const) {
    const isBound = toHex(shareHash(kind, from, to, held[kind])) === toHex(entryHash(entry, kind));
    if (!isBound) throw refused(`its ${kind} share is not the one that is hashed in it`);
  }
  return held;
}

/** The hash of a share in an entry. */
export function entryHash(entry: Uint8Array, kind: ShareKind): Uint8Array {
  return kind === "seed" ? entry.subarray(0, shareHashBytes) : entry.subarray(shareHashBytes, 2 * shareHashBytes);
}

/** HPKE's info: `"fedledger/shares/2" ‖ start ‖ from ‖ to`; the start value binds chain, federation, task and round. */
function shareInfo(start: Bytes32, from: Address, to: Address): Uint8Array {
  const label = new TextEncoder().encode("fedledger/shares/2");
  return concatBytes(label, fromHex(start), fromHex(from), fromHex(to));
}
