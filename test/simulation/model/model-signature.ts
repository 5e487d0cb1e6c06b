import { abiWords, concatBytes, fromHex, toHex } from "../../../node/core/bytes/hex.ts";
import { keccak256 } from "../../../node/core/bytes/keccak.ts";
import type { Address, Bytes32, Hex } from "../../../node/core/ids.ts";
import type { Attestation } from "../../../node/core/records.ts";
import type { SignedRecord } from "../../../node/ports/chain.ts";

const digestOf = (tag: string, ...words: (bigint | number | Hex)[]): Bytes32 =>
  toHex(keccak256(concatBytes(new TextEncoder().encode(tag), abiWords(...words))));

/** The digest an attester signs, in the model. */
export function modelDigest(taskId: number, round: number, proposalHash: Bytes32): Bytes32 {
  return digestOf("attestation", taskId, round, proposalHash);
}

/** The digest of another record that members sign, in the model: over the very fields that EIP-712 binds. */
export function modelRecordDigest(record: SignedRecord): Bytes32 {
  switch (record.type) {
    case "grant": {
      const { taskId, fromRound, toRound, auditor, secrets } = record;
      return digestOf(record.type, taskId, fromRound, toRound, auditor, secrets);
    }
    case "role-grant":
      return digestOf(record.type, record.account, record.role === "participant" ? 1 : 2, record.epoch);
    case "grant-key":
      return digestOf(record.type, record.successor);
    case "share-key":
      return digestOf(record.type, record.taskId, record.shareKey);
    case "closing":
      return digestOf(record.type, record.taskId, record.round, record.accumulator);
    case "commitment": {
      const { taskId, round, anchor, updateRoot, contentId, weight } = record;
      return digestOf(record.type, taskId, round, anchor, updateRoot, contentId, weight);
    }
    case "advertisement": {
      const { taskId, round, start, maskKey, seedHash, sharesId, shareKey } = record;
      return digestOf(record.type, taskId, round, start, maskKey, seedHash, sharesId, shareKey);
    }
  }
}

/**
 * The model's signature: the account, and a hash of account and digest, in the form of an ECDSA one, so that it can be
 * written in 64 bytes, too. Whoever plays fair signs only as himself.
 */
export function modelSign(account: Address, digest: Bytes32): Hex {
  const proof = keccak256(concatBytes(fromHex(account), fromHex(digest)));
  // the first byte of s, whose highest bit is free, and v
  const rest = concatBytes(proof.slice(0, 12), new Uint8Array(1), proof.slice(12), new Uint8Array(11));
  return toHex(concatBytes(fromHex(account), rest, Uint8Array.of(27)));
}

/** Who signed an attestation, or undefined. */
export function modelRecover({ taskId, round, proposalHash, signature }: Attestation): Address | undefined {
  return signerOf(signature, modelDigest(taskId, round, proposalHash));
}

/** Who signed another record, or undefined. */
export function modelSigner(record: SignedRecord & { readonly signature: Hex }): Address | undefined {
  return signerOf(record.signature, modelRecordDigest(record));
}

function signerOf(signature: Hex, digest: Bytes32): Address | undefined {
  const account = signature.slice(0, 42) as Address;
  return modelSign(account, digest) === signature ? account : undefined;
}
