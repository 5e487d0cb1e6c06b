import { FedledgerError } from "../../core/errors/error.ts";
import type { RoundNumber, TaskId } from "../../core/ids.ts";
import { openingBytes } from "../../core/record/round-keys.ts";
import type { Advertisement } from "../../core/records.ts";
import { isSecretKeyOf, type MaskSecrets, pairSeed, seedHashOf } from "./mask-keys.ts";
import type { Mask } from "./mask-stream.ts";

/** What of an advertisement the masks follow from. */
export type AdvertisedKey = Pick<Advertisement, "slot" | "maskKey" | "seedHash">;

/** A round whose keys are known: everybody who advertised shares a mask with everybody. */
export interface KeyedRound<Key extends AdvertisedKey = AdvertisedKey> {
  readonly taskId: TaskId;
  readonly round: RoundNumber;
  /** In any order, one for a slot. */
  readonly advertisements: readonly Key[];
}

/** A round that nobody can commit to any more. */
export interface ClosedRound<Key extends AdvertisedKey = AdvertisedKey> extends KeyedRound<Key> {
  /** Slots that committed, in any order. */
  readonly surviving: readonly number[];
}

/** Those who advertised and committed, and those who only advertised; ascending. */
export function roundSides<Key extends AdvertisedKey>(round: ClosedRound<Key>): { survivors: Key[]; dropped: Key[] } {
  const sorted = [...round.advertisements].sort((a, b) => a.slot - b.slot);
  const survived = new Set(round.surviving);
  return {
    survivors: sorted.filter(({ slot }) => survived.has(slot)),
    dropped: sorted.filter(({ slot }) => !survived.has(slot)),
  };
}

/** All others that advertised, ascending: those with whom a slot shares masks. */
export function fellowsOf<Key extends AdvertisedKey>({ advertisements }: KeyedRound<Key>, slot: number): Key[] {
  return advertisements.filter((key) => key.slot !== slot).sort((a, b) => a.slot - b.slot);
}

/**
 * The masks on the update of `slot`: its own, added, and one for each other that advertised, added where the other's
 * slot is the higher and taken away where it is the lower (docs/protocol/masks.md).
 *
 * Throws MASK_KEY_INVALID for an advertised key that is none.
 */
export function updateMasks(
  round: KeyedRound,
  slot: number,
  { seed, secretKey }: Pick<MaskSecrets, "seed" | "secretKey">,
): Mask[] {
  const { taskId, round: number } = round;
  const shared = fellowsOf(round, slot).map((other): Mask => {
    const pair = { taskId, round: number, slots: [slot, other.slot] as const };
    return { key: pairSeed(pair, secretKey, other.maskKey), sign: other.slot > slot ? 1 : -1 };
  });
  return [{ key: seed, sign: 1 }, ...shared];
}

/**
 * What is to be laid on the sum of a closed round's updates to free it of all masks: the survivors' own masks taken
 * away, and those they share with the dropped ones reversed.
 *
 * Throws LENGTH_MISMATCH unless the openings have 32 bytes for each slot that advertised, MASK_KEY_INVALID for an
 * opened secret key outside 1 to n - 1. Whether the openings are true, {@link checkOpenings} tells.
 */
export function openedMasks(round: ClosedRound, openings: Uint8Array): Mask[] {
  const { taskId, round: number } = round;
  const { survivors, dropped } = openedSides(round, openings);
  const own = survivors.map(({ piece }): Mask => ({ key: piece, sign: -1 }));
  const shared = dropped.flatMap((gone) =>
    survivors.map((survivor): Mask => {
      const pair = { taskId, round: number, slots: [survivor.slot, gone.slot] as const };
      const key = pairSeed(pair, gone.piece, survivor.maskKey, true);
      return { key, sign: gone.slot > survivor.slot ? -1 : 1 };
    }),
  );
  return [...own, ...shared];
}

/**
 * Compares the openings of a closed round with what was advertised: the first slot, survivors before dropped ones,
 * whose seed has another hash or whose secret key belongs to another mask key; undefined where there is none. Throws
 * LENGTH_MISMATCH unless there are 32 bytes for each slot that advertised.
 */
export function checkOpenings(round: ClosedRound, openings: Uint8Array): number | undefined {
  const { survivors, dropped } = openedSides(round, openings);
  const falseSeed = survivors.find(({ seedHash, piece }) => !isSeedOf(piece, seedHash));
  if (falseSeed !== undefined) return falseSeed.slot;
  return dropped.find(({ maskKey, piece }) => !isSecretKeyOf(piece, maskKey))?.slot;
}

/**
 * Whether what is opened of a slot is not what was advertised for it: what the contract's proveOpening proves. False
 * for a slot that did not advertise. Throws LENGTH_MISMATCH unless there are 32 bytes for each slot that advertised.
 */
export function isFalseOpening(round: ClosedRound, openings: Uint8Array, slot: number): boolean {
  const { survivors, dropped } = openedSides(round, openings);
  const survivor = survivors.find((key) => key.slot === slot);
  if (survivor !== undefined) return !isSeedOf(survivor.piece, survivor.seedHash);
  const gone = dropped.find((key) => key.slot === slot);
  return gone !== undefined && !isSecretKeyOf(gone.piece, gone.maskKey);
}

function isSeedOf(seed: Uint8Array, seedHash: string): boolean {
  return seedHashOf(seed) === seedHash.toLowerCase();
}

/** What a key's owner advertised, with what is opened of it: a survivor's seed, the secret key of a dropped one. */
type OpenedKey = AdvertisedKey & { readonly piece: Uint8Array };

function openedSides(
  round: ClosedRound,
  openings: Uint8Array,
): { readonly survivors: readonly OpenedKey[]; readonly dropped: readonly OpenedKey[] } {
  const { survivors, dropped } = roundSides(round);
  const expected = openingBytes * round.advertisements.length;
  if (openings.length !== expected) {
    throw new FedledgerError("LENGTH_MISMATCH", { name: "openings", actual: openings.length, expected });
  }
  const withPiece = (key: AdvertisedKey, i: number) => {
    return { ...key, piece: openings.subarray(openingBytes * i, openingBytes * (i + 1)) };
  };
  return {
    survivors: survivors.map(withPiece),
    dropped: dropped.map((key, i) => withPiece(key, survivors.length + i)),
  };
}
