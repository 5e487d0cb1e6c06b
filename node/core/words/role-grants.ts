import { compactSignature, fullSignature } from "../bytes/compact-signature.ts";
import { fromHex, hexEquals, toHex } from "../bytes/hex.ts";
import type { Address, Hex } from "../ids.ts";

/** Roles that a grant can be of. */
export type GrantedRole = "participant" | "aggregator";

/**
 * The grant key's word that an account has a role: bound to chain and federation by its EIP-712 domain, and to an
 * epoch.
 */
export interface RoleGrant {
  readonly account: Address;
  readonly role: GrantedRole;
  /** Grants of earlier epochs count no more: a revocation begins a new one. */
  readonly epoch: number;
  /** EIP-712 signature by the grant key, 65 bytes. */
  readonly signature: Hex;
}

/** Who signed a grant: {@link ChainReader.recoverSigner} in node/ports fits. */
export type RecoverGrantSigner = (record: RoleGrant & { readonly type: "role-grant" }) => Address | undefined;

const codes: Readonly<Record<GrantedRole, number>> = { participant: 1, aggregator: 2 };
const grantLength = 4 + 1 + 64;

/** A grant as its account registers it: uint32 epoch ‖ uint8 role (1 participant, 2 aggregator) ‖ r ‖ vs, 69 bytes. */
export function encodeGrant({ epoch, role, signature }: Omit<RoleGrant, "account">): Hex {
  const bytes = new Uint8Array(grantLength);
  new DataView(bytes.buffer).setUint32(0, epoch);
  bytes[4] = codes[role];
  bytes.set(fromHex(compactSignature(signature)), 5);
  return toHex(bytes);
}

/**
 * The grant that an account has registered; undefined for bytes that are none. Whether it is true, {@link isGrantBy}
 * tells.
 */
export function decodeGrant(registered: Hex, account: Address): RoleGrant | undefined {
  const bytes = fromHex(registered);
  const role = (Object.keys(codes) as GrantedRole[]).find((name) => codes[name] === bytes[4]);
  if (bytes.length !== grantLength || role === undefined) return undefined;
  const epoch = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  return { account, role, epoch, signature: fullSignature(toHex(bytes.subarray(5))) };
}

/** Whether a grant key signed this grant. */
export function isGrantBy(grantKey: Address, grant: RoleGrant, recoverSigner: RecoverGrantSigner): boolean {
  const signer = recoverSigner({ type: "role-grant", ...grant });
  return signer !== undefined && hexEquals(signer, grantKey);
}
