import { abiWords, concatBytes, fromHex, toHex } from "../../node/core/hex.ts";
import type { Address, Bytes32, Hex } from "../../node/core/ids.ts";
import { keccak256 } from "../../node/core/keccak.ts";
import type { Attestation, Evaluation } from "../../node/core/records.ts";
import type { SignedRecord } from "../../node/ports/chain.ts";

const digestOf = (tag: string, ...words: (bigint | number | Hex)[]): Bytes32 =>
  toHex(keccak256(concatBytes(new TextEncoder().encode(tag), abiWords(...words))));

/** The digest an attester signs, in the model. */
export function modelDigest(taskId: number, round: number, hash: Bytes32, evaluation: Evaluation): Bytes32 {
  const { samples, metricQ24, lossQ24 } = evaluation;
  return digestOf("attestation", taskId, round, hash, samples, metricQ24, lossQ24);
}

/** What is signed of a record: not the account that it names, for the signature tells who. */
type Unsigned = SignedRecord extends infer R
  ? R extends SignedRecord
    ? Omit<R, R extends { type: "commitment" } ? "participant" : "holder" | "aggregator">
    : never
  : never;

/** The digest of another record that members sign, in the model: over the very fields that EIP-712 binds. */
export function modelRecordDigest(record: Unsigned): Bytes32 {
  if (record.type === "grant") {
    const { taskId, fromRound, toRound, auditor, secrets } = record;
    return digestOf(record.type, taskId, fromRound, toRound, auditor, secrets);
  }
  const { taskId, round } = record;
  switch (record.type) {
    case "commitment": {
      const { baseModelRoot, updateRoot, contentId, weight } = record;
      return digestOf(record.type, taskId, round, baseModelRoot, updateRoot, contentId, weight);
    }
    case "availability":
      return digestOf(record.type, taskId, round, record.accumulator, record.slots);
    case "custody":
      return digestOf(record.type, taskId, round, record.participant, record.updateRoot, record.contentId);
  }
}

/** The model's signature: the account, and a hash of account and digest. Whoever plays fair signs only as himself. */
export function modelSign(account: Address, digest: Bytes32): Hex {
  const proof = keccak256(concatBytes(fromHex(account), fromHex(digest)));
  return toHex(concatBytes(fromHex(account), proof, new Uint8Array(13)));
}

/** Who signed an attestation, or undefined. */
export function modelRecover(attestation: Attestation): Address | undefined {
  const { taskId, round, proposalHash: hash, evaluation, signature } = attestation;
  return signerOf(signature, modelDigest(taskId, round, hash, evaluation));
}

/** Who signed another record, or undefined. */
export function modelSigner(record: Unsigned & { readonly signature: Hex }): Address | undefined {
  return signerOf(record.signature, modelRecordDigest(record));
}

function signerOf(signature: Hex, digest: Bytes32): Address | undefined {
  const account = signature.slice(0, 42) as Address;
  return modelSign(account, digest) === signature ? account : undefined;
}
