import type { Address, Bytes32, Hex, RoundNumber, TaskId } from "../core/ids.ts";
import type { Attestation } from "../core/records.ts";
import { decodeFields, encodeFields, isDecimal, isHex, isOneOf, isUint32 } from "./message-codec.ts";

/** Gossip topic of attestations (docs/protocol.md section 9). */
export const attestationTopic = "/fedledger/attestation/1";
/** Request protocol by which a participant asks an aggregator to fetch and keep its update. */
export const holdProtocol = "/fedledger/hold/2";

/** An attestation as it travels. */
export interface AttestationMessage {
  readonly attestation: Attestation;
  /** uint32, counts the sender's repetitions, so that gossip does not take one for a duplicate. */
  readonly sequence: number;
}

/** "Fetch this update from me and keep it until the round has ended." The blob's length is the task's. */
export interface HoldRequest {
  readonly taskId: TaskId;
  readonly round: RoundNumber;
  /** As it is to be committed: bound to the one who asks. */
  readonly updateRoot: Bytes32;
  readonly contentId: Bytes32;
}

const refusals = [
  "unknown-task",
  "wrong-round",
  "not-drawn",
  "too-many",
  "not-fetched",
  "not-opened",
  "wrong-root",
  "invalid-update",
] as const;

/** Why an update is not held. */
export type HoldRefusal = (typeof refusals)[number];
/** The answer to a {@link HoldRequest}: the aggregator's custody is signed by EIP-712. */
export type HoldAnswer =
  | { readonly held: true; readonly signature: Hex }
  | { readonly held: false; readonly reason: HoldRefusal };

/** The message's bytes: JSON with the fields in this order, 64-bit integers as decimal text. */
export function encodeAttestation({ attestation, sequence }: AttestationMessage): Uint8Array {
  const { taskId, round, proposalHash, attester, evaluation, signature } = attestation;
  return encodeFields({
    taskId,
    round,
    proposalHash: proposalHash.toLowerCase(),
    attester: attester.toLowerCase(),
    samples: evaluation.samples,
    metricQ24: String(evaluation.metricQ24),
    lossQ24: String(evaluation.lossQ24),
    signature: signature.toLowerCase(),
    sequence,
  });
}

/** The message of these bytes; undefined for anything malformed. The attester's letter case is lost: compare by value. */
export function decodeAttestation(bytes: Uint8Array): AttestationMessage | undefined {
  const fields = decodeFields(bytes, {
    taskId: isUint32,
    round: isUint32,
    proposalHash: isHex(32),
    attester: isHex(20),
    samples: isUint32,
    metricQ24: isDecimal(-(1n << 63n), (1n << 63n) - 1n),
    lossQ24: isDecimal(0n, (1n << 64n) - 1n),
    signature: isHex(65),
    sequence: isUint32,
  });
  if (fields === undefined) return undefined;
  return {
    attestation: {
      taskId: fields.taskId as number,
      round: fields.round as number,
      proposalHash: fields.proposalHash as Bytes32,
      attester: fields.attester as Address,
      evaluation: {
        samples: fields.samples as number,
        metricQ24: BigInt(fields.metricQ24 as string),
        lossQ24: BigInt(fields.lossQ24 as string),
      },
      signature: fields.signature as Hex,
    },
    sequence: fields.sequence as number,
  };
}

/** The request's bytes. */
export function encodeHoldRequest({ taskId, round, updateRoot, contentId }: HoldRequest): Uint8Array {
  return encodeFields({ taskId, round, updateRoot: updateRoot.toLowerCase(), contentId: contentId.toLowerCase() });
}

/** The request of these bytes; undefined for anything malformed. */
export function decodeHoldRequest(bytes: Uint8Array): HoldRequest | undefined {
  const fields = decodeFields(bytes, {
    taskId: isUint32,
    round: isUint32,
    updateRoot: isHex(32),
    contentId: isHex(32),
  });
  return fields as HoldRequest | undefined;
}

/** The answer's bytes. */
export function encodeHoldAnswer(answer: HoldAnswer): Uint8Array {
  return encodeFields(
    answer.held ? { held: true, signature: answer.signature.toLowerCase() } : { held: false, reason: answer.reason },
  );
}

/** The answer of these bytes; undefined for anything malformed. */
export function decodeHoldAnswer(bytes: Uint8Array): HoldAnswer | undefined {
  const held = decodeFields(bytes, { held: (value) => value === true, signature: isHex(65) });
  if (held !== undefined) return { held: true, signature: held.signature as Hex };
  const refused = decodeFields(bytes, { held: (value) => value === false, reason: isOneOf(refusals) });
  return refused === undefined ? undefined : { held: false, reason: refused.reason as HoldRefusal };
}
