import { TypedDataEncoder, type TypedDataField } from "ethers";
import { itemAt } from "../../core/bytes/items.ts";
import type { Bytes32 } from "../../core/ids.ts";
import type { SignedRecord } from "../../ports/index.ts";
import type { attestationDomain } from "./attestation-digest.ts";

const field = (name: string, type: string): TypedDataField => ({ name, type });
const taskAndRound = [field("taskId", "uint32"), field("round", "uint32")];

/** EIP-712 types of what members and admins sign beside attestations (docs/protocol/record.md). */
const types: Readonly<Record<SignedRecord["type"], Record<string, TypedDataField[]>>> = {
  commitment: {
    Commitment: [
      ...taskAndRound,
      field("anchor", "bytes32"),
      field("updateRoot", "bytes32"),
      field("contentId", "bytes32"),
      field("weight", "uint32"),
    ],
  },
  advertisement: {
    Advertisement: [
      ...taskAndRound,
      field("start", "bytes32"),
      field("maskKey", "bytes32"),
      field("seedHash", "bytes32"),
      field("sharesId", "bytes32"),
      field("shareKey", "bytes32"),
    ],
  },
  closing: { Closing: [...taskAndRound, field("accumulator", "bytes32")] },
  "share-key": { ShareKey: [field("taskId", "uint32"), field("shareKey", "bytes32")] },
  "role-grant": { Grant: [field("account", "address"), field("role", "uint8"), field("epoch", "uint32")] },
  "grant-key": { GrantKey: [field("successor", "address")] },
  grant: {
    Grant: [
      field("taskId", "uint32"),
      field("fromRound", "uint32"),
      field("toRound", "uint32"),
      field("auditor", "bytes32"),
      field("secrets", "bytes32"),
    ],
  },
};

/** Numbers of the roles that a grant can name. */
const grantedRoles = { participant: 1, aggregator: 2 } as const;

/** What a signer of typed data is given for a record: its types, and the fields that they name. */
export function typedRecord(record: SignedRecord): {
  readonly types: Record<string, TypedDataField[]>;
  readonly value: Record<string, unknown>;
} {
  const fields = itemAt(Object.values(types[record.type]), 0);
  const role = record.type === "role-grant" ? { role: grantedRoles[record.role] } : {};
  const all: Record<string, unknown> = { ...record, ...role };
  return { types: types[record.type], value: Object.fromEntries(fields.map(({ name }) => [name, all[name]])) };
}

/** The EIP-712 digest of a record. */
export function recordDigest(domain: ReturnType<typeof attestationDomain>, record: SignedRecord): Bytes32 {
  const { types, value } = typedRecord(record);
  return TypedDataEncoder.hash(domain, types, value) as Bytes32;
}
