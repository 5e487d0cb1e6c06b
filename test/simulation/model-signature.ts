import { abiWords, concatBytes, fromHex, toHex } from "../../node/core/hex.ts";
import type { Address, Bytes32 } from "../../node/core/ids.ts";
import { keccak256 } from "../../node/core/keccak.ts";
import type { Attestation, Evaluation } from "../../node/core/records.ts";

/** The digest an attester signs, in the model. */
export function modelDigest(taskId: number, round: number, hash: Bytes32, evaluation: Evaluation): Bytes32 {
  const { samples, metricQ24, lossQ24 } = evaluation;
  return toHex(keccak256(abiWords(taskId, round, hash, samples, metricQ24, lossQ24)));
}

/** The model's signature: the account, and a hash of account and digest. Whoever plays fair signs only as himself. */
export function modelSign(account: Address, digest: Bytes32): `0x${string}` {
  const proof = keccak256(concatBytes(fromHex(account), fromHex(digest)));
  return toHex(concatBytes(fromHex(account), proof, new Uint8Array(13)));
}

/** Who signed, or undefined. */
export function modelRecover(attestation: Attestation): Address | undefined {
  const account = attestation.signature.slice(0, 42) as Address;
  const { taskId, round, proposalHash: hash, evaluation } = attestation;
  return modelSign(account, modelDigest(taskId, round, hash, evaluation)) === attestation.signature
    ? account
    : undefined;
}
