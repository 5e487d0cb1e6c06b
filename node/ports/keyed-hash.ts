/** HMAC-SHA256 of a text's UTF-8 under a secret salt that the function keeps to itself: 32 bytes. */
export type KeyedHash = (text: string) => Uint8Array;

/** The salts that there are at hand: the one that all participants of the task share, and this participant's own. */
export interface KeyedHashes {
  readonly task?: KeyedHash;
  readonly participant?: KeyedHash;
}
