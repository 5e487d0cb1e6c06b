import { getAddress, recoverAddress, TypedDataEncoder } from "ethers";
import { fromHex } from "../../core/bytes/hex.ts";
import type { Address, Bytes32, Hex, RoundNumber, TaskId } from "../../core/ids.ts";

/** Types of an attestation (docs/protocol/record.md). */
export const attestationTypes = {
  Attestation: [
    { name: "taskId", type: "uint32" },
    { name: "round", type: "uint32" },
    { name: "proposalHash", type: "bytes32" },
  ],
};

/** Name of the EIP-712 domain. */
export const domainName = "Fedledger";
/** Version of the EIP-712 domain, by which a federation of this protocol is known. */
export const domainVersion = "2";

/** The EIP-712 domain of a federation. */
export function attestationDomain(chainId: number, federation: Address) {
  return { name: domainName, version: domainVersion, chainId, verifyingContract: federation };
}

/** The EIP-712 digest of an attestation. */
export function attestationDigest(
  domain: ReturnType<typeof attestationDomain>,
  value: { readonly taskId: TaskId; readonly round: RoundNumber; readonly proposalHash: Bytes32 },
): Bytes32 {
  const { taskId, round, proposalHash } = value;
  return TypedDataEncoder.hash(domain, attestationTypes, { taskId, round, proposalHash }) as Bytes32;
}

/**
 * Half of secp256k1's order: a signature with a greater s is the same one in another form, which contracts refuse
 * (EIP-2).
 */
const greatestS = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;

/** Who signed a digest, by the rules of OpenZeppelin's ECDSA; undefined for a signature that it refuses. */
export function recoverSigner(digest: Bytes32, signature: Hex): Address | undefined {
  if (!/^0x[0-9a-f]{130}$/i.test(signature)) return undefined;
  const v = fromHex(signature)[64];
  if ((v !== 27 && v !== 28) || BigInt(`0x${signature.slice(66, 130)}`) > greatestS) return undefined;
  try {
    return getAddress(recoverAddress(digest, signature)) as Address;
  } catch {
    // r or s is zero or not on the curve.
    return undefined;
  }
}
