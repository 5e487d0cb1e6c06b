import { split } from "shamir-secret-sharing";
import { FedledgerError, isFedledgerError } from "../../core/error.ts";
import { concatBytes, fromHex, toHex } from "../../core/hex.ts";
import type { Address, Bytes32, RoundNumber, TaskId } from "../../core/ids.ts";
import { shareThreshold } from "../../core/mask-graph.ts";
import { hpkeOverheadBytes, openSealed, sealTo } from "../hpke.ts";
import type { MaskSecrets } from "./mask-keys.ts";
import { type ShareKind, shareBytes, shareHash, shareHashBytes } from "./share-hash.ts";

/** Where shares belong: they open in this very round only. */
export interface ShareContext {
  readonly federation: Address;
  readonly taskId: TaskId;
  readonly round: RoundNumber;
  /** The round's, 72 bits. */
  readonly seed: bigint;
}

/** Somebody that shares are for. */
export interface ShareReceiver {
  readonly participant: Address;
  /** X25519, as registered; absent where the member has registered none. */
  readonly encryptionKey?: Bytes32 | undefined;
}

/** What one neighbour holds of a participant's secrets, 33 bytes each. */
export interface HeldShares {
  readonly seed: Uint8Array;
  readonly key: Uint8Array;
}

/** Bytes of a bundle's entry: the hashes of both shares, and the sealed shares. */
export const shareEntryBytes = 2 * shareHashBytes + hpkeOverheadBytes + 2 * shareBytes;

/** Bytes of the share bundle of a participant with so many neighbours among the drawn. */
export function shareBundleBytes(neighbourCount: number): number {
  return shareEntryBytes * neighbourCount;
}

/**
 * The share bundle: for each neighbour, in the order given (ascending slots), hashes of its two shares and the shares sealed to its
 * registered key. Shamir, "How to share a secret", 1979, over GF(2^8); RFC 9180. Two calls give other bytes, with other shares: randomness is WebCrypto's.
 *
 * An entry is zero, and its shares are lost, where a neighbour has no key that can be sealed to.
 * Rejects with INVALID_ARGUMENT for fewer than 2 neighbours or a threshold percentage outside 51 to 100.
 */
export async function sealShares(deal: {
  readonly context: ShareContext;
  readonly from: Address;
  readonly secrets: Pick<MaskSecrets, "seed" | "secretKey">;
  readonly thresholdPercent: number;
  readonly neighbours: readonly ShareReceiver[];
}): Promise<Uint8Array> {
  const { context, from, secrets, neighbours } = deal;
  const threshold = shareThreshold(neighbours.length, deal.thresholdPercent);
  const [seeds, keys] = await Promise.all(
    [secrets.seed, secrets.secretKey].map((secret) => split(Uint8Array.from(secret), neighbours.length, threshold)),
  );
  const entries = neighbours.map(async ({ participant: to, encryptionKey }, i) => {
    if (encryptionKey === undefined) return new Uint8Array(shareEntryBytes);
    const shares = concatBytes(seeds![i]!, keys![i]!);
    const hashes = [shareHash("seed", from, to, seeds![i]!), shareHash("key", from, to, keys![i]!)];
    try {
      return concatBytes(...hashes, await sealTo(encryptionKey, shares, { info: shareInfo(context, from, to) }));
    } catch (error) {
      if (isFedledgerError(error, "HPKE_KEY_INVALID")) return new Uint8Array(shareEntryBytes);
      throw error;
    }
  });
  return concatBytes(...(await Promise.all(entries)));
}

/**
 * Opens the entry for `to` of the bundle of `from`, and checks that the shares are those whose hashes everybody sees.
 * Undefined for an entry of zeros. Rejects with MASK_SHARE_REPLAYED for anything that was not made for this receiver in this round.
 */
export async function openShare(
  context: ShareContext,
  {
    from,
    to,
    entry,
    privateKey,
  }: {
    readonly from: Address;
    readonly to: Address;
    readonly entry: Uint8Array;
    /** X25519, of `to`. */
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
    shares = await openSealed(privateKey, sealed, { info: shareInfo(context, from, to) });
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

/** HPKE's info: `"fedledger/shares/1" ‖ federation ‖ uint32 taskId ‖ uint32 round ‖ uint72 seed ‖ from ‖ to`. */
function shareInfo({ federation, taskId, round, seed }: ShareContext, from: Address, to: Address): Uint8Array {
  const numbers = new Uint8Array(17);
  const view = new DataView(numbers.buffer);
  view.setUint32(0, taskId);
  view.setUint32(4, round);
  view.setUint8(8, Number(seed >> 64n));
  view.setBigUint64(9, BigInt.asUintN(64, seed));
  const label = new TextEncoder().encode("fedledger/shares/1");
  return concatBytes(label, fromHex(federation), numbers, fromHex(from), fromHex(to));
}
