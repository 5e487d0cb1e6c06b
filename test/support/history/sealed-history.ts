import { deriveNodeKeys } from "../../../node/chain/accounts/node-keys.ts";
import { contentIdOf } from "../../../node/core/bytes/content-id.ts";
import { toHex } from "../../../node/core/bytes/hex.ts";
import { keccak256 } from "../../../node/core/bytes/keccak.ts";
import { lanesToBytes } from "../../../node/core/bytes/lanes.ts";
import type { Address, Bytes32 } from "../../../node/core/ids.ts";
import type { BlobOpener, SealedName } from "../../../node/ports/index.ts";
import { createBlobOpener } from "../../../node/privacy/sealed/blob-opener.ts";
import { type ReaderKeys, writeKeyring } from "../../../node/privacy/sealed/keyring.ts";
import { sealBlob } from "../../../node/privacy/sealed/sealed-blob.ts";
import { accountOf, buildHistory, type History, type HistoryOptions } from "./history-builder.ts";

/** The task of the histories that {@link sealedHistory} writes. */
export const historyTask = { chainId: 31337, federation: accountOf("federation"), taskId: 1 };

/** The X25519 keys of an account of a history. */
export function keysOfAccount(account: Address): ReaderKeys {
  return deriveNodeKeys(toHex(keccak256(new TextEncoder().encode(account.toLowerCase())))).encryption;
}

/** A history whose blobs are sealed, and who can open them. */
export interface SealedHistory {
  readonly history: History;
  /** The secret of each sender's keyrings, by the keyring's content id. */
  readonly secrets: Map<Bytes32, Uint8Array>;
  openAs(account: Address): BlobOpener;
}

/** What may be done to a blob that is being sealed. */
export interface SealingFaults {
  /** Who cannot read the blobs of this sender from this round on. */
  readonly without?: (name: SealedName) => readonly Address[];
  /** The name that it is sealed under. */
  readonly named?: (name: SealedName) => SealedName;
  /** What is made of the sealed bytes before they are stored. */
  readonly spoil?: (sealed: Uint8Array, name: SealedName) => Uint8Array;
  /** What is made of the plaintext. */
  readonly lie?: (lanes: Int32Array, name: SealedName) => Int32Array;
}

/** Writes a history whose blobs are sealed to four members and two aggregators. */
export async function sealedHistory(options: HistoryOptions & SealingFaults = {}): Promise<SealedHistory> {
  const { without, named, spoil, lie, ...rest } = options;
  const accounts = [0, 1, 2, 3].map((i) => accountOf(`member ${i}`));
  const everyone = [...accounts, accountOf("aggregator 0"), accountOf("aggregator 1")];
  const secrets = new Map<Bytes32, Uint8Array>();
  const keyrings = new Map<string, { contentId: Bytes32; lengthBytes: number; secret: Uint8Array }>();
  const history = await buildHistory({
    ...rest,
    async seal({ blobs }, lanes, name) {
      const put = async (bytes: Uint8Array) => {
        const contentId = await contentIdOf(bytes);
        blobs.set(contentId, bytes);
        return contentId;
      };
      const readers = everyone.filter((account) => !without?.(name).includes(account));
      const key = [name.sender, ...readers].join();
      let keyring = keyrings.get(key);
      if (keyring === undefined) {
        const secret = keccak256(new TextEncoder().encode(key));
        const owner = { task: historyTask, sender: name.sender };
        const bytes = await writeKeyring(
          secret,
          owner,
          readers.map((reader) => keysOfAccount(reader).publicKey),
        );
        keyring = { contentId: await put(bytes), lengthBytes: bytes.length, secret };
        keyrings.set(key, keyring);
        secrets.set(keyring.contentId, secret);
      }
      const { secret, ...ref } = keyring;
      const plaintext = lanesToBytes(lie?.(lanes.slice(), name) ?? lanes);
      const sealed = sealBlob(plaintext, { task: historyTask, name: named?.(name) ?? name, keyring: ref, secret });
      return await put(spoil?.(sealed, name) ?? sealed);
    },
  });
  const openAs = (account: Address) => createBlobOpener({ task: historyTask, reader: keysOfAccount(account) });
  return { history, secrets, openAs };
}
