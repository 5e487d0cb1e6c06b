import type { Address, Bytes32, RoundNumber, TaskId } from "../core/ids.ts";

/** The task that sealed blobs belong to; every key is bound to it. */
export interface SealedTask {
  readonly chainId: number;
  readonly federation: Address;
  readonly taskId: TaskId;
}

/** What one sealed blob is: each field is bound into its key, so that no other blob opens in its place. */
export interface SealedName {
  readonly round: RoundNumber;
  /** Whose blob it is: the participant of an update, the aggregator of a model. */
  readonly sender: Address;
  readonly purpose: "update" | "model";
  /** As the record has it: an update's root that is bound to its participant, a proposal's model root. */
  readonly root: Bytes32;
}

/** Where the keys of a sealed blob are: another blob. */
export interface KeyringRef {
  readonly contentId: Bytes32;
  readonly lengthBytes: number;
}

/** Where a keyring and its secret come from. */
export interface KeyringSource {
  /** The keyring's bytes, checked against its content id; rejects as BlobStore.get does. */
  read(keyring: KeyringRef): Promise<Uint8Array>;
  /**
   * Asks other readers for the secret, where the keyring has none for us; undefined where nobody gave one. It is
   * checked like any.
   */
  ask?(keyring: KeyringRef): Promise<Uint8Array | undefined>;
}

/** Opens the sealed blobs of a task, as one of their readers or by a grant. */
export interface BlobOpener {
  /**
   * The plaintext of a sealed blob, whose bytes were checked against its content id. One copy more in memory. Rejects
   * with BLOB_SEALED where there is no key for it here, with SEAL_BROKEN where its sender is at fault (whoever has the
   * keyring's secret sees the same), and as `keyrings.read` does.
   *
   * @param blob.contentId of the sealed bytes, for errors
   */
  open(
    sealed: Uint8Array,
    blob: SealedName & { readonly contentId: Bytes32 },
    keyrings: KeyringSource,
  ): Promise<Uint8Array>;
  /**
   * The secret of a sender's keyring, to be given on. Rejects with BLOB_SEALED, SEAL_BROKEN, and as `keyrings.read`
   * does.
   */
  secretOf(keyring: KeyringRef, sender: Address, keyrings: KeyringSource): Promise<Uint8Array>;
}

/** Seals the blobs of a task as one of its senders. */
export interface BlobSealer {
  /**
   * The sealed blob. The same plaintext under the same name and keyring gives the same bytes. One copy more in memory.
   * When it resolves, the keyring that opens it is in the store, and in the journal.
   *
   * @param readers X25519 public keys of all others who may read; another set than the last time makes a new keyring.
   * One that nothing can be sealed to is passed over. Rejects with TOO_MANY_READERS, and as BlobStore.put does.
   */
  seal(plaintext: Uint8Array, name: SealedName, readers: readonly Bytes32[]): Promise<Uint8Array>;
}
