import type { Address, Bytes32, Hex, RoundNumber, TaskId } from "../../core/ids.ts";
import type { ClosingWord } from "../../core/records.ts";
import { decodeFields, encodeFields, type FieldCheck, isHex, isOneOf, isUint32 } from "./message-codec.ts";

/**
 * Gossip topic of the one word by which a survivor says which updates a masked round has (docs/protocol/messages.md).
 */
export const closingTopic = "/fedledger/closing/1";
/** Gossip topic of what survivors tell so that the sum of a masked round can be opened. */
export const unmaskTopic = "/fedledger/unmask/1";
/**
 * Request protocol by which a participant asks an aggregator to fetch and keep its share bundle, before it advertises.
 */
export const holdSharesProtocol = "/fedledger/hold-shares/1";

/** Longest message of {@link unmaskTopic}, bytes: 63 shares are 4,158 characters. */
const maxUnmaskBytes = 8192;
/** Bytes of a share. */
const shareBytes = 33;
const maxShares = 63;

/** What a survivor tells of a closed masked round. */
export interface Unmasking {
  readonly taskId: TaskId;
  readonly round: RoundNumber;
  /** Of the round, after its last commitment. */
  readonly accumulator: Bytes32;
  readonly participant: Address;
  /** Its own self seed. */
  readonly seed: Bytes32;
  /**
   * 33 bytes for each other that advertised, ascending by slot: the share of its self seed where it has committed, else
   * of its secret key; zeros where there is none.
   */
  readonly shares: Hex;
}

/** An {@link Unmasking} as it travels. */
export interface UnmaskMessage {
  readonly unmasking: Unmasking;
  /** uint32, counts the sender's repetitions, so that gossip does not take one for a duplicate. */
  readonly sequence: number;
}

/** The message's bytes: JSON with the fields in this order. */
export function encodeUnmasking({ unmasking, sequence }: UnmaskMessage): Uint8Array {
  const { taskId, round, accumulator, participant, seed, shares } = unmasking;
  return encodeFields({
    taskId,
    round,
    accumulator: accumulator.toLowerCase(),
    participant: participant.toLowerCase(),
    seed: seed.toLowerCase(),
    shares: shares.toLowerCase(),
    sequence,
  });
}

/**
 * The message of these bytes; undefined for anything malformed. The participant's letter case is lost: compare by
 * value.
 */
export function decodeUnmasking(bytes: Uint8Array): UnmaskMessage | undefined {
  const checks = {
    taskId: isUint32,
    round: isUint32,
    accumulator: isHex(32),
    participant: isHex(20),
    seed: isHex(32),
    shares: isShares,
    sequence: isUint32,
  };
  const fields = decodeFields(bytes, checks, maxUnmaskBytes);
  if (fields === undefined) return undefined;
  const { sequence, ...unmasking } = fields;
  return { unmasking: unmasking as unknown as Unmasking, sequence: sequence as number };
}

/** A {@link ClosingWord} as it travels. */
export interface ClosingMessage {
  readonly word: ClosingWord;
  /** uint32, counts the sender's repetitions, so that gossip does not take one for a duplicate. */
  readonly sequence: number;
}

/** The message's bytes: JSON with the fields in this order. */
export function encodeClosing({ word, sequence }: ClosingMessage): Uint8Array {
  const { taskId, round, accumulator, participant, signature } = word;
  return encodeFields({
    taskId,
    round,
    accumulator: accumulator.toLowerCase(),
    participant: participant.toLowerCase(),
    signature: signature.toLowerCase(),
    sequence,
  });
}

/**
 * The message of these bytes; undefined for anything malformed. The participant's letter case is lost: compare by
 * value.
 */
export function decodeClosing(bytes: Uint8Array): ClosingMessage | undefined {
  const checks = {
    taskId: isUint32,
    round: isUint32,
    accumulator: isHex(32),
    participant: isHex(20),
    signature: isHex(65),
    sequence: isUint32,
  };
  const fields = decodeFields(bytes, checks);
  if (fields === undefined) return undefined;
  const { sequence, ...word } = fields;
  return { word: word as unknown as ClosingWord, sequence: sequence as number };
}

/** Number of shares in a message. */
export function shareCount({ shares }: Pick<Unmasking, "shares">): number {
  return (shares.length - 2) / (2 * shareBytes);
}

/** One share of a message, as hexadecimal without 0x. */
export function shareAt({ shares }: Pick<Unmasking, "shares">, position: number): string {
  return shares.slice(2 + 2 * shareBytes * position, 2 + 2 * shareBytes * (position + 1));
}

/** "Fetch this share bundle from me and keep it until the round has ended." Its length follows from the draw. */
export interface HoldSharesRequest {
  readonly taskId: TaskId;
  readonly round: RoundNumber;
  readonly sharesId: Bytes32;
}

const refusals = ["unknown-task", "wrong-round", "not-drawn", "too-many", "not-fetched"] as const;
/** Why a bundle is not held. */
export type HoldSharesRefusal = (typeof refusals)[number];
/** The answer to a {@link HoldSharesRequest}. */
export type HoldSharesAnswer = { readonly held: true } | { readonly held: false; readonly reason: HoldSharesRefusal };

/** The request's bytes. */
export function encodeHoldShares({ taskId, round, sharesId }: HoldSharesRequest): Uint8Array {
  return encodeFields({ taskId, round, sharesId: sharesId.toLowerCase() });
}

/** The request of these bytes; undefined for anything malformed. */
export function decodeHoldShares(bytes: Uint8Array): HoldSharesRequest | undefined {
  const fields = decodeFields(bytes, { taskId: isUint32, round: isUint32, sharesId: isHex(32) });
  return fields as unknown as HoldSharesRequest | undefined;
}

/** The answer's bytes. */
export function encodeHoldSharesAnswer(answer: HoldSharesAnswer): Uint8Array {
  return encodeFields(answer.held ? { held: true } : { held: false, reason: answer.reason });
}

/** The answer of these bytes; undefined for anything malformed. */
export function decodeHoldSharesAnswer(bytes: Uint8Array): HoldSharesAnswer | undefined {
  const held = decodeFields(bytes, { held: (value) => value === true });
  if (held !== undefined) return { held: true };
  const refused = decodeFields(bytes, { held: (value) => value === false, reason: isOneOf(refusals) });
  return refused as unknown as HoldSharesAnswer | undefined;
}

const isShares: FieldCheck = (value) =>
  typeof value === "string" &&
  /^0x[0-9a-f]*$/.test(value) &&
  (value.length - 2) % (2 * shareBytes) === 0 &&
  value.length - 2 <= 2 * shareBytes * maxShares;
