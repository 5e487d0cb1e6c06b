import { combine } from "shamir-secret-sharing";
import { toHex } from "../../core/bytes/hex.ts";
import { itemAt, valueAt } from "../../core/bytes/items.ts";
import type { Address } from "../../core/ids.ts";
import { shareThreshold } from "../../core/modes/share-threshold.ts";
import { openingBytes } from "../../core/record/round-keys.ts";
import { isSecretKeyOf, seedHashOf } from "./mask-keys.ts";
import { type AdvertisedKey, type ClosedRound, fellowsOf, roundSides } from "./round-masks.ts";
import { type ShareKind, shareBytes, shareHash } from "./share-hash.ts";
import { entryHash, entryOf, shareBundleBytes } from "./shares.ts";

/** What a survivor gives towards a round's opening: the content of its unmask message. */
export interface UnmaskAnswer {
  /** Of the survivor. */
  readonly slot: number;
  /** Its self seed, 32 bytes. */
  readonly seed: Uint8Array;
  /**
   * 33 bytes for each other that advertised, ascending: the share of that one's seed if it survived, else of its secret
   * key; zeros where it has none.
   */
  readonly shares: Uint8Array;
}

/** A secret that is not yet known, and how many valid shares of it there are of those that it takes. */
export interface MissingPiece {
  readonly slot: number;
  readonly kind: ShareKind;
  readonly have: number;
  readonly need: number;
}

/**
 * What somebody gave that cannot be right. Messages are not signed: who sent an answer in a slot's name is for the
 * network to say.
 */
export interface MaskBlame {
  readonly slot: number;
  /**
   * `false-seed`, `false-share`: in an answer of this slot. `bad-shares`: it dealt shares that are those it bound, and
   * give no secret of its own. `bad-bundle`: its bundle has another length.
   */
  readonly reason: "false-seed" | "false-share" | "bad-shares" | "bad-bundle";
  /** Of a false share: whose secret it is of. */
  readonly about?: number;
}

/** Where the opening of a round stands. */
export interface CollectedOpenings {
  /** All pieces, as a proposal gives them; absent while one is missing. */
  readonly openings?: Uint8Array;
  readonly missing: readonly MissingPiece[];
  readonly blame: readonly MaskBlame[];
}

type Key = AdvertisedKey & { readonly participant: Address };

/**
 * Puts together what opens a closed round: survivors' seeds as they gave them, and what they did not give from shares.
 * Nothing that comes in is trusted: seeds are known by their hashes, shares by those in the bundles, secret keys by
 * their mask keys. Any threshold of valid shares serves; nothing is combined before everything can be.
 *
 * @param collected.drawn how many were drawn for the round
 * @param collected.bundles of the slots whose bundle is at hand, as fetched by its content id
 * @param collected.answers in any order, several of a slot where more claim to be its own
 */
export async function collectOpenings(collected: {
  readonly round: ClosedRound<Key>;
  readonly drawn: number;
  readonly thresholdPercent: number;
  readonly bundles: ReadonlyMap<number, Uint8Array>;
  readonly answers: readonly UnmaskAnswer[];
}): Promise<CollectedOpenings> {
  const { round, drawn, answers } = collected;
  const need = shareThreshold(drawn, collected.thresholdPercent);
  const { survivors, dropped } = roundSides(round);
  const blame: MaskBlame[] = [];
  const surviving = new Set(survivors.map(({ slot }) => slot));
  const keys = new Map(round.advertisements.map((key) => [key.slot, key]));
  const bundles = checkedBundles();
  const seeds = new Map<number, Uint8Array>();
  const shares = new Map<number, Map<number, Uint8Array>>([...keys.keys()].map((slot) => [slot, new Map()]));
  for (const answer of answers) hear(answer);

  const wanted = [
    ...survivors.map((key) => ({ key, kind: "seed" as const })),
    ...dropped.map((key) => ({ key, kind: "key" as const })),
  ];
  const isNeeded = ({ key, kind }: (typeof wanted)[number]) => kind === "key" || !seeds.has(key.slot);
  const missing = wanted.filter(isNeeded).map(({ key: { slot }, kind }) => {
    return { slot, kind, have: valueAt(shares, slot).size, need };
  });
  const lacking = missing.filter(({ have, need }) => have < need);
  if (lacking.length > 0 || survivors.length === 0) return { missing: lacking, blame };

  const pieces = await Promise.all(
    wanted.map(async (piece) => {
      const { key, kind } = piece;
      if (!isNeeded(piece)) return seeds.get(key.slot);
      return await combined(key, kind, [...valueAt(shares, key.slot).values()], need);
    }),
  );
  const failed = wanted.filter((_, i) => pieces[i] === undefined);
  if (failed.length > 0) {
    blame.push(...failed.map(({ key }) => ({ slot: key.slot, reason: "bad-shares" as const })));
    return { missing: missing.filter(({ slot }) => failed.some(({ key }) => key.slot === slot)), blame };
  }
  const openings = new Uint8Array(openingBytes * wanted.length);
  for (const [i, piece] of pieces.entries()) if (piece) openings.set(piece, openingBytes * i);
  return { openings, missing: [], blame };

  function checkedBundles(): Map<number, Uint8Array> {
    const whole = new Map<number, Uint8Array>();
    for (const [slot, bundle] of collected.bundles) {
      if (!keys.has(slot)) continue;
      if (bundle.length === shareBundleBytes(drawn)) whole.set(slot, bundle);
      else blame.push({ slot, reason: "bad-bundle" });
    }
    return whole;
  }

  function hear({ slot, seed, shares: given }: UnmaskAnswer): void {
    const sender = keys.get(slot);
    if (sender === undefined || !surviving.has(slot)) return;
    if (seedHashOf(seed) === sender.seedHash.toLowerCase()) seeds.set(slot, seed);
    else blame.push({ slot, reason: "false-seed" });
    for (const [i, { slot: other, participant }] of fellowsOf(round, slot).entries()) {
      const share = given.subarray(shareBytes * i, shareBytes * (i + 1));
      const bundle = bundles.get(other);
      if (bundle === undefined || share.every((byte) => byte === 0)) continue;
      const kind = surviving.has(other) ? "seed" : "key";
      const entry = entryOf(bundle, other, slot);
      const hash = shareHash(kind, participant, sender.participant, share);
      if (toHex(hash) === toHex(entryHash(entry, kind))) valueAt(shares, other).set(slot, share);
      else blame.push({ slot, reason: "false-share", about: other });
    }
  }
}

/**
 * The secret from `need` of its shares, tried in runs of that many as they came. Should the dealer have bound shares
 * that do not belong together, it may not be found: the loss is the dealer's, and one round's.
 */
async function combined(
  key: AdvertisedKey,
  kind: ShareKind,
  shares: readonly Uint8Array[],
  need: number,
): Promise<Uint8Array | undefined> {
  for (let first = 0; first < shares.length; first++) {
    const chosen = Array.from({ length: need }, (_, i) => Uint8Array.from(itemAt(shares, (first + i) % shares.length)));
    const secret = await combine(chosen).catch(() => undefined);
    if (secret === undefined) continue;
    const isRight =
      kind === "seed" ? seedHashOf(secret) === key.seedHash.toLowerCase() : isSecretKeyOf(secret, key.maskKey);
    if (isRight) return secret;
  }
  return undefined;
}
