import { hexEquals } from "../../core/bytes/hex.ts";
import type { Bytes32 } from "../../core/ids.ts";
import type { Random } from "../../ports/system.ts";
import { createShareKey, type ShareKeyPair, shareKeyOf } from "../../privacy/masking/index.ts";

/** A file for one secret, readable by its owner only. */
export interface SecretFile {
  /** Its bytes; undefined where there is no file. */
  read(): Promise<Uint8Array | undefined>;
  /** Overwrites it where it stands, so that what was in it is gone. On disk when it resolves. */
  write(bytes: Uint8Array): Promise<void>;
}

/** A secret that is lost with the process: whoever restarts has to name a new key. */
export function createMemorySecret(): SecretFile {
  let bytes: Uint8Array | undefined;
  return {
    read: async () => bytes,
    async write(now) {
      bytes = Uint8Array.from(now);
    },
  };
}

/**
 * A participant's keys for shares of masked rounds: the one that its newest word on the chain names, and beside it,
 * from before the next word is given until that is on record, the next one. It is the only secret of masks on a disk;
 * what is older is overwritten.
 */
export interface ShareKeys {
  /** The public keys whose private halves are at hand, the newest last. */
  known(): Promise<readonly Bytes32[]>;
  /** The private key of a public one, 32 bytes; undefined where it is lost. */
  privateKeyOf(publicKey: Bytes32): Promise<Uint8Array | undefined>;
  /**
   * The key for the next word, on disk when it resolves: the same until a word that names it is on record.
   *
   * @param named what the newest word names; absent where there is none
   */
  next(named: Bytes32 | undefined): Promise<ShareKeyPair>;
  /** The newest word names this key: those before it leave the disk. */
  settle(named: Bytes32): Promise<void>;
}

const keyBytes = 32;
/** Keys that the file has room for. */
const places = 2;

/** Keys over a file. */
export function createShareKeys({ file, random }: { readonly file: SecretFile; readonly random: Random }): ShareKeys {
  let pairs: Promise<readonly ShareKeyPair[]> | undefined;

  const load = (): Promise<readonly ShareKeyPair[]> => {
    pairs ??= file.read().then(
      (bytes = new Uint8Array()) => {
        const keys = Array.from({ length: places }, (_, i) => bytes.slice(keyBytes * i, keyBytes * (i + 1)));
        return keys.filter((key) => key.length === keyBytes && key.some((byte) => byte !== 0)).map(shareKeyOf);
      },
      (error: unknown) => {
        // the next to ask reads again
        pairs = undefined;
        throw error;
      },
    );
    return pairs;
  };
  const keep = async (kept: readonly ShareKeyPair[]): Promise<void> => {
    const bytes = new Uint8Array(keyBytes * places);
    for (const [i, { privateKey }] of kept.entries()) bytes.set(privateKey, keyBytes * i);
    await file.write(bytes);
    pairs = Promise.resolve(kept);
  };
  const isOf = (named: Bytes32 | undefined) => (pair: ShareKeyPair) => hexEquals(pair.publicKey, named ?? "");

  return {
    known: async () => (await load()).map(({ publicKey }) => publicKey),
    privateKeyOf: async (publicKey) => (await load()).find(isOf(publicKey))?.privateKey,
    async next(named) {
      const known = await load();
      const newest = known.at(-1);
      if (newest !== undefined && !isOf(named)(newest)) return newest;
      const pair = createShareKey(random);
      await keep([...known, pair].slice(-places));
      return pair;
    },
    async settle(named) {
      const known = await load();
      const at = known.findIndex(isOf(named));
      if (at > 0) await keep(known.slice(at));
    },
  };
}
