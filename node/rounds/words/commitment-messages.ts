import type { SignedCommitment } from "../../core/records.ts";
import { decodeFields, encodeFields, isHex, isUint32 } from "./message-codec.ts";

/** Gossip topic of commitments that others bring to the chain (docs/protocol/messages.md). */
export const commitmentTopic = "/fedledger/commitment/2";

/** A signed commitment as it travels. */
export interface CommitmentMessage {
  readonly signed: SignedCommitment;
  /** uint32, counts the sender's repetitions, so that gossip does not take one for a duplicate. */
  readonly sequence: number;
}

/** The message's bytes: JSON with the fields in this order. */
export function encodeCommitment({ signed, sequence }: CommitmentMessage): Uint8Array {
  const { taskId, round, anchor, participant, weight, updateRoot, contentId, signature } = signed;
  return encodeFields({
    taskId,
    round,
    anchor: anchor.toLowerCase(),
    participant: participant.toLowerCase(),
    weight,
    updateRoot: updateRoot.toLowerCase(),
    contentId: contentId.toLowerCase(),
    signature: signature.toLowerCase(),
    sequence,
  });
}

/**
 * The message of these bytes; undefined for anything malformed. The participant's letter case is lost: compare by
 * value.
 */
export function decodeCommitment(bytes: Uint8Array): CommitmentMessage | undefined {
  const fields = decodeFields(bytes, {
    taskId: isUint32,
    round: isUint32,
    anchor: isHex(32),
    participant: isHex(20),
    weight: isUint32,
    updateRoot: isHex(32),
    contentId: isHex(32),
    signature: isHex(65),
    sequence: isUint32,
  });
  if (fields === undefined) return undefined;
  const { sequence, ...signed } = fields;
  return { signed: signed as unknown as SignedCommitment, sequence: sequence as number };
}
