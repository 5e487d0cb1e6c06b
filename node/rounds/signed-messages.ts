import type { Address, Bytes32, Hex } from "../core/ids.ts";
import type { Availability, SignedCommitment } from "../core/records.ts";
import { decodeFields, encodeFields, isDecimal, isHex, isUint32 } from "./message-codec.ts";

/** Gossip topic of commitments that others bring to the chain (docs/protocol.md section 9). */
export const commitmentTopic = "/fedledger/commitment/1";
/** Gossip topic of words on which updates of a round their signers hold. */
export const availabilityTopic = "/fedledger/availability/1";

/** A signed commitment as it travels. */
export interface CommitmentMessage {
  readonly signed: SignedCommitment;
  /** uint32, counts the sender's repetitions, so that gossip does not take one for a duplicate. */
  readonly sequence: number;
}

/** A word on availability as it travels. */
export interface AvailabilityMessage {
  readonly word: Availability;
  /** As in {@link CommitmentMessage}. */
  readonly sequence: number;
}

/** The message's bytes: JSON with the fields in this order. */
export function encodeCommitment({ signed, sequence }: CommitmentMessage): Uint8Array {
  const { taskId, round, baseModelRoot, participant, weight, updateRoot, contentId, signature } = signed;
  return encodeFields({
    taskId,
    round,
    baseModelRoot: baseModelRoot.toLowerCase(),
    participant: participant.toLowerCase(),
    weight,
    updateRoot: updateRoot.toLowerCase(),
    contentId: contentId.toLowerCase(),
    signature: signature.toLowerCase(),
    sequence,
  });
}

/** The message of these bytes; undefined for anything malformed. The participant's letter case is lost: compare by value. */
export function decodeCommitment(bytes: Uint8Array): CommitmentMessage | undefined {
  const fields = decodeFields(bytes, {
    taskId: isUint32,
    round: isUint32,
    baseModelRoot: isHex(32),
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

/** The message's bytes: JSON with the fields in this order, the bitmap as decimal text. */
export function encodeAvailability({ word, sequence }: AvailabilityMessage): Uint8Array {
  const { taskId, round, accumulator, slots, holder, signature } = word;
  return encodeFields({
    taskId,
    round,
    accumulator: accumulator.toLowerCase(),
    slots: String(slots),
    holder: holder.toLowerCase(),
    signature: signature.toLowerCase(),
    sequence,
  });
}

/** The message of these bytes; undefined for anything malformed. The holder's letter case is lost: compare by value. */
export function decodeAvailability(bytes: Uint8Array): AvailabilityMessage | undefined {
  const fields = decodeFields(bytes, {
    taskId: isUint32,
    round: isUint32,
    accumulator: isHex(32),
    slots: isDecimal(0n, (1n << 64n) - 1n),
    holder: isHex(20),
    signature: isHex(65),
    sequence: isUint32,
  });
  if (fields === undefined) return undefined;
  return {
    word: {
      taskId: fields.taskId as number,
      round: fields.round as number,
      accumulator: fields.accumulator as Bytes32,
      slots: BigInt(fields.slots as string),
      holder: fields.holder as Address,
      signature: fields.signature as Hex,
    },
    sequence: fields.sequence as number,
  };
}
