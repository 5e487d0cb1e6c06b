import type { Attestation } from "../../core/records.ts";
import { decodeFields, encodeFields, isHex, isUint32 } from "./message-codec.ts";

/** Gossip topic of attestations (docs/protocol/messages.md). */
export const attestationTopic = "/fedledger/attestation/2";

/** An attestation as it travels. */
export interface AttestationMessage {
  readonly attestation: Attestation;
  /** uint32, counts the sender's repetitions, so that gossip does not take one for a duplicate. */
  readonly sequence: number;
}

/** The message's bytes: JSON with the fields in this order. */
export function encodeAttestation({ attestation, sequence }: AttestationMessage): Uint8Array {
  const { taskId, round, proposalHash, attester, signature } = attestation;
  return encodeFields({
    taskId,
    round,
    proposalHash: proposalHash.toLowerCase(),
    attester: attester.toLowerCase(),
    signature: signature.toLowerCase(),
    sequence,
  });
}

/**
 * The message of these bytes; undefined for anything malformed. The attester's letter case is lost: compare by value.
 */
export function decodeAttestation(bytes: Uint8Array): AttestationMessage | undefined {
  const fields = decodeFields(bytes, {
    taskId: isUint32,
    round: isUint32,
    proposalHash: isHex(32),
    attester: isHex(20),
    signature: isHex(65),
    sequence: isUint32,
  });
  if (fields === undefined) return undefined;
  const { sequence, ...attestation } = fields;
  return { attestation: attestation as unknown as Attestation, sequence: sequence as number };
}
