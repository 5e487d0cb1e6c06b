import type { SignedAdvertisement } from "../../core/records.ts";
import { decodeFields, encodeFields, isHex, isUint32 } from "./message-codec.ts";

/** Gossip topic of keys of masked rounds that others bring to the chain (docs/protocol/masks.md). */
export const advertisementTopic = "/fedledger/advertisement/1";

/** Signed keys as they travel. */
export interface AdvertisementMessage {
  readonly signed: SignedAdvertisement;
  /** uint32, counts the sender's repetitions, so that gossip does not take one for a duplicate. */
  readonly sequence: number;
}

/** The message's bytes: JSON with the fields in this order. */
export function encodeAdvertisement({ signed, sequence }: AdvertisementMessage): Uint8Array {
  const { taskId, round, start, participant, maskKey, seedHash, sharesId, shareKey, signature } = signed;
  return encodeFields({
    taskId,
    round,
    start: start.toLowerCase(),
    participant: participant.toLowerCase(),
    maskKey: maskKey.toLowerCase(),
    seedHash: seedHash.toLowerCase(),
    sharesId: sharesId.toLowerCase(),
    shareKey: shareKey.toLowerCase(),
    signature: signature.toLowerCase(),
    sequence,
  });
}

/**
 * The message of these bytes; undefined for anything malformed. The participant's letter case is lost: compare by
 * value.
 */
export function decodeAdvertisement(bytes: Uint8Array): AdvertisementMessage | undefined {
  const fields = decodeFields(bytes, {
    taskId: isUint32,
    round: isUint32,
    start: isHex(32),
    participant: isHex(20),
    maskKey: isHex(32),
    seedHash: isHex(32),
    sharesId: isHex(32),
    shareKey: isHex(32),
    signature: isHex(65),
    sequence: isUint32,
  });
  if (fields === undefined) return undefined;
  const { sequence, ...signed } = fields;
  return { signed: signed as unknown as SignedAdvertisement, sequence: sequence as number };
}
