import type { Address, Bytes32, Hex, RoundNumber, TaskId } from "../core/ids.ts";
import type { Attestation } from "../core/records.ts";

/** Gossip topic of attestations (docs/protocol.md section 9). */
export const attestationTopic = "/fedledger/attestation/1";
/** Request protocol by which a participant asks an aggregator to fetch and keep its update. */
export const holdProtocol = "/fedledger/hold/1";
/** Longest message of either kind, bytes. */
export const maxMessageBytes = 1024;

/** An attestation as it travels. */
export interface AttestationMessage {
  readonly attestation: Attestation;
  /** uint32, counts the sender's repetitions, so that gossip does not take one for a duplicate. */
  readonly sequence: number;
}

/** "Fetch this blob from me and keep it until the round has ended." Its length is the task's: 4 bytes a parameter. */
export interface HoldRequest {
  readonly taskId: TaskId;
  readonly round: RoundNumber;
  readonly contentId: Bytes32;
}

/** Why a blob is not held. */
export type HoldRefusal = "unknown-task" | "wrong-round" | "not-drawn" | "too-many" | "not-fetched";
/** The answer to a {@link HoldRequest}. */
export type HoldAnswer = { readonly held: true } | { readonly held: false; readonly reason: HoldRefusal };

const refusals: readonly HoldRefusal[] = ["unknown-task", "wrong-round", "not-drawn", "too-many", "not-fetched"];

/** The message's bytes: JSON with the fields in this order, 64-bit integers as decimal text. */
export function encodeAttestation({ attestation, sequence }: AttestationMessage): Uint8Array {
  const { taskId, round, proposalHash, attester, evaluation, signature } = attestation;
  return encode({
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
  const fields = decode(bytes, {
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
export function encodeHoldRequest({ taskId, round, contentId }: HoldRequest): Uint8Array {
  return encode({ taskId, round, contentId: contentId.toLowerCase() });
}

/** The request of these bytes; undefined for anything malformed. */
export function decodeHoldRequest(bytes: Uint8Array): HoldRequest | undefined {
  const fields = decode(bytes, { taskId: isUint32, round: isUint32, contentId: isHex(32) });
  return fields as HoldRequest | undefined;
}

/** The answer's bytes. */
export function encodeHoldAnswer(answer: HoldAnswer): Uint8Array {
  return encode(answer.held ? { held: true } : { held: false, reason: answer.reason });
}

/** The answer of these bytes; undefined for anything malformed. */
export function decodeHoldAnswer(bytes: Uint8Array): HoldAnswer | undefined {
  const held = decode(bytes, { held: (value) => value === true });
  if (held !== undefined) return { held: true };
  const refused = decode(bytes, {
    held: (value) => value === false,
    reason: (value) => refusals.includes(value as HoldRefusal),
  });
  return refused === undefined ? undefined : { held: false, reason: refused.reason as HoldRefusal };
}

type Check = (value: unknown) => boolean;

function encode(value: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

/** A flat JSON object with exactly these fields, each passing its check. */
function decode<K extends string>(bytes: Uint8Array, checks: Record<K, Check>): Record<K, unknown> | undefined {
  if (bytes.length > maxMessageBytes) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const names = Object.keys(checks) as K[];
  const fields = value as Record<K, unknown>;
  if (Object.keys(fields).length !== names.length) return undefined;
  return names.every((name) => Object.hasOwn(fields, name) && checks[name](fields[name])) ? fields : undefined;
}

function isUint32(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 0xffff_ffff;
}

function isHex(lengthBytes: number): Check {
  const pattern = new RegExp(`^0x[0-9a-f]{${2 * lengthBytes}}$`);
  return (value) => typeof value === "string" && pattern.test(value);
}

function isDecimal(least: bigint, greatest: bigint): Check {
  return (value) => {
    if (typeof value !== "string" || !/^(?:0|-?[1-9][0-9]{0,19})$/.test(value)) return false;
    const integer = BigInt(value);
    return integer >= least && integer <= greatest;
  };
}
