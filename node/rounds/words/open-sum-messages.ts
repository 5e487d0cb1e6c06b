import type { Bytes32, RoundNumber, TaskId } from "../../core/ids.ts";
import { decodeFields, encodeFields, isHex, isOneOf, isUint32 } from "./message-codec.ts";

/**
 * Request protocol by which an aggregator asks a participant what the sum of an encrypted round opens to
 * (docs/protocol/encrypted.md).
 */
export const openSumProtocol = "/fedledger/open-sum/1";

/** "Tell me the model that the sum of this closed round gives." */
export interface OpenSumRequest {
  readonly taskId: TaskId;
  readonly round: RoundNumber;
  /** Of the round, after its last commitment: names the ciphertexts, of which the participant makes the sum itself. */
  readonly accumulator: Bytes32;
}

/** What the sum of an encrypted round gives, as who opened it recomputed it. */
export interface OpenedSum {
  /** Content id of the sum's ciphertext. */
  readonly sumId: Bytes32;
  readonly modelRoot: Bytes32;
  /** Of the model's blob, which is in the store of who opened the sum. */
  readonly contentId: Bytes32;
}

const refusals = ["unknown-task", "wrong-round", "not-aggregator", "not-opened", "refused"] as const;

/** Why a sum is not opened: `not-opened`: not yet, or for want of the key; `refused`: its safety rules forbid it. */
export type OpenSumRefusal = (typeof refusals)[number];
/** The answer to an {@link OpenSumRequest}. */
export type OpenSumAnswer =
  | ({ readonly opened: true } & OpenedSum)
  | { readonly opened: false; readonly reason: OpenSumRefusal };

/** The request's bytes. */
export function encodeOpenSum({ taskId, round, accumulator }: OpenSumRequest): Uint8Array {
  return encodeFields({ taskId, round, accumulator: accumulator.toLowerCase() });
}

/** The request of these bytes; undefined for anything malformed. */
export function decodeOpenSum(bytes: Uint8Array): OpenSumRequest | undefined {
  const fields = decodeFields(bytes, { taskId: isUint32, round: isUint32, accumulator: isHex(32) });
  return fields as unknown as OpenSumRequest | undefined;
}

/** The answer's bytes. */
export function encodeOpenSumAnswer(answer: OpenSumAnswer): Uint8Array {
  if (!answer.opened) return encodeFields({ opened: false, reason: answer.reason });
  const { sumId, modelRoot, contentId } = answer;
  return encodeFields({
    opened: true,
    sumId: sumId.toLowerCase(),
    modelRoot: modelRoot.toLowerCase(),
    contentId: contentId.toLowerCase(),
  });
}

/** The answer of these bytes; undefined for anything malformed. */
export function decodeOpenSumAnswer(bytes: Uint8Array): OpenSumAnswer | undefined {
  const opened = decodeFields(bytes, {
    opened: (value) => value === true,
    sumId: isHex(32),
    modelRoot: isHex(32),
    contentId: isHex(32),
  });
  if (opened !== undefined) return opened as unknown as OpenSumAnswer;
  const refused = decodeFields(bytes, { opened: (value) => value === false, reason: isOneOf(refusals) });
  return refused as unknown as OpenSumAnswer | undefined;
}
