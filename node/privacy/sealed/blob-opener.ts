import { FedledgerError } from "../../core/errors/error.ts";
import type { Address, Bytes32 } from "../../core/ids.ts";
import type { BlobOpener, KeyringRef, KeyringSource, SealedTask } from "../../ports/sealing.ts";
import { isKeyringLength, isSecretOf, type Keyring, openKeyring, type ReaderKeys, readKeyring } from "./keyring.ts";
import { keyringOf, openBlob } from "./sealed-blob.ts";

/** Secrets remembered, so that a keyring is fetched and opened once. */
const maxRemembered = 4096;

/** What an opener has to open with; without any of it everything is sealed. */
export interface OpenerOptions {
  readonly task: SealedTask;
  /** A reader's own keys. */
  readonly reader?: ReaderKeys;
  /** Secrets that were granted, by the content ids of their keyrings. */
  readonly granted?: ReadonlyMap<Bytes32, Uint8Array>;
}

/**
 * Opens the sealed blobs of a task: with the reader's own entry of a keyring, else a granted secret, else one that was
 * asked for.
 */
export function createBlobOpener({ task, reader, granted }: OpenerOptions): BlobOpener {
  const known = new Map<string, Uint8Array>();

  /** Every secret is checked against the keyring, whoever gave it. */
  async function find(ref: KeyringRef, keyring: Keyring, sender: Address, source: KeyringSource) {
    const owner = { task, sender };
    const own = reader ? await openKeyring(keyring, owner, reader) : "none";
    if (typeof own !== "string") return own;
    const given = granted?.get(ref.contentId) ?? (reader && (await source.ask?.(ref)));
    if (given !== undefined && isSecretOf(keyring, owner, given)) return given;
    return own === "false" ? ("false" as const) : undefined;
  }

  const opener: BlobOpener = {
    async open(sealed, blob, source) {
      const { contentId, sender } = blob;
      const broken = (reason: string) => new FedledgerError("SEAL_BROKEN", { contentId, sender, reason });
      const keyring = keyringOf(sealed);
      if (keyring === undefined) throw broken("it is too short");
      const secret = await secretOf(keyring, sender, source, contentId);
      const plaintext = openBlob(sealed, { task, name: blob, keyring, secret });
      if (plaintext === undefined) throw broken("it is not what was sealed under its name");
      return plaintext;
    },
    secretOf: (keyring, sender, source) => secretOf(keyring, sender, source, keyring.contentId),
  };

  /** Why a keyring cannot be opened here, whatever is in it. */
  function lackOf({ contentId }: KeyringRef): string | undefined {
    if (reader !== undefined || granted?.has(contentId)) return undefined;
    return granted === undefined ? "there is no key for it here" : "the grant does not cover its keyring";
  }

  async function secretOf(ref: KeyringRef, sender: Address, source: KeyringSource, contentId: Bytes32) {
    const broken = (reason: string) => new FedledgerError("SEAL_BROKEN", { contentId, sender, reason });
    const sealed = (reason: string) => new FedledgerError("BLOB_SEALED", { contentId, sender, reason });
    const memory = `${ref.contentId}:${ref.lengthBytes}:${sender}`.toLowerCase();
    const remembered = known.get(memory);
    if (remembered !== undefined) return remembered;
    if (!isKeyringLength(ref.lengthBytes)) throw broken("it names a keyring of an impossible length");
    const lack = lackOf(ref);
    if (lack !== undefined) throw sealed(lack);
    const bytes = await source.read(ref).catch((error: unknown) => {
      throw isMisfit(error) ? broken("its keyring has another length than it says") : error;
    });
    const keyring = readKeyring(bytes);
    if (keyring === undefined) throw broken("its keyring is malformed");
    const secret = await find(ref, keyring, sender, source);
    if (secret === "false") throw sealed("the keyring's entry for this reader is false");
    if (secret === undefined) throw sealed(`no secret that fits its keyring is here (${keyring.entries.size} readers)`);
    if (known.size >= maxRemembered) known.clear();
    known.set(memory, secret);
    return secret;
  }
  return opener;
}

/** Whether a store says that the content itself is not of this length, which no other source can mend. */
function isMisfit(error: unknown): boolean {
  if (!(error instanceof FedledgerError)) return false;
  const { peerId, source } = error.data;
  return (
    error.code === "BLOB_TOO_LARGE" || (error.code === "BLOB_CORRUPT" && peerId === undefined && source === undefined)
  );
}
