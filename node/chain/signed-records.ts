import { TypedDataEncoder, type TypedDataField } from "ethers";
import type { Bytes32 } from "../core/ids.ts";
import type { SignedRecord } from "../ports/index.ts";
import type { attestationDomain } from "./attestation-digest.ts";

const field = (name: string, type: string): TypedDataField => ({ name, type });
const taskAndRound = [field("taskId", "uint32"), field("round", "uint32")];

/** EIP-712 types of what members sign beside attestations (docs/protocol.md section 7). */
const types: Readonly<Record<SignedRecord["type"], Record<string, TypedDataField[]>>> = {
  commitment: {
    Commitment: [
      ...taskAndRound,
      field("baseModelRoot", "bytes32"),
      field("updateRoot", "bytes32"),
      field("contentId", "bytes32"),
      field("weight", "uint32"),
    ],
  },
  availability: { Availability: [...taskAndRound, field("accumulator", "bytes32"), field("slots", "uint64")] },
  custody: {
    Custody: [
      ...taskAndRound,
      field("participant", "address"),
      field("updateRoot", "bytes32"),
      field("contentId", "bytes32"),
    ],
  },
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

/** What a signer of typed data is given for a record: its types, and the fields that they name. */
export function typedRecord(record: SignedRecord): {
  readonly types: Record<string, TypedDataField[]>;
  readonly value: Record<string, unknown>;
} {
  const fields = Object.values(types[record.type])[0]!;
  const all = record as unknown as Record<string, unknown>;
  return { types: types[record.type], value: Object.fromEntries(fields.map(({ name }) => [name, all[name]])) };
}

/** The EIP-712 digest of a record. */
export function recordDigest(domain: ReturnType<typeof attestationDomain>, record: SignedRecord): Bytes32 {
  const { types, value } = typedRecord(record);
  return TypedDataEncoder.hash(domain, types, value) as Bytes32;
}
