import { getAddress, type TransactionRequest, type TypedDataDomain, type TypedDataField, Wallet } from "ethers";
import { FedledgerError } from "../../core/errors/error.ts";
import type { Address } from "../../core/ids.ts";

/** An account that signs. Any ethers signer with these two methods will do, such as one for a hardware wallet. */
export interface Signer {
  readonly address: string;
  signTransaction(transaction: TransactionRequest): Promise<string>;
  signTypedData(
    domain: TypedDataDomain,
    types: Record<string, TypedDataField[]>,
    value: Record<string, unknown>,
  ): Promise<string>;
}

/** A signer by a secp256k1 private key of 32 bytes. Throws INVALID_CONFIG for what is not one. */
export function createSigner(privateKey: string): Signer {
  try {
    return new Wallet(privateKey);
  } catch {
    // The cause is left out: it may hold the key.
    throw new FedledgerError("INVALID_CONFIG", { name: "private key", reason: "expected 32 bytes in hexadecimal" });
  }
}

/** The account of a private key. Throws INVALID_CONFIG. */
export function accountOf(privateKey: string): Address {
  return getAddress(createSigner(privateKey).address) as Address;
}
