import { Signature } from "ethers";
import type { Hex } from "../../core/ids.ts";
import type { Attestation, SignedAdvertisement, SignedCommitment } from "../../core/records.ts";

/** A signature of 65 bytes in the two words of EIP-2098. Throws INVALID_ARGUMENT of ethers for any other. */
function compact(signature: Hex) {
  const { r, yParityAndS: vs } = Signature.from(signature);
  return { r, vs };
}

/** A commitment as the contracts' SignedCommitment. */
export function encodeSigned({ weight, updateRoot, contentId, signature }: SignedCommitment) {
  return { weight, updateRoot, contentId, signature: compact(signature) };
}

/** An advertisement as the contracts' SignedAdvertisement. */
export function encodeAdvertisement(signed: SignedAdvertisement) {
  const { maskKey, seedHash, sharesId, shareKey, signature } = signed;
  return { maskKey, seedHash, sharesId, shareKey, signature: compact(signature) };
}

/**
 * Attestations as the contract takes them: of accounts with a key, whose signature has 65 bytes, and of contract
 * wallets.
 */
export function encodeAttestations(attestations: readonly Attestation[]) {
  const ofKey = (signature: Hex) => signature.length === 2 + 2 * 65;
  return {
    signatures: attestations.filter(({ signature }) => ofKey(signature)).map(({ signature }) => compact(signature)),
    wallets: attestations
      .filter(({ signature }) => !ofKey(signature))
      .map(({ attester, signature }) => ({ account: attester, signature })),
  };
}
